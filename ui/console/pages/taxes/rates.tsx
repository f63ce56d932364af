import { useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { get, type Page, post, seg } from "#shared/api/client";
import { useMe } from "#shared/api/me";
import { useT } from "#shared/i18n";
import { useFilters } from "#shared/nav";
import { Button, Check, Dialog, Empty, Loaded, Note, Plate, ProblemBox, Select, TextField, Wide } from "#shared/parts";
import { useDeed } from "../admin/form";
import { End } from "./end";
import { countryName, holds, mayEnd, type Rate, termText, today } from "./types";
import { Where } from "./where";
import { percentText } from "./words";

const heads = ["taxes.where", "taxes.tax", "taxes.lines", "taxes.takesHead", "taxes.holds", "taxes.source"];
const kinds = ["", "energy", "time", "parking", "flat", "reservation"];

/** The tenant's tax rates with the days on which they hold. */
export function Rates() {
  const t = useT();
  const me = useMe();
  const cache = useQueryClient();
  const f = useFilters(["country"]);
  const country = /^[A-Za-z]{2}$/.test(f.value.country) ? f.value.country.toUpperCase() : "";
  const q = useQuery({
    queryKey: ["/tax/rates", country],
    queryFn: ({ signal }) => get<Page<Rate>>("/tax/rates", { limit: 200, ...(country ? { country } : {}) }, signal),
  });
  const [adding, setAdding] = useState(false);
  const [ending, setEnding] = useState<Rate | null>(null);
  const renew = async () => {
    await cache.invalidateQueries({ queryKey: ["/tax/rates"] });
    await cache.invalidateQueries({ queryKey: ["/tax/explain"] });
    setAdding(false);
    setEnding(null);
  };
  return (
    <Plate
      className="col-span-full"
      title={t("taxes.rates")}
      note={t("taxes.ratesNote")}
      actions={me.may("money") && <Button onClick={() => setAdding(true)}>{t("taxes.enter")}</Button>}
    >
      <TextField
        className="mb-3 max-w-[160px]"
        label={t("taxes.onlyCountry")}
        placeholder="DE"
        maxLength={2}
        value={f.value.country}
        onChange={(to) => f.set({ country: to })}
      />
      <Loaded of={q}>
        {(d) =>
          d.items.length === 0 ? (
            <Empty why={t("taxes.noRates")} />
          ) : (
            <>
              <RateTable rows={d.items} onEnd={me.may("money") ? setEnding : undefined} />
              {d.next && <Note>{t("taxes.more")}</Note>}
            </>
          )
        }
      </Loaded>
      {adding && <Add country={country} onClose={() => setAdding(false)} onDone={renew} />}
      {ending && (
        <End
          title={t("taxes.endRate", { name: ending.name, country: ending.region || ending.country })}
          path={`/tax/rates/${seg(ending.id)}/end`}
          onClose={() => setEnding(null)}
          onDone={renew}
        />
      )}
    </Plate>
  );
}

function RateTable({ rows, onEnd }: { rows: Rate[]; onEnd?: (r: Rate) => void }) {
  const t = useT();
  const cell = "border-t border-line py-1.5 pr-4 text-left align-top";
  return (
    <Wide label={t("taxes.rates")}>
      <table className="w-full min-w-[720px] text-base">
        <thead>
          <tr>
            {heads.map((k) => (
              <th key={k} scope="col" className="pr-4 pb-1 text-left text-sm font-normal text-ink-2">
                {t(k)}
              </th>
            ))}
            {onEnd && <th scope="col" aria-label={t("taxes.end")} />}
          </tr>
        </thead>
        <tbody>
          {rows.map((r) => (
            <tr key={r.id} className={holds(r, today()) ? "" : "t2"}>
              <td className={cell}>
                {r.region || countryName(r.country)}
                {!!r.postal?.length && <span className="t2 block text-sm">{r.postal.join(", ")}</span>}
              </td>
              <td className={cell}>
                {r.name}
                {r.category !== "S" && (
                  <span className="t2 block text-sm">{t(`taxes.category.${r.category ?? "S"}`)}</span>
                )}
              </td>
              <td className={cell}>{r.kind ? t(`taxes.kind.${r.kind}`) : t("taxes.kind.all")}</td>
              <td className={`${cell} whitespace-nowrap`}>
                {r.per_kwh
                  ? t("taxes.perKWh", { amount: r.per_kwh, currency: r.currency ?? "" })
                  : t("taxes.percent", { percent: percentText(r.percent ?? "0") })}
                {r.on_taxes && <span className="t2 block text-sm">{t("taxes.onTaxes")}</span>}
              </td>
              <td className={`${cell} whitespace-nowrap`}>{termText(t, r)}</td>
              <td className={`${cell} t2 text-sm`}>{r.entered_by ? r.source || "–" : t("taxes.shipped")}</td>
              {onEnd && (
                <td className={cell}>
                  {mayEnd(r) && (
                    <Button small onClick={() => onEnd(r)}>
                      {t("taxes.end")}
                    </Button>
                  )}
                </td>
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </Wide>
  );
}

const blank = { country: "", region: "", postal: "", name: "VAT", kind: "", by: "percent", amount: "", currency: "" };

function Add({ country, onClose, onDone }: { country: string; onClose: () => void; onDone: () => Promise<unknown> }) {
  const t = useT();
  const deed = useDeed();
  const [v, set] = useState({ ...blank, country, on_taxes: false, category: "S", source: "", valid_from: today() });
  const send = (e: FormEvent) => {
    e.preventDefault();
    void deed.run(async () => {
      await post("/tax/rates", bodyOf(v));
      await onDone();
    });
  };
  const per = v.by === "per_kwh";
  return (
    <Dialog title={t("taxes.enter")} open onClose={onClose}>
      <form className="grid gap-3" onSubmit={send}>
        <Where of={v} onChange={(change) => set({ ...v, ...change })} at={deed.at} />
        <TextField
          label={t("taxes.postal")}
          help={t("taxes.postalHelp")}
          value={v.postal}
          onChange={(postal) => set({ ...v, postal })}
          error={deed.at("postal")}
        />
        <div className="grid grid-cols-2 gap-3">
          <TextField
            label={t("taxes.tax")}
            help={t("taxes.nameHelp")}
            required
            value={v.name}
            onChange={(name) => set({ ...v, name })}
            error={deed.at("name")}
          />
          <Select
            label={t("taxes.lines")}
            value={per ? "energy" : v.kind}
            disabled={per}
            onChange={(kind) => set({ ...v, kind })}
            options={kinds.map((k) => ({ value: k, label: t(`taxes.kind.${k || "all"}`) }))}
          />
          <Select
            label={t("taxes.by")}
            value={v.by}
            onChange={(by) => set({ ...v, by })}
            options={["percent", "per_kwh"].map((k) => ({ value: k, label: t(`taxes.bys.${k}`) }))}
          />
          <TextField
            label={t("taxes.takesHead")}
            required
            inputMode="decimal"
            unit={per ? undefined : "%"}
            value={v.amount}
            onChange={(amount) => set({ ...v, amount })}
            error={deed.at("percent") || deed.at("per_kwh")}
          />
          {per && (
            <TextField
              label={t("taxes.currency")}
              required
              maxLength={3}
              value={v.currency}
              onChange={(currency) => set({ ...v, currency })}
              error={deed.at("currency")}
            />
          )}
          <Select
            label={t("taxes.categoryHead")}
            value={v.category}
            onChange={(category) => set({ ...v, category })}
            options={["S", "Z", "E", "O", "L", "M"].map((c) => ({ value: c, label: t(`taxes.category.${c}`) }))}
          />
          <TextField
            label={t("taxes.since")}
            type="date"
            required
            value={v.valid_from}
            onChange={(valid_from) => set({ ...v, valid_from })}
            error={deed.at("valid_from")}
          />
        </div>
        {!per && (
          <Check
            label={t("taxes.onTaxesLabel")}
            checked={v.on_taxes}
            onChange={(on_taxes) => set({ ...v, on_taxes })}
          />
        )}
        <TextField
          label={t("taxes.source")}
          help={t("taxes.sourceHelp")}
          value={v.source}
          onChange={(source) => set({ ...v, source })}
          error={deed.at("source")}
        />
        {deed.failed !== null && <ProblemBox error={deed.failed} />}
        <p>
          <Button kind="primary" type="submit" busy={deed.busy}>
            {t("taxes.enter")}
          </Button>
        </p>
      </form>
    </Dialog>
  );
}

/** The body of a new rate. */
function bodyOf(
  v: typeof blank & { on_taxes: boolean; category: string; source: string; valid_from: string },
): Record<string, unknown> {
  const amount = v.amount.trim().replace(",", ".");
  const rest = {
    country: v.country.trim().toUpperCase(),
    region: v.region.trim(),
    postal: v.postal.split(/[\s,;]+/).filter(Boolean),
    name: v.name.trim(),
    category: v.category,
    source: v.source.trim(),
    valid_from: v.valid_from,
  };
  return v.by === "per_kwh"
    ? { ...rest, kind: "energy", per_kwh: amount, currency: v.currency.trim().toUpperCase() }
    : { ...rest, kind: v.kind, percent: amount, on_taxes: v.on_taxes };
}
