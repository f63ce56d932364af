import type { ButtonHTMLAttributes, ReactNode, Ref } from "react";
import { A } from "../nav";
import { Icon, type IconName } from "./icon";

interface Look {
  /** primary is ink; danger outlined red; "danger primary" only inside of a confirmation. */
  kind?: "primary" | "danger" | "danger-primary" | "plain" | "normal";
  small?: boolean;
  icon?: IconName;
  /** The driver's large button at the foot. */
  go?: boolean;
}

const look = ({ kind = "normal", small, go }: Look) =>
  `btn ${{ primary: "pri", danger: "dgr", "danger-primary": "dgr pri", plain: "plain", normal: "" }[kind]} ${small ? "sm" : ""} ${go ? "go pri" : ""}`;

/** A button says the deed: "Reset EVSE 2". While `busy` it cannot be pressed again. */
export function Button({
  kind,
  small,
  icon,
  go,
  busy,
  children,
  className = "",
  ref,
  ...rest
}: Look & { busy?: boolean; ref?: Ref<HTMLButtonElement> } & ButtonHTMLAttributes<HTMLButtonElement>) {
  return (
    <button
      type="button"
      {...rest}
      ref={ref}
      disabled={rest.disabled || busy}
      aria-busy={busy || undefined}
      className={`${look({ kind, small, go })} ${className}`}
    >
      {icon && <Icon name={icon} size={small ? 12 : go ? 24 : 14} />}
      {children}
    </button>
  );
}

/** A button that goes somewhere; looks the same. External: absolute addresses and downloads. */
export function ButtonLink({
  href,
  kind,
  small,
  icon,
  go,
  children,
  download,
}: Look & { href: string; children: ReactNode; download?: string | true }) {
  const inside = (
    <>
      {icon && <Icon name={icon} size={small ? 12 : go ? 24 : 14} />}
      {children}
    </>
  );
  if (download || !href.startsWith("/") || href.startsWith("/api/")) {
    return (
      <a className={look({ kind, small, go })} href={href} download={download === true ? "" : download}>
        {inside}
      </a>
    );
  }
  return (
    <A className={look({ kind, small, go })} href={href}>
      {inside}
    </A>
  );
}

/** Only for close, locate, save, call, copy and menus; the label is read aloud and shown on hover. */
export function IconButton({
  icon,
  label,
  small,
  size,
  className = "",
  ref,
  ...rest
}: {
  icon: IconName;
  label: string;
  small?: boolean;
  size?: number;
  ref?: Ref<HTMLButtonElement>;
} & ButtonHTMLAttributes<HTMLButtonElement>) {
  return (
    <button
      type="button"
      {...rest}
      ref={ref}
      aria-label={label}
      title={label}
      className={`btn icon ${small ? "sm" : ""} ${className}`}
    >
      <Icon name={icon} size={size ?? (document.documentElement.dataset.face === "driver" ? 22 : 14)} />
    </button>
  );
}
