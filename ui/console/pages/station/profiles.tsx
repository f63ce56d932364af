import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { get, seg } from "#shared/api/client";
import { useMe } from "#shared/api/me";
import { moment, num } from "#shared/format";
import { has, useT } from "#shared/i18n";
import { live } from "#shared/live";
import { Button, Chart, Empty, Legend, type Line, Loaded, Plate, useNow, ZoneNote } from "#shared/parts";
import type { TabProps } from "../station";
import { type ProfileItem, type Profiles, plannedOf, useProfiles } from "./profile";
import type { Bay } from "./types";

/** The charging profiles in force, and the limit they make, against what was measured. */
export default function ProfilesTab({ station, bays, zone, ask }: TabProps) {
  const t = useT();
  const me = useMe();
  const q = useProfiles(station.id);
  return (
    <>
      <Plate
        title={t("station.profilesTitle")}
        note={<ZoneNote zone={zone} />}
        actions={
          me.may("stations") && (
            <span className="flex flex-wrap gap-1.5">
              <Button disabled={!station.connected} onClick={() => ask("set_charging_profile")}>
                {t("station.deed.limit")}
              </Button>
              <Button disabled={!station.connected} onClick={() => ask("clear_charging_profiles")}>
                {t("command.kind.clear_charging_profiles")}
              </Button>
              <Button disabled={!station.connected} onClick={() => ask("composite_schedule")}>
                {t("command.kind.composite_schedule")}
              </Button>
            </span>
          )
        }
      >
        <p className="t2">{t("station.profilesNote")}</p>
        <Loaded of={q}>
          {(d) =>
            d.items.length === 0 ? (
              <Empty why={t("station.noProfiles")} />
            ) : (
              <ul className="grid mt-2">
                {d.items.map((p) => (
                  <One
                    key={p.command_id + p.profile.id}
                    of={p}
                    zone={zone}
                    ask={me.may("stations") ? ask : undefined}
                  />
                ))}
              </ul>
            )
          }
        </Loaded>
      </Plate>
      {bays.map((b) => (
        <Drawn key={b.evse_id} station={station.id} bay={b} zone={zone} profiles={q.data} />
      ))}
    </>
  );
}

const rate = (v: number | undefined, unit: string) =>
  v === undefined ? "–" : unit === "A" ? `${num(v / 10, 1)} A` : `${num(v / 10_000, 1)} kW`;

/** The periods of a profile in words: "11.0 kW, from 30 min 7.4 kW". */
function periods(p: ProfileItem["profile"], t: ReturnType<typeof useT>): string {
  const shown = p.periods.slice(0, 6).map((x) => {
    const r = rate(x.limit?.value, p.unit) + (x.phases ? ` ${t("station.phases", { count: x.phases })}` : "");
    return x.start_s === 0 ? r : t("station.fromThen", { min: num(x.start_s / 60), rate: r });
  });
  return shown.join(", ") + (p.periods.length > 6 ? ` +${p.periods.length - 6}` : "");
}

function One({ of: i, zone, ask }: { of: ProfileItem; zone: string; ask?: TabProps["ask"] }) {
  const t = useT();
  const p = i.profile;
  const purpose = has(`command.option.${p.purpose}`) ? t(`command.option.${p.purpose}`) : p.purpose;
  return (
    <li className="border-t border-line -mx-4 px-4 py-2 flex flex-wrap gap-x-4 gap-y-1 items-baseline">
      <b>{i.evse_id ? `EVSE ${i.evse_id}` : t("command.whole")}</b>
      <span className="tp font-semi">{periods(p, t)}</span>
      <span className="t2">
        {purpose}, {t("station.stack", { n: p.stack_level })}, {t("station.profileId", { id: p.id })}
      </span>
      <span className="t2">
        {p.start && t("station.from", { at: moment(p.start, zone) })}{" "}
        {p.start && p.duration_s
          ? t("station.until", { at: moment(new Date(p.start).getTime() + p.duration_s * 1000, zone) })
          : p.valid_to
            ? t("station.until", { at: moment(p.valid_to, zone) })
            : t("station.noEnd")}
      </span>
      <span className="t3 text-sm">{t("station.acceptedAt", { at: moment(i.accepted_at, zone) })}</span>
      <span className="sp" />
      {ask && (
        <Button
          small
          aria-label={t("station.clearProfile", { id: p.id })}
          onClick={() => ask("clear_charging_profiles", undefined, { id: p.id })}
        >
          {t("station.clear")}
        </Button>
      )}
    </li>
  );
}

function Drawn({ station, bay, zone, profiles }: { station: string; bay: Bay; zone: string; profiles?: Profiles }) {
  const t = useT();
  const now = useNow(60_000);
  const q = useQuery(
    live(
      [`station:${station}`],
      {
        queryKey: ["/stations", station, "power", bay.evse_id, 6],
        queryFn: ({ signal }: { signal: AbortSignal }) =>
          get<{ power: [number, number | null][]; limit: [number, number | null][] }>(
            `/stations/${seg(station)}/power`,
            { evse: bay.evse_id, hours: 6 },
            signal,
          ),
      },
      10_000,
    ),
  );
  const lines = useMemo<Line[]>(() => {
    const kw = (s: readonly [number, number | null][]) => s.map(([a, w]) => [a, w === null ? null : w / 1000] as const);
    const plan = plannedOf(profiles, bay.evse_id, now, now + 24 * 3_600_000);
    const out: Line[] = [{ kind: "area", label: t("station.measured"), points: kw(q.data?.power ?? []) }];
    if (q.data?.limit.length) out.push({ kind: "limit", label: t("station.limitInForce"), points: kw(q.data.limit) });
    if (plan.length) out.push({ kind: "plan", label: t("station.planned"), points: kw(plan), stepped: true });
    return out;
  }, [q.data, profiles, bay.evse_id, now, t]);
  return (
    <Plate title={t("station.planChart", { evse: bay.evse_id })} note={<Legend lines={lines} />}>
      <Chart
        lines={lines}
        label={t("station.planChart", { evse: bay.evse_id })}
        unit="kW"
        zone={zone}
        height={170}
        from={now - 6 * 3_600_000}
        to={now + 24 * 3_600_000}
        now={now}
        decimals={1}
        top={(bay.max_power_w || 0) / 1000}
      />
    </Plate>
  );
}
