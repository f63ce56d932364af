import {
  type InputHTMLAttributes,
  type ReactNode,
  type SelectHTMLAttributes,
  type TextareaHTMLAttributes,
  useEffect,
  useId,
  useRef,
  useState,
} from "react";
import { Icon } from "./icon";

interface Common {
  label: ReactNode;
  help?: ReactNode;
  /** Says the fix: "Between 6 and 32 A." Usually `problem.at("max_power_w")`. */
  error?: string;
  /** The label is only read aloud. */
  hideLabel?: boolean;
  className?: string;
}

/** Label above, control, help or error below. `children` gets the ids to wire. */
export function Field({
  label,
  help,
  error,
  hideLabel,
  className = "",
  children,
}: Common & { children: (ids: { id: string; "aria-describedby"?: string; "aria-invalid"?: true }) => ReactNode }) {
  const id = useId();
  const below = error ? `${id}e` : help ? `${id}h` : undefined;
  return (
    <div className={`field ${error ? "bad" : ""} ${className}`}>
      <label htmlFor={id} className={hideLabel ? "vh" : undefined}>
        {label}
      </label>
      {children({ id, "aria-describedby": below, "aria-invalid": error ? true : undefined })}
      {error ? (
        <p className="err" id={below}>
          <Icon name="p1" size={12} />
          {error}
        </p>
      ) : help ? (
        <p className="help" id={below}>
          {help}
        </p>
      ) : null}
    </div>
  );
}

type Input = Omit<InputHTMLAttributes<HTMLInputElement>, "onChange" | "value" | "className">;

/** One line of text. `unit` stands inside at the right, `lead` at the left. */
export function TextField({
  label,
  help,
  error,
  hideLabel,
  className,
  value,
  onChange,
  unit,
  lead,
  mono,
  ...rest
}: Common &
  Input & { value: string; onChange: (v: string) => void; unit?: ReactNode; lead?: ReactNode; mono?: boolean }) {
  return (
    <Field {...{ label, help, error, hideLabel, className }}>
      {(ids) => (
        <div className={`box ${rest.disabled ? "off" : ""}`}>
          {lead}
          <input
            type="text"
            {...rest}
            {...ids}
            className={mono ? "mono" : undefined}
            value={value}
            onChange={(e) => onChange(e.target.value)}
          />
          {unit && <span className="u">{unit}</span>}
        </div>
      )}
    </Field>
  );
}

/** A number, null when empty. Takes "," and "." as the decimal sign. */
export function NumberField({
  label,
  help,
  error,
  hideLabel,
  className,
  value,
  onChange,
  unit,
  ...rest
}: Common &
  Omit<Input, "min" | "max"> & {
    value: number | null;
    onChange: (v: number | null) => void;
    unit?: ReactNode;
    min?: number;
    max?: number;
  }) {
  const [typed, setTyped] = useState("");
  const shown = parse(typed) === value ? typed : (value?.toString() ?? "");
  return (
    <Field {...{ label, help, error, hideLabel, className }}>
      {(ids) => (
        <div className={`box num ${rest.disabled ? "off" : ""}`}>
          <input
            {...rest}
            {...ids}
            type="text"
            inputMode="decimal"
            autoComplete="off"
            value={shown}
            onChange={(e) => {
              if (!/^-?\d*[.,]?\d*$/.test(e.target.value)) return;
              setTyped(e.target.value);
              onChange(parse(e.target.value));
            }}
          />
          {unit && <span className="u">{unit}</span>}
        </div>
      )}
    </Field>
  );
}
function parse(s: string): number | null {
  const n = Number(s.replace(",", "."));
  return s.trim() === "" || s === "-" || Number.isNaN(n) ? null : n;
}

export interface Option {
  value: string;
  label: string;
  disabled?: boolean;
}

/** One of a few; the browser's own list, so it works everywhere. */
export function Select({
  label,
  help,
  error,
  hideLabel,
  className,
  value,
  onChange,
  options,
  ...rest
}: Common &
  Omit<SelectHTMLAttributes<HTMLSelectElement>, "onChange" | "value" | "className"> & {
    value: string;
    onChange: (v: string) => void;
    options: readonly Option[];
  }) {
  return (
    <Field {...{ label, help, error, hideLabel, className }}>
      {(ids) => (
        <div className={`box ${rest.disabled ? "off" : ""}`}>
          <select {...rest} {...ids} value={value} onChange={(e) => onChange(e.target.value)}>
            {options.map((o) => (
              <option key={o.value} value={o.value} disabled={o.disabled}>
                {o.label}
              </option>
            ))}
          </select>
          <Icon name="down" size={12} />
        </div>
      )}
    </Field>
  );
}

/** Several lines. */
export function TextArea({
  label,
  help,
  error,
  hideLabel,
  className,
  value,
  onChange,
  mono,
  ...rest
}: Common &
  Omit<TextareaHTMLAttributes<HTMLTextAreaElement>, "onChange" | "value" | "className"> & {
    value: string;
    onChange: (v: string) => void;
    mono?: boolean;
  }) {
  return (
    <Field {...{ label, help, error, hideLabel, className }}>
      {(ids) => (
        <div className="box">
          <textarea
            rows={3}
            {...rest}
            {...ids}
            className={mono ? "mono" : undefined}
            value={value}
            onChange={(e) => onChange(e.target.value)}
          />
        </div>
      )}
    </Field>
  );
}

/** Yes or no, as part of a form. `some`: a part of many is chosen. */
export function Check({
  label,
  help,
  checked,
  onChange,
  some,
  disabled,
  hideLabel,
}: {
  label: ReactNode;
  help?: ReactNode;
  checked: boolean;
  onChange: (v: boolean) => void;
  some?: boolean;
  disabled?: boolean;
  hideLabel?: boolean;
}) {
  const ref = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (ref.current) ref.current.indeterminate = !!some && !checked;
  }, [some, checked]);
  return (
    <label className="check">
      <input
        ref={ref}
        type="checkbox"
        checked={checked}
        disabled={disabled}
        onChange={(e) => onChange(e.target.checked)}
      />
      <span className={hideLabel ? "vh" : undefined}>
        {label}
        {help && <span className="help block t3 text-sm">{help}</span>}
      </span>
    </label>
  );
}

/** On or off, acts at once. */
export function Switch({
  label,
  checked,
  onChange,
  disabled,
}: {
  label: ReactNode;
  checked: boolean;
  onChange: (v: boolean) => void;
  disabled?: boolean;
}) {
  return (
    <label className="check switch">
      <input
        type="checkbox"
        role="switch"
        aria-checked={checked}
        checked={checked}
        disabled={disabled}
        onChange={(e) => onChange(e.target.checked)}
      />
      <span>{label}</span>
    </label>
  );
}

/** One of a few, all of them seen. */
export function Radios({
  label,
  value,
  onChange,
  options,
}: {
  label: ReactNode;
  value: string;
  onChange: (v: string) => void;
  options: readonly Option[];
}) {
  const name = useId();
  return (
    <fieldset className="field">
      <legend className="label">{label}</legend>
      {options.map((o) => (
        <label className="check" key={o.value}>
          <input
            type="radio"
            name={name}
            value={o.value}
            checked={o.value === value}
            disabled={o.disabled}
            onChange={() => onChange(o.value)}
          />
          <span>{o.label}</span>
        </label>
      ))}
    </fieldset>
  );
}
