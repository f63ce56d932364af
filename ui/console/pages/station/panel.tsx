import { useQuery } from "@tanstack/react-query";
import { get, seg } from "#shared/api/client";
import { useMe } from "#shared/api/me";
import { kw, moment } from "#shared/format";
import { useT } from "#shared/i18n";
import { live } from "#shared/live";
import { A } from "#shared/nav";
import { ButtonLink, Loaded, Pair, Pairs, Rule, SidePanel, Stale, StateMark } from "#shared/parts";
import { faultTodo, faultWords, ownWords } from "./faults";
import { type Live, type Station, shownState } from "./types";

/** A station beside the list: how it does, its EVSEs, the way to its page. */
export function StationPanel({ id, onClose }: { id: string; onClose: () => void }) {
  const t = useT();
  const me = useMe();
  const q = useStation(id);
  const now = useLive(id);
  const href = `/stations/${seg(id)}`;
  return (
    <SidePanel
      title={id}
      onClose={onClose}
      footer={
        <>
          <ButtonLink kind="primary" href={href}>
            {t("stations.open")}
          </ButtonLink>
          <ButtonLink href={`${href}?tab=log`}>{t("station.tab.log")}</ButtonLink>
          {me.may("stations") && <ButtonLink href={`${href}?tab=config`}>{t("station.tab.config")}</ButtonLink>}
        </>
      }
    >
      <Loaded of={q}>
        {(s) => (
          <>
            <p>
              <StateMark state={shownState(s)} />
            </p>
            {s.error && s.connected && (
              <p className="mt-2">
                <b className="tf">{faultWords(s.error.code, t)}</b>
                <span className="block mono">
                  {ownWords({ error_code: s.error.code, vendor_error: s.error.vendor_code, info: s.error.info })}
                </span>
                <span className="block">{faultTodo(s.error.code, t)}</span>
              </p>
            )}
            <h3>{t("stations.evses")}</h3>
            <Loaded of={now}>
              {(l) => (
                <ul className="grid gap-2">
                  {l.evses.length === 0 && <li className="t3">{t("station.noEvses")}</li>}
                  {l.evses.map((b) => (
                    <li key={b.evse_id}>
                      <div className="flex gap-2 items-center">
                        <A href={`${href}?evse=${b.evse_id}`} className="font-semi">
                          EVSE {b.evse_id}
                        </A>
                        <StateMark state={b.state} />
                        <span className="sp" />
                        {b.power_w !== null && (
                          <span>
                            <Stale at={b.power_at}>{kw(b.power_w)}</Stale> kW
                          </span>
                        )}
                      </div>
                      {b.max_power_w > 0 && (
                        <Rule
                          width={338}
                          value={b.power_w}
                          max={b.max_power_w}
                          limit={b.limit_w}
                          label={t("station.ruleLabel", { power: kw(b.power_w), max: kw(b.max_power_w) })}
                        />
                      )}
                    </li>
                  ))}
                </ul>
              )}
            </Loaded>
            <h3>{t("station.facts")}</h3>
            <Pairs>
              <Pair name={t("stations.site")}>
                <A className="lk" href={`/sites/${seg(s.site_id)}`}>
                  {s.site_name || s.site_id}
                </A>
              </Pair>
              <Pair name={t("station.protocol")}>{s.protocol ? `OCPP ${s.protocol}` : "–"}</Pair>
              <Pair name={t("stations.model")}>
                {[s.device?.vendor, s.device?.model].filter(Boolean).join(" ") || "–"}
              </Pair>
              <Pair name={t("station.serial")}>{s.device?.serial || "–"}</Pair>
              <Pair name={t("stations.firmware")}>{s.device?.firmware || "–"}</Pair>
              <Pair name={t(s.connected ? "station.connectedAt" : "station.lastSeen")}>
                {moment(s.connected ? s.connected_at : s.disconnected_at)}
              </Pair>
              <Pair name={t("station.bootAt")}>{moment(s.boot_at)}</Pair>
            </Pairs>
          </>
        )}
      </Loaded>
    </SidePanel>
  );
}

/** A station. Of 2.x its sessions say how its EVSEs do, so that they renew it too. */
export const useStation = (id: string) =>
  useQuery(
    live([`station:${id}`, "session"], {
      queryKey: ["/stations", id],
      queryFn: ({ signal }: { signal: AbortSignal }) => get<Station>(`/stations/${seg(id)}`, {}, signal),
    }),
  );

/** What the station measures now; renewed by it and by its sessions. */
export function useLive(id: string) {
  return useQuery(
    live([`station:${id}`, "session"], {
      queryKey: ["/stations", id, "live"],
      queryFn: ({ signal }: { signal: AbortSignal }) => get<Live>(`/stations/${seg(id)}/live`, {}, signal),
    }),
  );
}
