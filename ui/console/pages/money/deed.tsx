import type { ReactNode } from "react";
import { useT } from "#shared/i18n";
import { Button, Dialog, Note, ProblemBox } from "#shared/parts";
import { useDeed } from "../admin/form";

/**
 * A deed that wants a reason, a number or a reference: says what follows, asks for them, and stays open with the problem
 * when it fails. `children` gets the problem of a member.
 */
export function DeedDialog({
  title,
  then,
  deed,
  ready = true,
  danger,
  act,
  onClose,
  children,
}: {
  title: string;
  then: ReactNode;
  deed: string;
  ready?: boolean;
  danger?: boolean;
  act: () => Promise<unknown>;
  onClose: () => void;
  children?: (at: (member: string) => string) => ReactNode;
}) {
  const t = useT();
  const d = useDeed();
  return (
    <Dialog title={title} open onClose={onClose}>
      <form
        className="grid gap-3"
        onSubmit={(e) => {
          e.preventDefault();
          if (ready && !d.busy) void d.run(act).then((done) => done && onClose());
        }}
      >
        <Note>{then}</Note>
        {children?.(d.at)}
        {d.failed !== null && <ProblemBox error={d.failed} />}
        <p className="flex flex-wrap gap-2 justify-end">
          <Button onClick={onClose}>{t("parts.cancel")}</Button>
          <Button type="submit" kind={danger ? "danger-primary" : "primary"} busy={d.busy} disabled={!ready}>
            {deed}
          </Button>
        </p>
      </form>
    </Dialog>
  );
}
