import { type FormEvent, useState } from "react";
import { languageName, languages, useT } from "#shared/i18n";
import { Button, ProblemBox, Select, TextField } from "#shared/parts";
import { useDeed } from "../admin/form";
import type { Driver } from "./types";

type Draft = Pick<Driver, "name" | "email" | "phone" | "language">;

/** What staff know of a driver. */
export function DriverForm({
  driver,
  deed: word,
  save,
}: {
  driver?: Driver;
  deed: string;
  save: (v: Draft) => Promise<unknown>;
}) {
  const t = useT();
  const deed = useDeed();
  const [v, set] = useState<Draft>({
    name: driver?.name ?? "",
    email: driver?.email ?? "",
    phone: driver?.phone ?? "",
    language: driver?.language ?? "",
  });
  const send = (e: FormEvent) => {
    e.preventDefault();
    void deed.run(() => save(v));
  };
  return (
    <form className="grid gap-3" onSubmit={send}>
      <TextField
        label={t("drivers.name")}
        required
        value={v.name}
        onChange={(name) => set({ ...v, name })}
        error={deed.at("name")}
      />
      <TextField
        label={t("drivers.email")}
        help={t("drivers.emailHelp")}
        type="email"
        value={v.email}
        onChange={(email) => set({ ...v, email })}
        error={deed.at("email")}
      />
      <TextField
        label={t("drivers.phone")}
        type="tel"
        value={v.phone}
        onChange={(phone) => set({ ...v, phone })}
        error={deed.at("phone")}
      />
      <Select
        label={t("drivers.language")}
        value={v.language}
        onChange={(language) => set({ ...v, language })}
        options={[
          { value: "", label: t("drivers.noLanguage") },
          ...languages().map((l) => ({ value: l, label: languageName(l) })),
        ]}
      />
      {deed.failed !== null && <ProblemBox error={deed.failed} />}
      <p>
        <Button kind="primary" type="submit" busy={deed.busy}>
          {word}
        </Button>
      </p>
    </form>
  );
}
