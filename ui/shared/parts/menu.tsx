import { type KeyboardEvent, type ReactNode, useId, useRef, useState } from "react";
import { useGo } from "../nav";
import { Button } from "./button";
import { Icon, type IconName } from "./icon";

export type MenuItem =
  | {
      id: string;
      label: ReactNode;
      act?: () => void;
      href?: string;
      danger?: boolean;
      disabled?: boolean;
      checked?: boolean;
      icon?: IconName;
    }
  | "line";

/** A button that opens a list of deeds. Arrows move, Home and End jump, letters seek, Escape closes. */
export function Menu({
  label,
  items,
  small,
  icon,
  children,
  plain,
}: {
  label: string;
  items: readonly MenuItem[];
  small?: boolean;
  icon?: IconName;
  children?: ReactNode;
  plain?: boolean;
}) {
  const id = useId();
  const list = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const [open, setOpen] = useState(false);
  const go = useGo();
  const entries = () => [...(list.current?.querySelectorAll<HTMLElement>('[role^="menuitem"]') ?? [])];
  const place = () => {
    const b = button.current?.getBoundingClientRect();
    const m = list.current;
    if (!b || !m) return;
    const w = m.offsetWidth;
    const h = m.offsetHeight;
    m.style.left = `${Math.max(8, Math.min(b.left, innerWidth - w - 8))}px`;
    m.style.top = `${b.bottom + h + 8 > innerHeight && b.top > h ? b.top - h - 2 : b.bottom + 2}px`;
  };
  const show = (last = false) => {
    list.current?.showPopover();
    place();
    entries()
      .at(last ? -1 : 0)
      ?.focus();
  };
  const keys = (e: KeyboardEvent) => {
    const all = entries();
    const at = all.indexOf(document.activeElement as HTMLElement);
    const move = (n: number) => {
      e.preventDefault();
      all[(n + all.length) % all.length]?.focus();
    };
    if (e.key === "ArrowDown") move(at + 1);
    else if (e.key === "ArrowUp") move(at - 1);
    else if (e.key === "Home") move(0);
    else if (e.key === "End") move(all.length - 1);
    else if (e.key === "Tab") list.current?.hidePopover();
    else if (e.key.length === 1) {
      const k = e.key.toLowerCase();
      const next = [...all.slice(at + 1), ...all.slice(0, at + 1)].find((x) =>
        x.textContent?.trim().toLowerCase().startsWith(k),
      );
      next?.focus();
    }
  };
  return (
    <>
      <Button
        ref={button}
        small={small}
        icon={icon}
        kind={plain ? "plain" : "normal"}
        aria-haspopup="menu"
        aria-expanded={open}
        aria-controls={id}
        aria-label={children ? label : undefined}
        onClick={() => (open ? list.current?.hidePopover() : show())}
        onKeyDown={(e) => {
          if (e.key === "ArrowDown" || e.key === "ArrowUp") {
            e.preventDefault();
            show(e.key === "ArrowUp");
          }
        }}
      >
        {children ?? label}
        <Icon name="down" size={12} />
      </Button>
      <div
        ref={list}
        id={id}
        role="menu"
        aria-label={label}
        popover="auto"
        className="menu"
        onKeyDown={keys}
        onToggle={(e) => {
          const now = e.newState === "open";
          setOpen(now);
          if (!now && list.current?.contains(document.activeElement)) button.current?.focus();
        }}
      >
        {items.map((x, i) =>
          x === "line" ? (
            <hr key={i} />
          ) : (
            // biome-ignore lint/a11y/useAriaPropsSupportedByRole: a menuitemcheckbox is checked
            <button
              key={x.id}
              type="button"
              role={x.checked === undefined ? "menuitem" : "menuitemcheckbox"}
              aria-checked={x.checked}
              aria-disabled={x.disabled || undefined}
              tabIndex={-1}
              className={x.danger ? "dgr" : undefined}
              onClick={() => {
                if (x.disabled) return;
                list.current?.hidePopover();
                if (x.href) go(x.href);
                x.act?.();
              }}
            >
              {x.icon && <Icon name={x.icon} size={14} />}
              {x.label}
              {x.checked && (
                <span className="ml-auto">
                  <Icon name="ok" size={12} />
                </span>
              )}
            </button>
          ),
        )}
      </div>
    </>
  );
}
