import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { get, type Page, put, seg } from "#shared/api/client";
import { useMe } from "#shared/api/me";
import { type Amount, day, kwh, moment, money } from "#shared/format";
import { useT } from "#shared/i18n";
import { A, useParams } from "#shared/nav";
import { Button, ButtonLink, Dialog, Empty, Loaded, Pair, Pairs, Plate, Plates } from "#shared/parts";
import { Buyer } from "./people/buyer";
import { DriverForm } from "./people/driver-form";
import { TokenForm } from "./people/token-form";
import type { Driver as Row, Token } from "./people/types";

interface Session {
  id: string;
  station_id: string;
  evse_id: number;
  started_at: string | null;
  energy_wh: number;
  cost: Amount | null;
}

/** A driver: who they are to us, their tokens, their latest sessions. */
export default function Driver() {
  const t = useT();
  const me = useMe();
  const { id = "" } = useParams({ strict: false }) as { id?: string };
  const cache = useQueryClient();
  const q = useQuery({
    queryKey: ["/drivers", id],
    queryFn: ({ signal }) => get<Row>(`/drivers/${seg(id)}`, {}, signal),
  });
  const [editing, setEditing] = useState(false);
  return (
    <Loaded of={q}>
      {(d) => (
        <Plates className="grid-cols-1 md:grid-cols-2">
          <Plate className="col-span-full">
            <h1>{d.name || t("drivers.unnamed")}</h1>
            <p className="t3 mono text-xs">{d.id}</p>
          </Plate>
          <Plate
            title={t("drivers.about")}
            actions={me.may("drivers") && <Button onClick={() => setEditing(true)}>{t("drivers.edit")}</Button>}
          >
            <Pairs>
              <Pair name={t("drivers.email")}>{d.email || "–"}</Pair>
              <Pair name={t("drivers.phone")}>{d.phone || "–"}</Pair>
              <Pair name={t("drivers.language")}>{d.language || "–"}</Pair>
              <Pair name={t("drivers.since")}>{day(d.created_at)}</Pair>
              <Pair name={t("drivers.sessions")}>{d.sessions}</Pair>
            </Pairs>
          </Plate>
          <Buyer id={id} />
          <Tokens id={id} />
          <Sessions tokensOf={id} />
          {editing && (
            <Dialog title={t("drivers.edit")} open onClose={() => setEditing(false)}>
              <DriverForm
                driver={d}
                deed={t("drivers.save")}
                save={async (v) => {
                  cache.setQueryData(["/drivers", id], await put<Row>(`/drivers/${seg(id)}`, v));
                  await cache.invalidateQueries({ queryKey: ["/drivers"] });
                  setEditing(false);
                }}
              />
            </Dialog>
          )}
        </Plates>
      )}
    </Loaded>
  );
}

function Tokens({ id }: { id: string }) {
  const t = useT();
  const me = useMe();
  const cache = useQueryClient();
  const [adding, setAdding] = useState(false);
  const q = useQuery({
    queryKey: ["/tokens", "of", id],
    queryFn: ({ signal }) => get<Page<Token>>("/tokens", { driver: id, limit: 100 }, signal),
  });
  return (
    <Plate
      className="col-span-full"
      title={t("page.tokens")}
      actions={me.may("drivers") && <Button onClick={() => setAdding(true)}>{t("tokens.add")}</Button>}
    >
      <Loaded of={q}>
        {(d) =>
          d.items.length === 0 ? (
            <Empty why={t("drivers.noTokens")} />
          ) : (
            <ul>
              {d.items.map((x) => (
                <li key={x.uid} className="flex gap-3 border-t border-line py-1">
                  <A className="lk mono grow" href={`/tokens?token=${encodeURIComponent(x.uid)}&driver=${seg(id)}`}>
                    {x.uid}
                  </A>
                  <span className="t2">{x.type}</span>
                  <span className={x.status === "blocked" ? "tw" : ""}>{t(`tokens.states.${x.status}`)}</span>
                </li>
              ))}
            </ul>
          )
        }
      </Loaded>
      {adding && (
        <Dialog title={t("tokens.add")} open onClose={() => setAdding(false)}>
          <TokenForm
            driver={id}
            onDone={() => {
              void cache.invalidateQueries({ queryKey: ["/tokens"] });
              void cache.invalidateQueries({ queryKey: ["/drivers"] });
              setAdding(false);
            }}
          />
        </Dialog>
      )}
    </Plate>
  );
}

function Sessions({ tokensOf }: { tokensOf: string }) {
  const t = useT();
  const q = useQuery({
    queryKey: ["/sessions", "of", tokensOf],
    queryFn: ({ signal }) => get<Page<Session>>("/sessions", { driver: tokensOf, limit: 20 }, signal),
  });
  return (
    <Plate
      title={t("drivers.latest")}
      className="col-span-full"
      actions={<ButtonLink href={`/sessions?driver=${seg(tokensOf)}`}>{t("drivers.all")}</ButtonLink>}
    >
      <Loaded of={q}>
        {(d) =>
          d.items.length === 0 ? (
            <Empty why={t("drivers.noSessions")} />
          ) : (
            <ul>
              {d.items.map((s) => (
                <li key={s.id} className="flex flex-wrap gap-x-4 border-t border-line py-1">
                  <A className="lk" href={`/sessions/${seg(s.id)}`}>
                    {moment(s.started_at ?? "")}
                  </A>
                  <span className="grow">
                    {s.station_id} {s.evse_id}
                  </span>
                  <span>{kwh(s.energy_wh)} kWh</span>
                  <span>{money(s.cost)}</span>
                </li>
              ))}
            </ul>
          )
        }
      </Loaded>
    </Plate>
  );
}
