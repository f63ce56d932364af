import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { get, type Page, put, seg } from "#shared/api/client";
import { useT } from "#shared/i18n";
import { Button, Field, NumberField, ProblemBox, Select, TextField } from "#shared/parts";
import { localTime, useDeed } from "../admin/form";
import { type Driver, putOf, type Token, tokenTypes } from "./types";

const empty: Token = {
  uid: "",
  type: "ISO14443",
  driver_id: null,
  group_id: "",
  status: "accepted",
  expires_at: null,
  prepaid_credit: null,
  max_energy_wh: null,
  max_parallel_sessions: null,
  updated_at: "",
};

/** A token: made, or changed as a whole. */
export function TokenForm({ token, driver, onDone }: { token?: Token; driver?: string; onDone: (t: Token) => void }) {
  const t = useT();
  const deed = useDeed();
  const [v, set] = useState<Token>(token ?? { ...empty, driver_id: driver ?? null });
  const send = async (e: FormEvent) => {
    e.preventDefault();
    await deed.run(async () => onDone(await put<Token>(`/tokens/${seg(v.uid.trim())}`, putOf(v))));
  };
  return (
    <form className="grid gap-3" onSubmit={send}>
      {!token && (
        <TextField
          label={t("tokens.uid")}
          help={t("tokens.uidHelp")}
          required
          maxLength={255}
          mono
          value={v.uid}
          onChange={(uid) => set({ ...v, uid })}
          error={deed.at("uid")}
        />
      )}
      <Select
        label={t("tokens.type")}
        value={v.type}
        onChange={(type) => set({ ...v, type })}
        options={[...new Set([...tokenTypes, v.type])].map((x) => ({ value: x, label: x }))}
      />
      <Select
        label={t("tokens.status")}
        value={v.status}
        onChange={(s) => set({ ...v, status: s as Token["status"] })}
        options={(["accepted", "blocked"] as const).map((s) => ({ value: s, label: t(`tokens.states.${s}`) }))}
      />
      {driver === undefined && <DriverPick value={v.driver_id} onChange={(driver_id) => set({ ...v, driver_id })} />}
      <TextField
        label={t("tokens.group")}
        help={t("tokens.groupHelp")}
        maxLength={255}
        value={v.group_id}
        onChange={(group_id) => set({ ...v, group_id })}
        error={deed.at("group_id")}
      />
      <TextField
        label={t("tokens.expires")}
        type="datetime-local"
        value={v.expires_at ? localTime(v.expires_at) : ""}
        onChange={(x) => set({ ...v, expires_at: x ? new Date(x).toISOString() : null })}
      />
      <NumberField
        label={t("tokens.maxEnergy")}
        help={t("tokens.noLimit")}
        unit="kWh"
        value={v.max_energy_wh === null ? null : v.max_energy_wh / 1000}
        onChange={(n) => set({ ...v, max_energy_wh: n === null ? null : Math.round(n * 1000) })}
        error={deed.at("max_energy_wh")}
      />
      <NumberField
        label={t("tokens.maxParallel")}
        help={t("tokens.noLimit")}
        value={v.max_parallel_sessions}
        onChange={(n) => set({ ...v, max_parallel_sessions: n === null ? null : Math.round(n) })}
        error={deed.at("max_parallel_sessions")}
      />
      {deed.failed !== null && <ProblemBox error={deed.failed} />}
      <p>
        <Button kind="primary" type="submit" busy={deed.busy}>
          {token ? t("tokens.save") : t("tokens.add")}
        </Button>
      </p>
    </form>
  );
}

function DriverPick({ value, onChange }: { value: string | null; onChange: (id: string | null) => void }) {
  const t = useT();
  const [q, setQ] = useState("");
  const found = useQuery({
    queryKey: ["/drivers", "pick", q],
    queryFn: ({ signal }) => get<Page<Driver>>("/drivers", { q, limit: 8 }, signal),
    enabled: q.length > 1,
  });
  const now = useQuery({
    queryKey: ["/drivers", value],
    queryFn: ({ signal }) => get<Driver>(`/drivers/${seg(value ?? "")}`, {}, signal),
    enabled: !!value,
  });
  return (
    <Field label={t("tokens.driver")} help={value ? undefined : t("tokens.driverHelp")}>
      {(ids) =>
        value ? (
          <p className="flex items-center gap-3">
            <span className="grow" id={ids.id}>
              {now.data?.name || value}
            </span>
            <Button small onClick={() => onChange(null)}>
              {t("tokens.noDriver")}
            </Button>
          </p>
        ) : (
          <>
            <div className="box">
              <input {...ids} type="search" value={q} onChange={(e) => setQ(e.target.value)} />
            </div>
            {found.data && q.length > 1 && (
              <ul className="grid gap-1 mt-1">
                {found.data.items.map((d) => (
                  <li key={d.id}>
                    <Button small onClick={() => onChange(d.id)}>
                      {d.name} {d.email}
                    </Button>
                  </li>
                ))}
                {found.data.items.length === 0 && <li className="t3">{t("parts.nothing", { q })}</li>}
              </ul>
            )}
          </>
        )
      }
    </Field>
  );
}
