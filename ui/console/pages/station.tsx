import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense, useMemo } from "react";
import { get, type Page, seg } from "#shared/api/client";
import { useMe } from "#shared/api/me";
import { clock } from "#shared/format";
import { useT } from "#shared/i18n";
import { live } from "#shared/live";
import { A, useFilters, useParams } from "#shared/nav";
import {
  Facts,
  Loaded,
  type PaletteEntry,
  Plate,
  Plates,
  ProblemBox,
  Since,
  StateMark,
  stateOf,
  Tabs,
  usePaletteEntries,
} from "#shared/parts";
import { Commands } from "./station/commands";
import { Deeds, useAsk } from "./station/deeds";
import { faultWords } from "./station/faults";
import { LiveTab } from "./station/live";
import { useLive, useStation } from "./station/panel";
import { kindWord } from "./station/trail";
import { type Bay, type SessionRow, type Station, shownState } from "./station/types";

const tabs = {
  live: null,
  sessions: lazy(() => import("./station/sessions")),
  profiles: lazy(() => import("./station/profiles")),
  config: lazy(() => import("./station/config")),
  log: lazy(() => import("./station/log")),
  connection: lazy(() => import("./station/connection")),
  firmware: lazy(() => import("./station/firmware")),
  logs: lazy(() => import("./station/logs")),
  certificates: lazy(() => import("./station/certificates")),
  conformance: lazy(() => import("./station/conformance")),
  label: lazy(() => import("./station/label")),
  device: lazy(() => import("./station/device")),
};
type Tab = keyof typeof tabs;
/** Where the list of commands stands beside. */
const withCommands: readonly Tab[] = ["live", "profiles", "config", "firmware", "logs", "certificates"];

/** What every tab of a station gets. */
export interface TabProps {
  station: Station;
  bays: readonly Bay[];
  open: readonly SessionRow[];
  zone: string;
  ask: ReturnType<typeof useAsk>["ask"];
}

/** One station: its facts, its commands, and a tab for each way to look at it. */
export default function StationPage() {
  const { id = "" } = useParams({ strict: false }) as { id?: string };
  const q = useStation(id);
  return <Loaded of={q}>{(station) => <Whole key={id} station={station} />}</Loaded>;
}

function Whole({ station }: { station: Station }) {
  const t = useT();
  const me = useMe();
  const f = useFilters(["tab"]);
  const now = useLive(station.id);
  const { data: site } = useQuery({
    queryKey: ["/sites", station.site_id],
    queryFn: ({ signal }) => get<{ time_zone: string }>(`/sites/${seg(station.site_id)}`, {}, signal),
    staleTime: 300_000,
  });
  const { data: sessions } = useQuery(
    live([`station:${station.id}`, "session"], {
      queryKey: ["/sessions", { station: station.id, open: true }],
      queryFn: ({ signal }: { signal: AbortSignal }) =>
        get<Page<SessionRow>>("/sessions", { station: station.id, open: true, limit: 50 }, signal),
    }),
  );
  const { data: findings } = useQuery({
    queryKey: ["/stations", station.id, "findings"],
    queryFn: ({ signal }) => get<Page<unknown>>(`/stations/${seg(station.id)}/findings`, { limit: 200 }, signal),
    staleTime: 60_000,
  });
  const bays = now.data?.evses ?? [];
  const open = sessions?.items ?? [];
  const { ask, dialog } = useAsk(station, bays, open);
  useStationPalette(station.id, me.may("stations"), ask);
  const tab = (f.value.tab in tabs ? f.value.tab : "live") as Tab;
  const props: TabProps = { station, bays, open, zone: site?.time_zone ?? "UTC", ask };
  const Lazy = tabs[tab];
  const beside = withCommands.includes(tab);
  return (
    <Plates className="fill grid-rows-[auto_auto_1fr]">
      <Head station={station} bays={bays} ask={ask} zone={props.zone} />
      <Tabs
        label={t("station.tabs")}
        current={tab}
        tabs={(Object.keys(tabs) as Tab[]).map((x) => ({
          id: x,
          label: t(`station.tab.${x}`),
          href: `/stations/${seg(station.id)}${x === "live" ? "" : `?tab=${x}`}`,
          count: x === "conformance" ? findings?.items.length : undefined,
        }))}
      />
      <div
        className={`grid gap-px bg-line min-w-0 items-stretch ${beside ? "lg:grid-cols-[minmax(0,1fr)_412px]" : "grid-cols-[minmax(0,1fr)]"}`}
      >
        <div className="flex flex-col gap-px min-w-0 [&>*:last-child]:grow">
          {now.error && !now.data && (
            <Plate>
              <ProblemBox error={now.error} retry={() => void now.refetch()} />
            </Plate>
          )}
          {Lazy ? (
            <Suspense fallback={<Plate className="t3">{t("parts.loading")}</Plate>}>
              <Lazy {...props} />
            </Suspense>
          ) : now.data ? (
            <LiveTab {...props} />
          ) : (
            !now.error && <Plate className="t3">{t("parts.loading")}</Plate>
          )}
        </div>
        {beside && <Commands station={station.id} zone={props.zone} />}
      </div>
      {dialog}
    </Plates>
  );
}

