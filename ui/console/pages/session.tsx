import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense, useEffect, useMemo, useState } from "react";
import { get, seg } from "#shared/api/client";
import { useMe } from "#shared/api/me";
import { moment, span } from "#shared/format";
import { useT } from "#shared/i18n";
import { A, useFilters, useLocation, useParams } from "#shared/nav";
import {
  Button,
  Facts,
  Loaded,
  type PaletteEntry,
  Plate,
  Plates,
  Tabs,
  useNow,
  usePaletteEntries,
  ZoneNote,
} from "#shared/parts";
import { EnergyChart, Events, PowerChart, PriceChart } from "./sessions/course";
import { useCourse, useSession, useZone } from "./sessions/data";
import { CloseDialog, ReviewForm, StopDialog } from "./sessions/deeds";
import { EvidenceFacts, RawMessages, Readings } from "./sessions/evidence";
import { lasting, replayFile, tokenHint } from "./sessions/logic";
import { Two } from "./sessions/panel";
import { PriceLines, PriceShown } from "./sessions/price";
import type { Session } from "./sessions/types";
import { reasonText, SessionMark, Strange } from "./sessions/words";

const Receipt = lazy(() => import("./sessions/receipt"));

/** A session: how it went, what it costs and why, and what proves it. */
export default function SessionPage() {
  const { id = "" } = useParams({ strict: false }) as { id?: string };
  const q = useSession(id);
  return <Loaded of={q}>{(s) => <One key={s.id} of={s} />}</Loaded>;
}

function One({ of: s }: { of: Session }) {
  const t = useT();
  const me = useMe();
  const f = useFilters(["tab"]);
  const zone = useZone(s.site_id);
  const [asking, setAsking] = useState<"stop" | "close" | "">("");
  const open = s.state !== "closed";
  const books = me.may("books");
  const may = me.may("stations");
  const tab = f.value.tab === "evidence" || (f.value.tab === "receipt" && books) ? f.value.tab : "course";
  const here = `/sessions/${seg(s.id)}`;
  usePaletteEntries(
    "session",
    useMemo<PaletteEntry[]>(
      () =>
        open && may
          ? [
              { id: "stop", group: s.station_id, label: t("sessions.stopDeed"), act: () => setAsking("stop") },
              { id: "close", group: s.station_id, label: t("sessions.closeAsk"), act: () => setAsking("close") },
            ]
          : [],
      [open, s.station_id, t, may],
    ),
  );
  const { hash } = useLocation();
  useEffect(() => {
    if (hash.replace("#", "") === "review") document.getElementById("review")?.scrollIntoView();
  }, [hash]);
  return (
    <>
      <Plates className="grid-cols-1 lg:grid-cols-[minmax(0,1fr)_412px]">
        <Plate className="col-span-full noprint">
          <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
            <h1>
              <A href={`/stations/${seg(s.station_id)}`} className="lk">
                {s.station_id}
              </A>{" "}
              EVSE {s.evse_id}
            </h1>
            <SessionMark of={s} />
            <Strange of={s} />
            <span className="sp" />
            {open && may && (
              <>
                <Button onClick={() => setAsking("close")}>{t("sessions.closeAsk")}</Button>
                <Button kind="danger" onClick={() => setAsking("stop")}>
                  {t("sessions.stopAsk")}
                </Button>
              </>
            )}
          </div>
          <SessionFacts of={s} zone={zone} />
          <div className="mt-2 -mb-3 -mx-4">
            <Tabs
              label={t("sessions.views")}
              current={tab}
              tabs={[
                { id: "course", label: t("sessions.course"), href: here },
                { id: "evidence", label: t("sessions.evidence"), href: `${here}?tab=evidence` },
                ...(books ? [{ id: "receipt", label: t("sessions.receipt"), href: `${here}?tab=receipt` }] : []),
              ]}
            />
          </div>
        </Plate>
        {tab === "course" && <CourseTab of={s} zone={zone} />}
        {tab === "evidence" && <EvidenceTab of={s} zone={zone} />}
        {tab === "receipt" && (
          <Suspense fallback={<Plate className="col-span-full">{t("parts.loading")}</Plate>}>
            <Receipt of={s} />
          </Suspense>
        )}
      </Plates>
      {asking === "stop" && <StopDialog of={s} zone={zone} onClose={() => setAsking("")} />}
      {asking === "close" && <CloseDialog sessions={[s]} onClose={() => setAsking("")} />}
    </>
  );
}

