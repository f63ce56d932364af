import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { get } from "#shared/api/client";
import { language, useT } from "#shared/i18n";
import { Loaded, Note, Pair, Pairs, Plate, Select, TextField } from "#shared/parts";
import { useSites } from "../sessions/data";
import { type Applied, countryName, type Explanation, today } from "./types";
import { taxText } from "./words";

function Taken({ of: x, currency }: { of: Applied; currency: string }) {
  const t = useT();
  return (
    <>
      {taxText(t, x, currency)}
      {x.on_taxes && <span className="t2"> {t("taxes.onTaxes")}</span>}
    </>
  );
}

/** What applies: a site, a buyer and a day give the taxes, and why. */
export function Explain() {
  const t = useT();
  const sites = useSites();
  const [v, set] = useState({ site: "", buyer: "consumer", country: "", vat: "", day: today() });
  const site = v.site || sites[0]?.id || "";
  const asks = v.buyer === "consumer" || /^[A-Za-z]{2}$/.test(v.country.trim());
  const query = {
    site,
    buyer: v.buyer,
    day: v.day,
    lang: language(),
    ...(v.buyer === "consumer" ? {} : { country: v.country.trim().toUpperCase(), vat_id: v.vat.trim() }),
  };
  const q = useQuery({
    queryKey: ["/tax/explain", query],
    queryFn: ({ signal }) => get<Explanation>("/tax/explain", query, signal),
    enabled: site !== "" && asks && v.day !== "",
    retry: false,
  });
  return (
    <Plate title={t("taxes.applies")} note={t("taxes.appliesNote")}>
      <div className="grid gap-3 sm:grid-cols-2">
        <Select
          label={t("taxes.site")}
          value={site}
          onChange={(to) => set({ ...v, site: to })}
          options={sites.map((s) => ({ value: s.id, label: s.name }))}
        />
        <TextField label={t("taxes.day")} type="date" value={v.day} onChange={(day) => set({ ...v, day })} />
        <Select
          label={t("taxes.buyer")}
          value={v.buyer}
          onChange={(buyer) => set({ ...v, buyer })}
          options={["consumer", "business", "dealer"].map((k) => ({ value: k, label: t(`taxes.buys.${k}`) }))}
        />
        {v.buyer !== "consumer" && (
          <div className="grid grid-cols-[88px_1fr] gap-3">
            <TextField
              label={t("taxes.country")}
              placeholder="FR"
              maxLength={2}
              value={v.country}
              onChange={(country) => set({ ...v, country })}
            />
            <TextField label={t("taxes.vatValid")} mono value={v.vat} onChange={(vat) => set({ ...v, vat })} />
          </div>
        )}
      </div>
      {!asks && <p className="t2 mt-3">{t("taxes.needCountry")}</p>}
      {asks && site !== "" && (
        <div className="mt-3">
          <Loaded of={q}>{(d) => <Answer d={d} />}</Loaded>
        </div>
      )}
    </Plate>
  );
}

function Answer({ d }: { d: Explanation }) {
  const t = useT();
  const unknown = d.lines.filter((l) => !l.known);
  return (
    <div className="grid gap-3" aria-live="polite">
      {unknown.length > 0 && <Note>{t("taxes.unknown")}</Note>}
      <ol className="grid list-decimal gap-1 pl-5">
        {d.reasons.map((r) => (
          <li key={r}>{t(`taxes.reason.${r}`, { country: countryName(d.jurisdiction.slice(0, 2)) })}</li>
        ))}
      </ol>
      {!d.typed && (
        <Pairs>
          <Pair name={t("taxes.jurisdiction")}>{d.jurisdiction}</Pair>
          <Pair name={t("taxes.sellerVAT")}>
            <span className="mono">{d.seller_vat_id || "–"}</span>
          </Pair>
          {d.lines.map((l) => (
            <Pair key={l.kind} name={t(`taxes.kind.${l.kind}`)}>
              {!l.known ? (
                <span className="tw">{t("taxes.noRate")}</span>
              ) : d.instead ? (
                t(`taxes.category.${d.instead.category}`)
              ) : (
                l.taxes.map((x, i) => (
                  <span key={x.name}>
                    {i > 0 && ", "}
                    <Taken of={x} currency={d.entity.currency} />
                    {x.category !== "S" && ` (${t(`taxes.category.${x.category}`)})`}
                  </span>
                ))
              )}
            </Pair>
          ))}
        </Pairs>
      )}
      {d.note && <p className="t2">{t("taxes.note", { note: d.note })}</p>}
      {d.instead && <p className="t2">{t("taxes.takenOff")}</p>}
    </div>
  );
}
