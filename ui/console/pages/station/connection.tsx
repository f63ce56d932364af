import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { get, type Page, put, seg } from "#shared/api/client";
import { useMe } from "#shared/api/me";
import { between, duration, moment } from "#shared/format";
import { useT } from "#shared/i18n";
import { live } from "#shared/live";
import {
  Button,
  ConfirmByConsequence,
  Empty,
  Loaded,
  Note,
  Pair,
  Pairs,
  Plate,
  ProblemBox,
  Radios,
  Wide,
  ZoneNote,
} from "#shared/parts";
import { useDeed } from "../admin/form";
import { Secret } from "../admin/secret";
import { randomPassword } from "../setup/random";
import type { TabProps } from "../station";

interface Connection {
  epoch: number;
  remote: string;
  protocol: string;
  security_profile: number;
  opened_at: string;
  closed_at: string | null;
  reason: string;
}

/** How a station connects: by which profile and password, and the connections it had. */
export default function ConnectionTab(p: TabProps) {
  const t = useT();
  const me = useMe();
  const { station } = p;
  return (
    <>
      <div className="grid gap-px md:grid-cols-2">
        <Plate title={t("station.howConnects")}>
          <Pairs>
            <Pair name={t("onboard.url")}>
              <span className="mono break-all">
                {`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ocpp/${seg(station.id)}`}
              </span>
            </Pair>
            <Pair name={t("station.security")}>{t(`station.profile.${station.security_profile}`)}</Pair>
            <Pair name={t("onboard.password")}>
              {t(station.has_password ? "station.passwordSet" : "station.passwordNone")}
            </Pair>
            <Pair name={t("station.onboarding")}>{t(`stations.onboarding.${station.onboarding}`)}</Pair>
          </Pairs>
          {me.may("stations") && <Onboarding station={station} />}
        </Plate>
        {me.may("stations") && (
          <Plate title={t("station.changeAccess")}>
            <Access {...p} />
          </Plate>
        )}
      </div>
      <History {...p} />
    </>
  );
}

function Onboarding({ station }: Pick<TabProps, "station">) {
  const t = useT();
  const cache = useQueryClient();
  const [asking, setAsking] = useState(false);
  const next = station.onboarding === "accepted" ? "rejected" : "accepted";
  return (
    <p className="mt-3">
      <Button kind={next === "rejected" ? "danger" : "normal"} onClick={() => setAsking(true)}>
        {t(`station.turn.${next}`)}
      </Button>
      <ConfirmByConsequence
        title={t(`station.turn.${next}`)}
        open={asking}
        onClose={() => setAsking(false)}
        consequence={t(`station.turnThen.${next}`)}
        deed={t(`station.turn.${next}`)}
        act={async () => {
          await put(`/stations/${seg(station.id)}`, { onboarding: next });
          await cache.invalidateQueries({ queryKey: ["/stations"] });
        }}
      />
    </p>
  );
}

/** Security profile and password, each changed by its consequence. */
function Access({ station, ask }: TabProps) {
  const t = useT();
  const cache = useQueryClient();
  const deed = useDeed();
  const [profile, setProfile] = useState(String(station.security_profile));
  const [made, setMade] = useState("");
  const [renewing, setRenewing] = useState(false);
  const [changing, setChanging] = useState(false);
  const renew = () => cache.invalidateQueries({ queryKey: ["/stations", station.id] });
  const key = station.protocol === "1.6" ? "AuthorizationKey" : "BasicAuthPassword";
  return (
    <div className="grid gap-3">
      <Radios
        label={t("onboard.security")}
        value={profile}
        onChange={setProfile}
        options={["0", "1", "2", "3"].map((x) => ({ value: x, label: t(`onboard.profile.${x}`) }))}
      />
      {deed.failed !== null && <ProblemBox error={deed.failed} />}
      <p className="flex flex-wrap gap-2">
        <Button disabled={profile === String(station.security_profile)} onClick={() => setChanging(true)}>
          {t("station.setProfile")}
        </Button>
        <Button onClick={() => setRenewing(true)}>{t("station.newPassword")}</Button>
      </p>
      {made && (
        <>
          <Secret text={made} note={t("onboard.once")} />
          {station.connected && (
            <p>
              <Button
                onClick={() =>
                  ask("set_settings", undefined, {
                    values: [
                      station.protocol === "1.6"
                        ? { variable: key, value: made }
                        : { component: "SecurityCtrlr", variable: key, value: made },
                    ],
                  })
                }
              >
                {t("station.sendPassword")}
              </Button>
            </p>
          )}
          <Note>{t("station.passwordNext")}</Note>
        </>
      )}
      <ConfirmByConsequence
        title={t("station.setProfile")}
        open={changing}
        onClose={() => setChanging(false)}
        consequence={t("station.profileThen", { profile: t(`station.profile.${profile}`) })}
        deed={t("station.setProfile")}
        act={async () => {
          await put(`/stations/${seg(station.id)}`, { security_profile: Number(profile) });
          await renew();
        }}
      />
      <ConfirmByConsequence
        title={t("station.newPassword")}
        open={renewing}
        onClose={() => setRenewing(false)}
        consequence={t("station.passwordThen")}
        deed={t("station.newPassword")}
        act={async () => {
          const password = randomPassword();
          await put(`/stations/${seg(station.id)}`, { password });
          setMade(password);
          await renew();
        }}
      />
    </div>
  );
}

function History({ station, zone }: TabProps) {
  const t = useT();
  const [limit, setLimit] = useState(50);
  const q = useQuery(
    live([`station:${station.id}`], {
      queryKey: ["/stations", station.id, "connections", limit],
      queryFn: ({ signal }: { signal: AbortSignal }) =>
        get<Page<Connection>>(`/stations/${seg(station.id)}/connections`, { limit }, signal),
      placeholderData: (old: Page<Connection> | undefined) => old,
    }),
  );
  return (
    <Plate title={t("station.connections")} note={<ZoneNote zone={zone} />}>
      <Loaded of={q}>
        {(d) =>
          d.items.length === 0 ? (
            <Empty why={t("station.noConnections")}>
              <p className="t3">{t("station.noConnectionsNext")}</p>
            </Empty>
          ) : (
            <Wide label={t("station.connections")}>
              <table className="plain">
                <thead>
                  <tr>
                    {(["opened", "lasted", "protocol", "security", "remote", "ended"] as const).map((h) => (
                      <th key={h} scope="col">
                        {t(`station.conn.${h}`)}
                      </th>
                    ))}
                  </tr>
                </thead>
                <tbody>
                  {d.items.map((c) => (
                    <tr key={c.epoch}>
                      <td className="whitespace-nowrap">{moment(c.opened_at, zone)}</td>
                      <td className="whitespace-nowrap">{duration(between(c.opened_at, c.closed_at ?? new Date()))}</td>
                      <td className="whitespace-nowrap">OCPP {c.protocol}</td>
                      <td>{c.security_profile}</td>
                      <td className="mono">{c.remote}</td>
                      <td>
                        {c.closed_at ? c.reason || t("station.noReason") : <b className="te">{t("station.openNow")}</b>}
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
              {d.next && limit < 200 && (
                <button type="button" className="lk mt-2" onClick={() => setLimit(200)}>
                  {t("station.older")}
                </button>
              )}
            </Wide>
          )
        }
      </Loaded>
    </Plate>
  );
}
