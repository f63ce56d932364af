import { ownZone } from "#shared/format";
import { useT } from "#shared/i18n";
import { Button, IconButton, NumberField, Select, TextField, ZoneNote } from "#shared/parts";
import { localTime, momentOf } from "../../admin/form";
import { type Doc, limit, limitMember, set } from "./model";

const limitWords = {
  min_price: { with: "tedit.min_price.with", before: "tedit.min_price.before" },
  max_price: { with: "tedit.max_price.with", before: "tedit.max_price.before" },
} as const;

type Change = (next: (doc: Doc) => Doc) => void;

/** What holds for the whole tariff: currency, tax, limits, validity and texts. */
export function Basics({ doc, change, fresh }: { doc: Doc; change: Change; fresh: boolean }) {
  const t = useT();
  const text = (member: string) => (typeof doc[member] === "string" ? (doc[member] as string) : "");
  const put = (member: string) => (v: string) =>
    change((d) => set(d, [member], v.trim() === "" ? undefined : v.trim()));
  return (
    <div className="grid gap-3">
      <div className="grid grid-cols-2 sm:grid-cols-4 gap-3 items-start">
        {fresh && (
          <div data-path="id" className="col-span-2">
            <TextField
              label={t("tariffs.id")}
              help={t("tedit.idHelp")}
              value={text("id")}
              onChange={put("id")}
              maxLength={36}
              mono
            />
          </div>
        )}
        <div data-path="currency">
          <TextField
            label={t("tariffs.currency")}
            value={text("currency")}
            onChange={(v) => put("currency")(v.toUpperCase())}
            maxLength={3}
            list="currencies"
          />
          <datalist id="currencies">
            {["EUR", "GBP", "CHF", "USD", "DKK", "NOK", "SEK", "PLN", "CZK", "HUF"].map((c) => (
              <option key={c} value={c} />
            ))}
          </datalist>
        </div>
        <div data-path="tax_included">
          <Select
            label={t("tariffs.tax")}
            value={["YES", "N/A"].includes(text("tax_included")) ? text("tax_included") : "NO"}
            onChange={(v) => change((d) => set(d, ["tax_included"], v))}
            options={[
              { value: "YES", label: t("tariffs.taxes.yes") },
              { value: "NO", label: t("tariffs.taxes.no") },
              { value: "N/A", label: t("tariffs.taxes.none") },
            ]}
          />
        </div>
      </div>
      <details open={doc.min_price !== undefined || doc.max_price !== undefined}>
        <summary>{t("tedit.limits")}</summary>
        <div className="grid grid-cols-2 sm:grid-cols-4 gap-3 mt-2">
          {(["min_price", "max_price"] as const).flatMap((name) =>
            (["with", "before"] as const).map((side) => {
              const v = (doc[name] as Record<string, unknown> | undefined)?.[limitMember(doc, name, side)];
              return (
                <div key={name + side} data-path={name}>
                  <NumberField
                    label={t(limitWords[name][side])}
                    unit={text("currency")}
                    value={v === undefined || v === null ? null : Number(v)}
                    onChange={(n) => change((d) => limit(d, name, side, n))}
                  />
                </div>
              );
            }),
          )}
        </div>
      </details>
      <details open={doc.start_date_time !== undefined || doc.end_date_time !== undefined}>
        <summary>{t("tedit.validity")}</summary>
        <div className="grid grid-cols-1 sm:grid-cols-2 gap-3 mt-2">
          <Moment doc={doc} change={change} member="start_date_time" label={t("tariffs.since")} />
          <Moment doc={doc} change={change} member="end_date_time" label={t("tariffs.until")} />
        </div>
        <p className="t3 text-sm mt-1">
          <ZoneNote zone={ownZone()} />
        </p>
      </details>
      <AltTexts doc={doc} change={change} />
    </div>
  );
}

function Moment({ doc, change, member, label }: { doc: Doc; change: Change; member: string; label: string }) {
  const at = String(doc[member] ?? "");
  return (
    <div data-path={member}>
      <TextField
        type="datetime-local"
        label={label}
        value={Number.isNaN(Date.parse(at)) ? "" : localTime(at)}
        onChange={(v) => change((d) => set(d, [member], momentOf(v)))}
      />
    </div>
  );
}

interface AltText {
  language?: string;
  text?: string;
}

function AltTexts({ doc, change }: { doc: Doc; change: Change }) {
  const t = useT();
  const all = Array.isArray(doc.tariff_alt_text) ? (doc.tariff_alt_text as AltText[]) : [];
  const put = (list: AltText[]) => change((d) => set(d, ["tariff_alt_text"], list.length ? list : undefined));
  return (
    <details open={all.length > 0} data-path="tariff_alt_text">
      <summary>{t("tedit.texts")}</summary>
      <p className="t3 text-sm my-2">{t("tedit.textsHelp")}</p>
      <ul className="grid gap-2">
        {all.map((x, i) => (
          <li key={i} className="flex items-start gap-2" data-path={`tariff_alt_text[${i}]`}>
            <TextField
              className="w-20 shrink-0"
              label={t("tedit.language")}
              value={x.language ?? ""}
              maxLength={2}
              onChange={(v) => put(all.map((y, k) => (k === i ? { ...y, language: v.toLowerCase() } : y)))}
            />
            <TextField
              className="grow"
              label={t("tedit.text")}
              value={x.text ?? ""}
              maxLength={512}
              onChange={(v) => put(all.map((y, k) => (k === i ? { ...y, text: v } : y)))}
            />
            <div className="pt-[22px]">
              <IconButton
                small
                icon="x"
                label={t("tedit.removeText", { language: x.language ?? "" })}
                onClick={() => put(all.filter((_, k) => k !== i))}
              />
            </div>
          </li>
        ))}
      </ul>
      <p className="mt-2">
        <Button
          small
          icon="plus"
          onClick={() => put([...all, { language: all.some((x) => x.language === "de") ? "en" : "de", text: "" }])}
        >
          {t("tedit.addText")}
        </Button>
      </p>
    </details>
  );
}
