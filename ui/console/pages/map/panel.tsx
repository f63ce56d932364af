import { seg } from "#shared/api/client";
import { kw, num, power, text } from "#shared/format";
import { useT } from "#shared/i18n";
import { A } from "#shared/nav";
import { ButtonLink, Empty, Figure, Loaded, Rule, SidePanel, Stale, StateMark } from "#shared/parts";
import { useOverview } from "../../overview-data";
import { byStation } from "../overview/matrix";

/** A site beside the map: its power and every EVSE. */
export function Panel({ id, name, onClose }: { id: string; name: string; onClose: () => void }) {
  const t = useT();
  const q = useOverview(id);
  return (
    <SidePanel
      title={name}
      onClose={onClose}
      footer={
        <>
          <ButtonLink kind="primary" href={`/sites/${seg(id)}`}>
            {t("map.openSite")}
          </ButtonLink>
          <ButtonLink href={`/stations?site=${seg(id)}`}>{t("map.stations")}</ButtonLink>
          <ButtonLink href={`/sessions?site=${seg(id)}&state=open`}>{t("map.sessions")}</ButtonLink>
        </>
      }
    >
      <Loaded of={q}>
        {(o) => {
          const s = o.sites[0];
          if (!s || s.evses.length === 0) return <Empty why={t("map.noEvses")} />;
          return (
            <>
              <Figure
                label={t("overview.powerNow")}
                value={power(s.power_w)}
                note={s.max_power_w > 0 ? t("overview.ofBuilt", ofBuilt(s)) : undefined}
              />
              {s.max_power_w > 0 && (
                <Rule
                  size="plate"
                  width={338}
                  value={s.power_w}
                  max={s.max_power_w}
                  label={t("overview.ofBuilt", ofBuilt(s))}
                />
              )}
              <h3>{t("map.evses", { count: o.evses.total, n: num(o.evses.total) })}</h3>
              <table className="plain">
                <thead>
                  <tr>
                    <th>EVSE</th>
                    <th>{t("map.state")}</th>
                    <th className="n">kW</th>
                  </tr>
                </thead>
                <tbody>
                  {byStation(s.evses).flatMap(([station, list]) =>
                    list.map((e) => (
                      <tr key={`${station} ${e.evse_id}`}>
                        <td>
                          <A href={`/stations/${seg(station)}?evse=${e.evse_id}`}>
                            {t("overview.at", { station, evse: e.evse_id })}
                          </A>
                        </td>
                        <td>
                          <StateMark state={e.state} size={14} />
                        </td>
                        <td className="n">
                          <Stale at={o.at}>{kw(e.power_w)}</Stale>
                        </td>
                      </tr>
                    )),
                  )}
                </tbody>
              </table>
            </>
          );
        }}
      </Loaded>
    </SidePanel>
  );
}

const ofBuilt = (s: { power_w: number; max_power_w: number }) => ({
  power: text(power(s.power_w)),
  built: text(power(s.max_power_w)),
});
