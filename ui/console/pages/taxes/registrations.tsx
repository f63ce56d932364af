import { useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { get, type Page, post, seg } from "#shared/api/client";
import { useMe } from "#shared/api/me";
import { useT } from "#shared/i18n";
import { Button, Check, Dialog, Empty, Loaded, Plate, ProblemBox, Select, TextField } from "#shared/parts";
import { useDeed } from "../admin/form";
import { End } from "./end";
import { countryName, type Entity, holds, mayEnd, type Registration, termText, today } from "./types";
import { Where } from "./where";

/** Where a legal entity is registered for tax, and since when. */
export function Registrations({ of: e }: { of: Entity }) {
  const t = useT();
  const me = useMe();
  const cache = useQueryClient();
  const path = `/entities/${seg(e.id)}/registrations`;
  const q = useQuery({
    queryKey: [path],
    queryFn: ({ signal }) => get<Page<Registration>>(path, { limit: 200 }, signal),
  });
  const [adding, setAdding] = useState(false);
  const [ending, setEnding] = useState<Registration | null>(null);
  const renew = async () => {
    await cache.invalidateQueries({ queryKey: [path] });
    await cache.invalidateQueries({ queryKey: ["/tax/rates"] });
    await cache.invalidateQueries({ queryKey: ["/tax/explain"] });
    setAdding(false);
    setEnding(null);
  };
  return (
    <Plate
      title={t("taxes.registrations")}
      note={t("taxes.established", { name: e.name, country: countryName(e.country) })}
      actions={me.may("money") && <Button onClick={() => setAdding(true)}>{t("taxes.register")}</Button>}
    >
      <Loaded of={q}>
        {(d) =>
          d.items.length === 0 ? (
            <Empty why={t("taxes.noRegistrations")} />
          ) : (
            <ul>
              {d.items.map((r) => (
                <li key={r.id} className="flex flex-wrap items-center gap-x-4 gap-y-1 border-t border-line py-2">
                  <span className="min-w-0 grow">
                    <b className={holds(r, today()) ? "" : "t2"}>{r.region || countryName(r.country)}</b>
                    <span className="t2 block text-sm">
                      {t(`taxes.registered.${r.kind}`)}
                      {r.dealers_owe && `, ${t("taxes.dealersOwe")}`}
                    </span>
                  </span>
                  <span className="mono text-sm">{r.vat_id || "–"}</span>
                  <span className="text-sm">{termText(t, r)}</span>
                  {me.may("money") && mayEnd(r) && (
                    <Button small onClick={() => setEnding(r)}>
                      {t("taxes.end")}
                    </Button>
                  )}
                </li>
              ))}
            </ul>
          )
        }
      </Loaded>
      {adding && <Add path={path} country={e.country} onClose={() => setAdding(false)} onDone={renew} />}
      {ending && (
        <End
          title={t("taxes.endRegistration", { country: ending.region || ending.country })}
          path={`${path}/${seg(ending.id)}/end`}
          onClose={() => setEnding(null)}
          onDone={renew}
        />
      )}
    </Plate>
  );
}

function Add({
  path,
  country,
  onClose,
  onDone,
}: {
  path: string;
  country: string;
  onClose: () => void;
  onDone: () => Promise<unknown>;
}) {
  const t = useT();
  const deed = useDeed();
  const [v, set] = useState({
    country,
    region: "",
    kind: "standard",
    vat_id: "",
    dealers_owe: false,
    valid_from: today(),
  });
  const send = (e: FormEvent) => {
    e.preventDefault();
    void deed.run(async () => {
      await post(path, {
        ...v,
        country: v.country.trim().toUpperCase(),
        region: v.region.trim(),
        dealers_owe: v.kind === "standard" && v.dealers_owe,
      });
      await onDone();
    });
  };
  return (
    <Dialog title={t("taxes.register")} open onClose={onClose}>
      <form className="grid gap-3" onSubmit={send}>
        <Select
          label={t("taxes.scheme")}
          value={v.kind}
          onChange={(kind) => set({ ...v, kind })}
          options={["standard", "oss", "small_business"].map((k) => ({ value: k, label: t(`taxes.registered.${k}`) }))}
        />
        <Where of={v} onChange={(change) => set({ ...v, ...change })} at={deed.at} />
        <TextField
          label={t("taxes.vat")}
          mono
          value={v.vat_id}
          onChange={(vat_id) => set({ ...v, vat_id })}
          error={deed.at("vat_id")}
        />
        <TextField
          label={t("taxes.since")}
          help={t("taxes.sinceHelp")}
          type="date"
          required
          value={v.valid_from}
          onChange={(valid_from) => set({ ...v, valid_from })}
          error={deed.at("valid_from")}
        />
        {v.kind === "standard" && (
          <Check
            label={t("taxes.dealersOweLabel")}
            help={t("taxes.dealersOweHelp")}
            checked={v.dealers_owe}
            onChange={(dealers_owe) => set({ ...v, dealers_owe })}
          />
        )}
        {deed.failed !== null && <ProblemBox error={deed.failed} />}
        <p>
          <Button kind="primary" type="submit" busy={deed.busy}>
            {t("taxes.register")}
          </Button>
        </p>
      </form>
    </Dialog>
  );
}
