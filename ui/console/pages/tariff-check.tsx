import { useQuery } from "@tanstack/react-query";
import { get, seg } from "#shared/api/client";
import { moment, ownZone } from "#shared/format";
import { has, language, useT } from "#shared/i18n";
import { A, useFilters } from "#shared/nav";
import { Empty, Icon, Loaded, Note, Plate, Plates, Select, TextField, ZoneNote } from "#shared/parts";
import { localTime, momentOf } from "./admin/form";
import { useSentence } from "./sessions/data";
import { type Audience, audiences, type Candidate, type Explanation } from "./tariffs/logic";
import { Place, useAudience, usePeriod } from "./tariffs/offer";
import { ConnectorPick, EvsePick, GroupField, StationField, useStationOf } from "./tariffs/pick";

type Asked = Record<"station" | "evse" | "connector" | "audience" | "group" | "at", string>;

/** Which tariff holds for a session at an EVSE, for whom and when, and why not another. */
export default function TariffCheck() {
  const t = useT();
  const f = useFilters(["station", "evse", "connector", "audience", "group", "at"]);
  const known = useStationOf(f.value.station);
  return (
    <Plates className="fill grid-rows-[auto_auto_1fr]">
      <Plate>
        <h1>{t("page.tariffCheck")}</h1>
        <p className="t2 mb-3">{t("offers.checkAbout")}</p>
        <Question of={f.value} set={f.set} />
      </Plate>
      {known ? (
        <Answer of={f.value} />
      ) : (
        <Plate className="row-span-2">
          <Empty why={known === null ? t("offers.noStation", { id: f.value.station }) : t("offers.checkChoose")} />
        </Plate>
      )}
    </Plates>
  );
}

function Question({ of: q, set }: { of: Asked; set: (change: Partial<Asked>) => void }) {
  const t = useT();
  return (
    <form className="grid gap-3 sm:grid-cols-2 lg:grid-cols-3 items-start" onSubmit={(e) => e.preventDefault()}>
      <div>
        <StationField
          value={q.station}
          onChange={(station) => set({ station: station.trim(), evse: "", connector: "" })}
        />
      </div>
      <EvsePick
        station={q.station}
        value={q.evse}
        onChange={(evse) => set({ evse, connector: "" })}
        none={t("offers.notSaid")}
      />
      <ConnectorPick
        station={q.station}
        evse={q.evse}
        value={q.connector}
        onChange={(connector) => set({ connector })}
        none={t("offers.notSaid")}
      />
      <Select
        label={t("offers.whoCharges")}
        value={q.audience || "all"}
        onChange={(a) => set({ audience: a === "all" ? "" : a, group: "" })}
        options={audiences.map((a) => ({ value: a, label: t(`offers.who.${a}`) }))}
      />
      {q.audience === "group" && (
        <div>
          <GroupField value={q.group} onChange={(group) => set({ group })} />
        </div>
      )}
      <TextField
        label={t("offers.begins")}
        help={
          <>
            {t("offers.beginsHelp")} <ZoneNote zone={ownZone()} />
          </>
        }
        type="datetime-local"
        value={q.at ? localTime(q.at) : ""}
        onChange={(at) => set({ at: momentOf(at) ?? "" })}
      />
    </form>
  );
}

function Answer({ of: asked }: { of: Asked }) {
  const t = useT();
  const lang = language();
  const audience = (audiences as readonly string[]).includes(asked.audience) ? (asked.audience as Audience) : "all";
  const query = { ...asked, audience: audience === "group" && !asked.group ? "members" : audience, lang };
  const q = useQuery({
    queryKey: ["/tariff-assignments", "explain", query],
    queryFn: ({ signal }) => get<Explanation>("/tariff-assignments/explain", query, signal),
  });
  return (
    <Loaded of={q}>
      {(x) => (
        <>
          <Plate title={t("offers.winner")} note={t("offers.atTime", { at: moment(x.at) })}>
            <Winner of={x} />
          </Plate>
          <Plate title={t("offers.all")} note={t("offers.order")}>
            {x.candidates.length === 0 ? (
              <Empty why={t("offers.nothing")} />
            ) : (
              <ol aria-label={t("offers.all")}>
                {x.candidates.map((c) => (
                  <Row key={c.id} of={c} all={x.candidates} />
                ))}
              </ol>
            )}
          </Plate>
        </>
      )}
    </Loaded>
  );
}

/** The tariff a session would be bound to, in the driver's words. */
function Winner({ of: x }: { of: Explanation }) {
  const t = useT();
  const { details } = useSentence(x.tariff?.id ?? "", x.tariff?.version);
  if (!x.tariff) return <Note>{t("offers.held")}</Note>;
  return (
    <div aria-live="polite">
      <p className="text-[16px] leading-6">{x.sentence}</p>
      <p className="t2">
        <A className="lk" href={`/tariffs/${seg(x.tariff.id)}?version=${seg(x.tariff.version)}`}>
          {t("sessions.tariff", { id: x.tariff.id })}
        </A>
        {", "}
        {t("offers.itsVersion", { version: x.tariff.version.slice(0, 8) })}
      </p>
      {details.join(", ") !== x.sentence && (
        <ul className="t2 text-sm mt-1">
          {details.map((d) => (
            <li key={d}>{d}</li>
          ))}
        </ul>
      )}
    </div>
  );
}

/** An offer, and why it holds or does not. */
function Row({ of: c, all }: { of: Candidate; all: readonly Candidate[] }) {
  const t = useT();
  const audience = useAudience();
  const period = usePeriod();
  const wins = c.reason === "wins";
  return (
    <li className="grid gap-x-4 gap-y-1 border-t border-line py-2 md:grid-cols-[minmax(0,1fr)_minmax(0,1fr)]">
      <div className="min-w-0">
        <p className="flex items-center gap-2">
          <Icon name={wins ? "ok" : "no"} size={14} className={wins ? "te" : "t3"} />
          <A className="lk font-semi break-words py-0.5" href={`/tariffs/${seg(c.tariff_id)}`}>
            {c.tariff_id}
          </A>
        </p>
        <p className="t2 text-sm pl-[22px]">
          {t(`tariffs.kind.${c.kind}`)}
          {c.kind !== "tenant" && (
            <>
              {" "}
              <Place of={c} />
            </>
          )}
          , {audience(c)}, {period(c)}
        </p>
      </div>
      <p className={`pl-[22px] md:pl-0 ${wins ? "font-semi" : "t2"}`}>{wins ? because(t, all) : reason(t, c)}</p>
    </li>
  );
}

/** By what the winner wins: why the next does not, if it counts at all. */
function because(t: ReturnType<typeof useT>, all: readonly Candidate[]): string {
  const key = `offers.because.${all[1]?.reason}`;
  return t(has(key) ? key : "offers.because.only");
}

/** Why an offer does not hold; a reason that is new to this page as the server spells it. */
function reason(t: ReturnType<typeof useT>, c: Candidate): string {
  const key = `offers.reason.${c.reason}`;
  const when = { from: moment(c.from), until: moment(c.until) };
  if (c.reason === "other_audience") return t(`offers.only.${c.audience}`, { group: c.group_id });
  return has(key) ? t(key, when) : c.reason.replaceAll("_", " ");
}
