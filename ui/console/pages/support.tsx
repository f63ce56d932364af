import { useQuery } from "@tanstack/react-query";
import { type FormEvent, type ReactNode, useEffect, useState } from "react";
import { get, seg } from "#shared/api/client";
import { kwh, moment, money } from "#shared/format";
import { useT } from "#shared/i18n";
import { A, useFilters } from "#shared/nav";
import { Button, Empty, Loaded, Plate, Plates, TextField, ZoneNote } from "#shared/parts";
import { useZone } from "./sessions/data";
import { instant, tokenHint } from "./sessions/logic";
import { SessionMark } from "./sessions/words";
import { PlaceDeeds } from "./support/deeds";
import "./support/desk.css";
import type { Found } from "./support/types";

/** Somebody calls: one field for whatever they can read out. */
export default function Support() {
  const t = useT();
  const f = useFilters(["q", "at", "site"]);
  const zone = useZone(f.value.site || undefined);
  const [text, setText] = useState(f.value.q);
  const [at, setAt] = useState(f.value.at);
  useEffect(() => setText(f.value.q), [f.value.q]);
  useEffect(() => setAt(f.value.at), [f.value.at]);
  const asked = f.value.q !== "" || f.value.at !== "";
  const send = (e: FormEvent) => {
    e.preventDefault();
    f.set({ q: text.trim(), at });
  };
  return (
    <Plates className="grid-cols-1">
      <Plate>
        <h1>{t("page.support")}</h1>
        <form className="mt-2 grid gap-3 max-w-3xl" role="search" onSubmit={send}>
          <div className="bigask">
            <TextField
              label={t("desk.ask.what")}
              help={t("desk.ask.help")}
              value={text}
              onChange={setText}
              type="search"
              autoFocus
              autoComplete="off"
              spellCheck={false}
              maxLength={100}
            />
          </div>
          <div className="flex flex-wrap items-end gap-3">
            <TextField label={t("desk.ask.when")} type="datetime-local" value={at} onChange={setAt} />
            <Button type="submit" kind="primary" icon="search" disabled={text.trim() === "" && at === ""}>
              {t("desk.ask.find")}
            </Button>
            <span className="t3 text-sm pb-1">
              <ZoneNote zone={zone} />
            </span>
          </div>
        </form>
      </Plate>
      {asked && <Results q={f.value.q} at={f.value.at ? instant(f.value.at, zone) : undefined} site={f.value.site} />}
    </Plates>
  );
}

function Results({ q, at, site }: { q: string; at?: string; site: string }) {
  const found = useQuery({
    queryKey: ["/support", "search", q, at ?? "", site],
    queryFn: ({ signal }) => get<Found>("/support/search", { q: q || undefined, at, site: site || undefined }, signal),
    retry: false,
  });
  return <Loaded of={found}>{(d) => <All of={d} />}</Loaded>;
}

function All({ of: d }: { of: Found }) {
  const t = useT();
  const none = [d.sessions, d.evses, d.drivers, d.documents, d.payments].every((x) => x.length === 0);
  if (none)
    return (
      <Plate>
        <Empty why={t("desk.none")}>
          <p className="t2">{t("desk.noneNext")}</p>
        </Empty>
      </Plate>
    );
  return (
    <>
      {d.evses.length > 0 && (
        <Plate title={t("desk.chargers")}>
          <ul className="grid gap-4">
            {d.evses.map((e) => (
              <li key={`${e.station_id} ${e.evse_id}`} className="grid gap-2">
                <p>
                  <A className="lk" href={`/stations/${seg(e.station_id)}`}>
                    {e.station_id}
                  </A>{" "}
                  EVSE {e.evse_id}
                  <span className="t2">{`, ${[e.number, e.contract_id, e.site_name].filter(Boolean).join(", ")}`}</span>
                </p>
                <PlaceDeeds at={e} />
              </li>
            ))}
          </ul>
        </Plate>
      )}
      <Sessions of={d} />
      <Others of={d} />
    </>
  );
}

function Sessions({ of: d }: { of: Found }) {
  const t = useT();
  const zone = useZone(d.sessions[0]?.session.site_id);
  return (
    <Plate title={t("page.sessions")} note={d.more_sessions ? t("desk.more") : undefined}>
      {d.sessions.length === 0 ? (
        <p className="t3">{t("desk.noSessions")}</p>
      ) : (
        <ul aria-label={t("page.sessions")}>
          {d.sessions.map(({ session: s, why }) => (
            <li key={s.id} className="border-t border-line first:border-0">
              <A
                href={`/support/${seg(s.id)}`}
                className="grid gap-x-4 py-2 hover:bg-well grid-cols-1 md:grid-cols-[150px_minmax(0,1fr)_150px_150px]"
              >
                <span className="lk">{moment(s.started_at ?? s.created_at, zone)}</span>
                <span className="min-w-0">
                  {s.station_id} EVSE {s.evse_id}, {s.site_name}
                  <span className="t3 text-sm block">{why.map((w) => t(`desk.why.${w}`)).join(", ")}</span>
                </span>
                <span className="t2">
                  {s.id_tag ? tokenHint(s.id_tag) : t("sessions.guest")}
                  <span className="block">
                    <SessionMark of={s} />
                  </span>
                </span>
                <span className="md:text-right">
                  {kwh(s.energy_wh)} kWh<span className="t2 block">{s.cost ? money(s.cost) : ""}</span>
                </span>
              </A>
            </li>
          ))}
        </ul>
      )}
    </Plate>
  );
}

function Others({ of: d }: { of: Found }) {
  const t = useT();
  return (
    <>
      {d.drivers.length > 0 && (
        <List title={t("page.drivers")} more={d.more_drivers}>
          {d.drivers.map((x) => (
            <Row key={x.id} href={`/drivers/${seg(x.id)}`} head={x.name || t("drivers.unnamed")}>
              {[x.email, x.phone].filter(Boolean).join(", ")}
            </Row>
          ))}
        </List>
      )}
      {d.documents.length > 0 && (
        <List title={t("page.documents")} more={d.more_documents}>
          {d.documents.map((x) => (
            <Row key={x.id} href={`/documents/${seg(x.id)}`} head={x.number}>
              {`${t(`docs.kind.${x.kind}`)}, ${moment(x.issued_at)}, ${money(x.gross)}`}
            </Row>
          ))}
        </List>
      )}
      {d.payments.length > 0 && (
        <List title={t("desk.payments")} more={d.more_payments}>
          {d.payments.map((x) => (
            <Row key={x.id} head={moment(x.created_at)}>
              {[
                t("desk.card", { last4: x.method.last4 }),
                money(x.captured.amount_minor > 0 ? x.captured : x.asked),
                t(`desk.paid.${x.status}`),
                x.decline?.text,
              ]
                .filter(Boolean)
                .join(", ")}
            </Row>
          ))}
        </List>
      )}
    </>
  );
}

function List({ title, more, children }: { title: string; more: boolean; children: ReactNode }) {
  const t = useT();
  return (
    <Plate title={title} note={more ? t("desk.more") : undefined}>
      <ul aria-label={title}>{children}</ul>
    </Plate>
  );
}

function Row({ href, head, children }: { href?: string; head: string; children: ReactNode }) {
  return (
    <li className="flex flex-wrap gap-x-4 border-t border-line first:border-0 py-1">
      {href ? (
        <A className="lk min-w-[150px]" href={href}>
          {head}
        </A>
      ) : (
        <span className="min-w-[150px]">{head}</span>
      )}
      <span className="t2">{children}</span>
    </li>
  );
}
