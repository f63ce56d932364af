import { useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useMemo, useState } from "react";
import { del, get, put, seg } from "#shared/api/client";
import { useMe } from "#shared/api/me";
import { day } from "#shared/format";
import { language, useT } from "#shared/i18n";
import { Button, Empty, Loaded, Plate, ProblemBox, Select, TextField } from "#shared/parts";
import { useDeed } from "../admin/form";
import type { Holidays } from "./logic";

/** The public holidays of a country or region, with the operator's own. */
export function HolidayPlate() {
  const t = useT();
  const me = useMe();
  const cache = useQueryClient();
  const deed = useDeed();
  const thisYear = new Date().getFullYear();
  const [region, setRegion] = useState("");
  const [year, setYear] = useState(thisYear);
  const q = useQuery({
    queryKey: ["/holidays", region, year],
    queryFn: ({ signal }) => get<Holidays>("/holidays", { region: region || undefined, year }, signal),
  });
  const renew = () => cache.invalidateQueries({ queryKey: ["/holidays"] });
  const path = (r: string, date: string) => `/holidays/${seg(r)}/${seg(date)}`;
  const regions = useRegions(q.data?.regions, q.data?.region);
  return (
    <Plate title={t("prices.holidays")}>
      <p className="t2 mb-3">{t("prices.holidaysAbout")}</p>
      <div className="grid grid-cols-[minmax(0,1fr)_110px] gap-3 mb-3">
        <Select label={t("prices.region")} value={q.data?.region ?? region} onChange={setRegion} options={regions} />
        <Select
          label={t("prices.year")}
          value={String(year)}
          onChange={(y) => setYear(Number(y))}
          options={[-1, 0, 1, 2].map((n) => ({ value: String(thisYear + n), label: String(thisYear + n) }))}
        />
      </div>
      <Loaded of={q}>
        {(d) => (
          <>
            {!d.known && <Empty why={t("prices.unknownRegion")} />}
            <ul>
              {d.items.map((h) => (
                <li key={h.date} className="flex items-center gap-3 border-t border-line py-1">
                  <span className={`grow ${h.removed ? "t3 line-through" : ""}`}>
                    {day(`${h.date}T12:00:00Z`, "UTC")} <span className="t2">{h.name}</span>
                    {h.own && !h.removed && <span className="t3"> · {t("prices.own")}</span>}
                  </span>
                  {me.may("money") && (
                    <Button
                      small
                      busy={deed.busy}
                      onClick={() =>
                        deed
                          .run(() =>
                            h.own ? del(path(d.region, h.date)) : put(path(d.region, h.date), { removed: true }),
                          )
                          .then(renew)
                      }
                    >
                      {h.removed ? t("prices.restore") : t("prices.remove")}
                    </Button>
                  )}
                </li>
              ))}
            </ul>
            {deed.failed !== null && <ProblemBox error={deed.failed} />}
            {me.may("money") && <AddHoliday region={d.region} year={d.year} onDone={renew} />}
          </>
        )}
      </Loaded>
    </Plate>
  );
}

/** Countries by their names, regions behind theirs. */
function useRegions(all: readonly string[] | undefined, chosen: string | undefined) {
  return useMemo(() => {
    const names = new Intl.DisplayNames([language()], { type: "region" });
    const label = (r: string) => {
      const name = names.of(r.slice(0, 2)) ?? r;
      return r.length > 2 ? `${name}, ${r}` : name;
    };
    return [...new Set([...(all ?? []), ...(chosen ? [chosen] : [])])]
      .map((value) => ({ value, label: label(value) }))
      .sort((a, b) => a.label.localeCompare(b.label, language()));
  }, [all, chosen]);
}

function AddHoliday({ region, year, onDone }: { region: string; year: number; onDone: () => Promise<unknown> }) {
  const t = useT();
  const deed = useDeed();
  const [date, setDate] = useState("");
  const [name, setName] = useState("");
  const send = async (e: FormEvent) => {
    e.preventDefault();
    if (!(await deed.run(() => put(`/holidays/${seg(region)}/${seg(date)}`, { name: name.trim() })))) return;
    setDate("");
    setName("");
    await onDone();
  };
  return (
    <form className="grid gap-3 mt-4" onSubmit={send}>
      <div className="grid grid-cols-[150px_minmax(0,1fr)] gap-3">
        <TextField
          label={t("prices.date")}
          type="date"
          required
          min={`${year}-01-01`}
          max={`${year}-12-31`}
          value={date}
          onChange={setDate}
          error={deed.at("date")}
        />
        <TextField
          label={t("prices.name")}
          required
          maxLength={100}
          value={name}
          onChange={setName}
          error={deed.at("name")}
        />
      </div>
      {deed.failed !== null && <ProblemBox error={deed.failed} />}
      <p>
        <Button type="submit" busy={deed.busy}>
          {t("prices.addHoliday")}
        </Button>
      </p>
    </form>
  );
}
