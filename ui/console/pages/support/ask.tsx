import { type ReactNode, useState } from "react";
import { ApiProblem } from "#shared/api/client";
import { useT } from "#shared/i18n";
import { Button, Dialog, Note, ProblemBox, TextArea } from "#shared/parts";
import { useDeed } from "../admin/form";

/** A deed that asks for a reason and says what follows; `children` are its other fields. It closes when the deed is done. */
export function Ask({
  title,
  then,
  deed,
  danger,
  ready = true,
  act,
  onClose,
  children,
}: {
  title: string;
  then: ReactNode;
  deed: string;
  danger?: boolean;
  ready?: boolean;
  act: (reason: string) => Promise<unknown>;
  onClose: () => void;
  children?: ReactNode;
}) {
  const t = useT();
  const [reason, setReason] = useState("");
  const d = useDeed();
  const run = async () => {
    if (await d.run(() => act(reason.trim()))) onClose();
  };
  return (
    <Dialog
      title={title}
      open
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>{t("parts.cancel")}</Button>
          <Button
            kind={danger ? "danger-primary" : "primary"}
            busy={d.busy}
            disabled={!ready || reason.trim() === ""}
            onClick={run}
          >
            {deed}
          </Button>
        </>
      }
    >
      {children}
      <TextArea
        label={t("desk.reason")}
        help={t("desk.reasonHelp")}
        value={reason}
        onChange={setReason}
        error={d.at("reason")}
        maxLength={500}
        required
      />
      <Note>{then}</Note>
      {d.failed !== null && <Failed error={d.failed} />}
    </Dialog>
  );
}

/** A refusal says here why: the limit of the role is part of it. */
function Failed({ error }: { error: unknown }) {
  if (error instanceof ApiProblem && error.status === 403 && error.problem.detail)
    return (
      <p role="alert" className="tf">
        {error.problem.detail}
      </p>
    );
  return <ProblemBox error={error} />;
}
