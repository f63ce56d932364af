import { useQuery } from "@tanstack/react-query";
import { get, seg } from "#shared/api/client";
import { useMe } from "#shared/api/me";
import { kwh, moment, money, span } from "#shared/format";
import { useT } from "#shared/i18n";
import { live } from "#shared/live";
import { A, useParams } from "#shared/nav";
import { Facts, Loaded, Plate, Plates, useNow, ZoneNote } from "#shared/parts";
import { lasting, tokenHint } from "./sessions/logic";
import { SessionMark, Strange } from "./sessions/words";
import { MoneyDeeds, PlaceDeeds, TokenDeeds } from "./support/deeds";
import { Trail } from "./support/trail";
import type { Case } from "./support/types";

/** What happened in a session, and what can be done about it now. */
export default function SupportCase() {
  const { id = "" } = useParams({ strict: false }) as { id?: string };
  const q = useQuery(
    live([`session:${id}`], {
      queryKey: ["/support", "case", id],
      queryFn: ({ signal }: { signal: AbortSignal }) => get<Case>(`/support/cases/${seg(id)}`, {}, signal),
    }),
  );
  return <Loaded of={q}>{(c) => <One of={c} />}</Loaded>;
}

function One({ of: c }: { of: Case }) {
  const t = useT();
  const me = useMe();
  const s = c.session;
  return (
    <Plates className="grid-cols-1 lg:grid-cols-[minmax(0,1fr)_412px]">
      <Plate className="col-span-full">
        <div className="flex flex-wrap items-center gap-x-4 gap-y-1">
          <h1>
            {s.station_id} EVSE {s.evse_id}
          </h1>
          <SessionMark of={s} />
          <Strange of={s} />
        </div>
        <About of={c} />
      </Plate>
      <Plate title={t("desk.happened")}>
        <Trail of={c} />
      </Plate>
      <div className="flex flex-col gap-px bg-line min-w-0 [&>:last-child]:grow">
        {c.evse && me.may("desk") && (
          <Plate title={t("desk.charger")}>
            <PlaceDeeds at={c.evse} session={s.id} open={s.state !== "closed"} />
          </Plate>
        )}
        <Plate title={t("desk.giveBack")}>
          <MoneyDeeds of={c} />
        </Plate>
        {c.token && (
          <Plate title={t("desk.token")}>
            <TokenDeeds of={c} />
          </Plate>
        )}
        <Plate title={t("desk.elsewhere")}>
          <ul className="grid gap-2">
            <li>
              <A className="lk" href={`/sessions/${seg(s.id)}`}>
                {t("desk.toSession")}
              </A>
            </li>
            {c.documents.map((d) => (
              <li key={d.id}>
                <A className="lk" href={`/documents/${seg(d.id)}`}>
                  {`${t(`docs.kind.${d.kind}`)} ${d.number}`}
                </A>{" "}
                <span className="t2">{money(d.gross)}</span>
              </li>
            ))}
          </ul>
        </Plate>
      </div>
    </Plates>
  );
}

function About({ of: c }: { of: Case }) {
  const t = useT();
  const now = useNow(1_000);
  const s = c.session;
  const who = c.driver ? (
    <A key="d" className="lk" href={`/drivers/${seg(c.driver.id)}`}>
      {c.driver.name || t("drivers.unnamed")}
    </A>
  ) : c.guest ? (
    t("sessions.guest")
  ) : (
    "–"
  );
  return (
    <div className="mt-1 grid gap-1">
      <Facts
        items={[
          [t("sessions.site"), s.site_name || s.site_id],
          [t("sessions.driver"), who],
          (c.driver?.phone ?? "") !== "" && [t("drivers.phone"), c.driver?.phone ?? ""],
          [t("sessions.token"), s.id_tag ? tokenHint(s.id_tag) : "–"],
          [t("sessions.startedAt"), moment(s.started_at ?? s.created_at, c.time_zone || undefined)],
          [t("sessions.duration"), span(lasting(s, now))],
          [t("desk.energy"), `${kwh(s.energy_wh)} kWh`],
          s.cost !== null && [t("desk.cost"), money(s.cost)],
        ]}
      />
      <p className="t3 text-sm">
        <ZoneNote zone={c.time_zone || "UTC"} />
      </p>
    </div>
  );
}
