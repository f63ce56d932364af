import { type ReactNode, useEffect, useId, useRef, useState } from "react";
import { ApiProblem } from "../api/problem";
import { useT } from "../i18n";
import { Button, IconButton } from "./button";
import { ProblemBox } from "./empty";
import { TextField } from "./field";
import { Icon } from "./icon";

/** A question over the page. Escape, the cross and the ground close it; focus returns to where it was. */
export function Dialog({
  title,
  open,
  onClose,
  children,
  footer,
  className = "",
}: {
  title: ReactNode;
  open: boolean;
  onClose: () => void;
  children: ReactNode;
  footer?: ReactNode;
  className?: string;
}) {
  const t = useT();
  const ref = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const d = ref.current;
    if (!d || !open) return;
    const from = document.activeElement;
    d.showModal();
    // A dialog that leaves the page gives nothing back by itself.
    return () => {
      d.close();
      if (from instanceof HTMLElement && from.isConnected) from.focus();
    };
  }, [open]);
  if (!open) return null;
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Escape closes a dialog by itself
    <dialog
      ref={ref}
      className={`dlg ${className}`}
      aria-labelledby={id}
      onClose={() => !ref.current?.open && onClose()}
      onCancel={(e) => {
        e.preventDefault();
        onClose();
      }}
      onClick={(e) => e.target === ref.current && onClose()}
    >
      <div className="in">
        <header>
          <h2 id={id}>{title}</h2>
          <IconButton icon="x" label={t("parts.close")} onClick={onClose} />
        </header>
        <div className="body">{children}</div>
        {footer && <footer>{footer}</footer>}
      </div>
    </dialog>
  );
}

/**
 * Danger confirmed by its consequence: says what will happen; with `type` the
 * word must be typed. `act` runs once; its problem is shown and the dialog stays.
 */
export function ConfirmByConsequence({
  title,
  open,
  onClose,
  consequence,
  deed,
  act,
  type,
}: {
  title: ReactNode;
  open: boolean;
  onClose: () => void;
  consequence: ReactNode;
  deed: string;
  act: () => Promise<unknown>;
  type?: string;
}) {
  const t = useT();
  const [typed, setTyped] = useState("");
  const [busy, setBusy] = useState(false);
  const [failed, setFailed] = useState<Error | null>(null);
  useEffect(() => {
    if (open) {
      setTyped("");
      setFailed(null);
    }
  }, [open]);
  const run = async () => {
    setBusy(true);
    setFailed(null);
    try {
      await act();
      onClose();
    } catch (e) {
      setFailed(e instanceof Error ? e : new ApiProblem({ status: 0, title: String(e) }));
    } finally {
      setBusy(false);
    }
  };
  return (
    <Dialog
      title={title}
      open={open}
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>{t("parts.cancel")}</Button>
          <Button kind="danger-primary" busy={busy} disabled={type !== undefined && typed !== type} onClick={run}>
            {deed}
          </Button>
        </>
      }
    >
      <div className="note">
        <Icon name="p2" />
        <div>{consequence}</div>
      </div>
      {type !== undefined && (
        <TextField label={t("parts.type", { word: type })} value={typed} onChange={setTyped} autoComplete="off" mono />
      )}
      {failed && <ProblemBox error={failed} />}
    </Dialog>
  );
}

/** A panel beside a list; the list keeps its place. Put it after the .list inside .listpage.open. */
export function SidePanel({
  title,
  onClose,
  children,
  footer,
}: {
  title: ReactNode;
  onClose: () => void;
  children: ReactNode;
  footer?: ReactNode;
}) {
  const t = useT();
  return (
    <aside className="side" onKeyDown={(e) => e.key === "Escape" && onClose()}>
      <header>
        <h2 className="cut">{title}</h2>
        <span className="sp" />
        <IconButton icon="x" label={t("parts.close")} onClick={onClose} />
      </header>
      <div className="body">{children}</div>
      {footer && <footer>{footer}</footer>}
    </aside>
  );
}
