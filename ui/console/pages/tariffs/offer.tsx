import { seg } from "#shared/api/client";
import { moment, ownZone } from "#shared/format";
import { useT } from "#shared/i18n";
import { A } from "#shared/nav";
import { useSites } from "../sessions/data";
import { type Assignment, spot } from "./logic";

/** The name of a place, with a link where it has a page. */
export function Place({ of }: { of: Assignment }) {
  const t = useT();
  const sites = useSites();
  if (of.kind === "tenant") return <>{t("tariffs.everywhere")}</>;
  if (of.kind === "site") {
    return (
      <A className="lk" href={`/sites/${seg(of.place)}`}>
        {sites.find((s) => s.id === of.place)?.name || of.place}
      </A>
    );
  }
  const { station, evse, connector } = spot(of);
  return (
    <A className="lk" href={`/stations/${seg(station)}${evse && `?evse=${seg(evse)}`}`}>
      {[station, evse && `EVSE ${evse}`, connector && t("offers.connectorN", { n: connector })]
        .filter(Boolean)
        .join(", ")}
    </A>
  );
}

/** To whom: "for guests". */
export function useAudience() {
  const t = useT();
  return (a: Pick<Assignment, "audience" | "group_id">) => t(`offers.for.${a.audience}`, { group: a.group_id });
}

/** For how long, in this browser's zone: "since 3 Nov, 06:00". */
export function usePeriod() {
  const t = useT();
  return ({ from, until, in_force }: Assignment) => {
    const words = { from: moment(from, ownZone()), until: moment(until, ownZone()) };
    if (from && until) return t("offers.period.between", words);
    if (until) return t("offers.period.until", words);
    return t(`offers.period.${!from ? "always" : in_force ? "since" : "from"}`, words);
  };
}
