import { type FormEvent, useState } from "react";
import { post } from "#shared/api/client";
import { useT } from "#shared/i18n";
import { Button, Dialog, ProblemBox, TextField } from "#shared/parts";
import { useDeed } from "../admin/form";
import { today } from "./types";

/** Lets something end on a day; what held before stays. */
export function End({
  title,
  path,
  onClose,
  onDone,
}: {
  title: string;
  path: string;
  onClose: () => void;
  onDone: () => Promise<unknown>;
}) {
  const t = useT();
  const deed = useDeed();
  const [until, setUntil] = useState(today());
  const send = (e: FormEvent) => {
    e.preventDefault();
    void deed.run(async () => {
      await post(path, { valid_until: until });
      await onDone();
    });
  };
  return (
    <Dialog title={title} open onClose={onClose}>
      <form className="grid gap-3" onSubmit={send}>
        <TextField
          label={t("taxes.until")}
          help={t("taxes.untilHelp")}
          type="date"
          required
          min={today()}
          value={until}
          onChange={setUntil}
          error={deed.at("valid_until")}
        />
        {deed.failed !== null && <ProblemBox error={deed.failed} />}
        <p>
          <Button kind="primary" type="submit" busy={deed.busy}>
            {t("taxes.end")}
          </Button>
        </p>
      </form>
    </Dialog>
  );
}