function Head({
  station: s,
  bays,
  ask,
  zone,
}: {
  station: Station;
  bays: readonly Bay[];
  ask: TabProps["ask"];
  zone: string;
}) {
  const t = useT();
  const me = useMe();
  const broken = bays.filter((b) => stateOf(b.state) === "faulted").length;
  const word =
    broken > 0
      ? t("station.someFaulted", { n: broken, all: bays.length })
      : s.error && s.connected
        ? faultWords(s.error.code, t)
        : undefined;
  const noName = s.name === "" || s.name === s.id;
  return (
    <section className="plate">
      <div className="flex flex-wrap gap-x-5 gap-y-2 items-end">
        <div className="min-w-0">
          <p className="t2">
            <A className="lk" href={`/sites/${seg(s.site_id)}`}>
              {s.site_name || s.site_id}
            </A>
            {!noName && `, ${s.name}`}
          </p>
          <h1 className="text-[26px] leading-7 break-all">{s.id}</h1>
        </div>
        <p className="pb-0.5">
          <StateMark state={broken > 0 ? "faulted" : shownState(s)} word={word} />
        </p>
        <span className="sp" />
        {me.may("stations") ? (
          <Deeds station={s} ask={ask} />
        ) : (
          <p className="t3 text-sm max-w-xs">{t("station.noRight")}</p>
        )}
      </div>
      <div className="mt-2">
        <Facts
          items={[
            s.connected
              ? [t("station.connectedFor"), <Since key="c" at={s.connected_at} />]
              : [
                  t("station.offlineFor"),
                  s.disconnected_at ? <Since key="o" at={s.disconnected_at} /> : t("station.never"),
                ],
            [t("station.protocol"), s.protocol ? `OCPP ${s.protocol}` : "–"],
            [t("station.security"), t(`station.profile.${s.security_profile}`)],
            [t("stations.model"), [s.device?.vendor, s.device?.model].filter(Boolean).join(" ") || "–"],
            [t("station.serial"), s.device?.serial || "–"],
            [t("stations.firmware"), s.device?.firmware || "–"],
            [t("station.bootAt"), s.boot_at ? clockOrDay(s.boot_at, zone) : "–"],
            [
              t("station.tariff"),
              <span key="t">
                {s.tariff ? (
                  <A className="lk" href={`/tariffs/${seg(s.tariff.id)}`}>
                    {s.tariff.id}
                  </A>
                ) : (
                  <span className="tw">{t("station.noTariff")}</span>
                )}
                {", "}
                <A className="lk" href={`/tariff-check?station=${seg(s.id)}`}>
                  {t("offers.why")}
                </A>
              </span>,
            ],
            s.onboarding !== "accepted" && [t("station.onboarding"), t(`stations.onboarding.${s.onboarding}`)],
          ]}
        />
      </div>
      {!s.connected && (
        <p className="tw mt-1">
          {t(s.disconnected_at ? "station.offlineWhy" : "station.neverWhy")}{" "}
          <A className="lk" href={`/stations/${seg(s.id)}?tab=connection`}>
            {t("station.tab.connection")}
          </A>
        </p>
      )}
    </section>
  );
}

const clockOrDay = (at: string, zone: string) =>
  Date.now() - new Date(at).getTime() < 86_400_000
    ? clock(at, zone, false)
    : new Date(at).toLocaleDateString(document.documentElement.lang, {
        timeZone: zone,
        day: "numeric",
        month: "short",
      });

/** A page's commands in Ctrl K. */
function useStationPalette(id: string, may: boolean, ask: TabProps["ask"]) {
  const t = useT();
  const entries = useMemo<PaletteEntry[]>(
    () => [
      ...(Object.keys(tabs) as Tab[]).map((x) => ({
        id: `tab-${x}`,
        group: id,
        label: t(`station.tab.${x}`),
        href: `/stations/${seg(id)}?tab=${x}`,
      })),
      {
        id: "tariff",
        group: id,
        label: t("page.tariffCheck"),
        href: `/tariff-check?station=${seg(id)}`,
      },
      ...(may
        ? ["remote_start", "unlock", "set_availability", "set_charging_profile", "trigger", "reserve", "reset"].map(
            (k) => ({
              id: `cmd-${k}`,
              group: id,
              label: kindWord(k, t),
              note: id,
              act: () => ask(k),
            }),
          )
        : []),
    ],
    [id, may, ask, t],
  );
  usePaletteEntries("station", entries);
}
