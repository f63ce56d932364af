import { useMemo } from "react";
import { seg } from "#shared/api/client";
import { kw, num, power, text } from "#shared/format";
import { useT } from "#shared/i18n";
import { A, useFilters } from "#shared/nav";
import { Empty, Plate, Rule, StateMark, stateOf, states, toneOf } from "#shared/parts";
import type { Overview } from "../../overview-data";

type Site = Overview["sites"][number];
type Evse = Site["evses"][number];

/** EVSEs as they stand: those of a station together. */
export function byStation(evses: readonly Evse[]): [string, Evse[]][] {
  const out = new Map<string, Evse[]>();
  for (const e of evses) out.set(e.station_id, [...(out.get(e.station_id) ?? []), e]);
  return [...out];
}

/** Pips of all EVSEs of a site, each a link to its station. */
export function Pips({ evses, only }: { evses: readonly Evse[]; only?: string }) {
  const t = useT();
  return (
    <div className="pips">
      {byStation(evses).map(([station, list]) => (
        <span key={station} className="sta">
          {list.map((e) => {
            const said = t("overview.pip", {
              station,
              evse: e.evse_id,
              state: t(`state.${stateOf(e.state)}`),
              power: text(power(e.power_w)),
            });
            return (
              <A
                key={e.evse_id}
                href={`/stations/${seg(station)}?evse=${e.evse_id}`}
                title={said}
                aria-label={said}
                className={`inline-grid place-items-center size-6 ${only && stateOf(e.state) !== only ? "opacity-25" : ""}`}
              >
                <StateMark state={e.state} size={13} pip />
              </A>
            );
          })}
        </span>
      ))}
    </div>
  );
}

/** Every EVSE by site; the legend's counts narrow the board to a state. */
export function Matrix({ o }: { o: Overview }) {
  const t = useT();
  const f = useFilters(["state", "site"]);
  const only = f.value.state;
  const within = (state: string) => {
    const q = new URLSearchParams({ ...(f.value.site && { site: f.value.site }), ...(state && { state }) }).toString();
    return q ? `/?${q}` : "/";
  };
  const counts = states.map((s) => [s, o.evses.by_state[s] ?? 0] as const).filter(([, n]) => n > 0);
  const sites = useMemo(
    () => o.sites.filter((s) => s.evses.length > 0 && (!only || s.evses.some((e) => stateOf(e.state) === only))),
    [o.sites, only],
  );
  return (
    <Plate
      title={t("overview.every")}
      note={t("overview.everyNote", { evses: num(o.evses.total), stations: num(o.stations.total) })}
    >
      {counts.length > 0 && (
        <ul className="flex flex-wrap gap-x-3 mb-1" aria-label={t("overview.byState")}>
          {counts.map(([s, n]) => (
            <li key={s}>
              <A
                href={within(only === s ? "" : s)}
                className={`inline-flex gap-1 text-sm no-underline leading-6 px-1 -mx-1 ${toneOf(s)} ${only === s ? "bg-plan-soft" : ""}`}
                aria-current={only === s ? "page" : undefined}
              >
                <b className="font-bold">{num(n)}</b>
                <StateMark state={s} size={13} />
              </A>
            </li>
          ))}
        </ul>
      )}
      {sites.length === 0 ? (
        only ? (
          <Empty why={t("overview.noneInState", { state: t(`state.${stateOf(only)}`) })}>
            <A className="lk" href={within("")}>
              {t("overview.showAll")}
            </A>
          </Empty>
        ) : (
          <Empty why={t("overview.noEvses")}>
            <A className="lk" href="/onboarding">
              {t("overview.addStation")}
            </A>
          </Empty>
        )
      ) : (
        <table className="plain">
          <thead>
            <tr>
              <th>{t("overview.site")}</th>
              <th>{t("overview.evses")}</th>
              <th className="n">{t("overview.kwNow")}</th>
              <th className="n hidden sm:table-cell">{t("overview.kwBuilt")}</th>
              <th className="hidden sm:table-cell pl-4!">{t("overview.share")}</th>
              <th className="hidden md:table-cell">
                <span className="vh">{t("overview.trouble")}</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {sites.map((s) => (
              <tr key={s.id}>
                <td className="max-w-[120px] sm:max-w-[200px] cut">
                  <A href={`/sites/${seg(s.id)}`}>{s.name}</A>
                </td>
                <td className="py-1!">
                  <Pips evses={s.evses} only={only} />
                </td>
                <td className="n">{kw(s.power_w)}</td>
                <td className="n t3 hidden sm:table-cell">{s.max_power_w > 0 ? kw(s.max_power_w) : "–"}</td>
                <td className="hidden sm:table-cell pl-4!">
                  {s.max_power_w > 0 && (
                    <Rule
                      value={s.power_w}
                      max={s.max_power_w}
                      label={t("overview.ofBuilt", {
                        power: text(power(s.power_w)),
                        built: text(power(s.max_power_w)),
                      })}
                    />
                  )}
                </td>
                <td className="hidden md:table-cell text-sm whitespace-nowrap">
                  <Trouble site={s} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {o.truncated && (
        <p className="t3 text-sm mt-2">
          {t("overview.truncated", { n: num(o.sites.length), all: num(o.sites_total) })}{" "}
          <A className="lk" href="/sites">
            {t("overview.allSites")}
          </A>
        </p>
      )}
    </Plate>
  );
}

function Trouble({ site }: { site: Site }) {
  const t = useT();
  const n = (s: string) => site.evses.filter((e) => stateOf(e.state) === s).length;
  const [faulted, offline] = [n("faulted"), n("offline")];
  return (
    <>
      {faulted > 0 && <b className="tf">{t("overview.faulted", { n: num(faulted) })}</b>}
      {faulted > 0 && offline > 0 && ", "}
      {offline > 0 && <b className="tw">{t("overview.offline", { n: num(offline) })}</b>}
    </>
  );
}