function SessionFacts({ of: s, zone }: { of: Session; zone: string }) {
  const t = useT();
  const me = useMe();
  const now = useNow(1_000);
  const driver = useQuery({
    queryKey: ["/drivers", s.driver_id ?? ""],
    queryFn: ({ signal }) => get<{ name: string }>(`/drivers/${seg(s.driver_id ?? "")}`, {}, signal),
    enabled: s.driver_id !== null && me.may("people"),
    retry: false,
  }).data;
  return (
    <div className="mt-1 grid gap-1">
      <Facts
        items={[
          [
            t("sessions.site"),
            <A key="s" className="lk" href={`/sites/${seg(s.site_id)}`}>
              {s.site_name || s.site_id}
            </A>,
          ],
          [t("sessions.startedAt"), moment(s.started_at ?? s.created_at, zone)],
          s.state === "closed" && [t("sessions.ended"), moment(s.stopped_at, zone)],
          [t("sessions.duration"), span(lasting(s, now))],
          s.stop_reason !== "" && [t("sessions.why"), reasonText(t, s.stop_reason)],
          [
            t("sessions.token"),
            s.id_tag ? `${tokenHint(s.id_tag)}${s.id_tag_type ? `, ${s.id_tag_type}` : ""}` : t("sessions.guest"),
          ],
          driver !== undefined &&
            s.driver_id !== null && [
              t("sessions.driver"),
              <A key="d" className="lk" href={`/drivers/${seg(s.driver_id)}`}>
                {driver.name || t("sessions.unnamed")}
              </A>,
            ],
          ["OCPP", s.protocol || "–"],
          [
            t("sessions.transaction"),
            <span key="t" className="mono break-all">
              {s.transaction_id}
            </span>,
          ],
        ]}
      />
      <p className="t3 text-sm">
        <ZoneNote zone={zone} />
      </p>
    </div>
  );
}

function CourseTab({ of: s, zone }: { of: Session; zone: string }) {
  const t = useT();
  const me = useMe();
  const q = useCourse(s);
  return (
    <>
      <div className="flex flex-col gap-px bg-line min-w-0 [&>:last-child]:grow">
        {s.held && (
          <div id="review">
            <Plate title={t("sessions.review")} tone="warned">
              {me.may("money") ? <ReviewForm of={s} /> : <p>{t("sessions.reviewOthers")}</p>}
            </Plate>
          </div>
        )}
        <Plate title={t("sessions.power")} note="kW">
          <Loaded of={q}>{(c) => <PowerChart of={s} course={c} zone={zone} height={240} />}</Loaded>
        </Plate>
        <Plate title={t("sessions.energySince")} note="kWh">
          <Loaded of={q}>{(c) => <EnergyChart of={s} course={c} zone={zone} />}</Loaded>
        </Plate>
        <Plate title={t("sessions.pricePerKwh")}>
          <Loaded of={q}>
            {(c) =>
              c.price.length === 0 ? (
                <p className="t3">{t("sessions.noTariff")}</p>
              ) : (
                <PriceChart of={s} course={c} zone={zone} currency={c.cost?.currency ?? ""} />
              )
            }
          </Loaded>
        </Plate>
      </div>
      <div className="flex flex-col gap-px bg-line min-w-0 [&>:last-child]:grow">
        <Plate>
          <Loaded of={q}>{(c) => <Two of={s} course={c} />}</Loaded>
        </Plate>
        <Plate title={t("sessions.price")}>
          <PriceLines of={s} zone={zone} />
        </Plate>
        <Plate title={t("sessions.shown.title")}>
          <PriceShown of={s} zone={zone} />
        </Plate>
        <Plate title={t("sessions.timeline")}>
          <Loaded of={q}>{(c) => <Events of={s} course={c} zone={zone} />}</Loaded>
        </Plate>
      </div>
    </>
  );
}

function EvidenceTab({ of: s, zone }: { of: Session; zone: string }) {
  const t = useT();
  const replay = () => {
    const url = URL.createObjectURL(new Blob([replayFile(s, Date.now())], { type: "text/csv" }));
    const a = document.createElement("a");
    a.href = url;
    a.download = `${s.id}.csv`;
    a.click();
    setTimeout(() => URL.revokeObjectURL(url), 10_000);
  };
  return (
    <>
      <Plate title={t("sessions.messages")} note={t("sessions.messagesNote")}>
        <RawMessages of={s} zone={zone} />
      </Plate>
      <div className="flex flex-col gap-px bg-line min-w-0 [&>:last-child]:grow">
        <Plate title={t("sessions.evidence")}>
          <EvidenceFacts of={s} zone={zone} />
        </Plate>
        <Plate title={t("sessions.readings")}>
          <Readings of={s} zone={zone} />
        </Plate>
        <Plate title={t("sessions.replay")}>
          <p className="t2 mb-2">{t("sessions.replayHelp")}</p>
          <p className="mono text-xs bg-well p-2 mb-2 break-all">{`chargewright simulate --sessions ${s.id}.csv`}</p>
          <p className="flex flex-wrap gap-2">
            <Button onClick={replay}>{t("sessions.replayFile")}</Button>
            <A
              className="lk self-center"
              href={`/log?station=${seg(s.station_id)}&q=${encodeURIComponent(s.transaction_id)}`}
            >
              {t("sessions.inLog")}
            </A>
          </p>
        </Plate>
      </div>
    </>
  );
}
