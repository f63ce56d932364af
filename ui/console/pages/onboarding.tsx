import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { del, get, type Page, put, seg } from "#shared/api/client";
import { useMe } from "#shared/api/me";
import { moment, num } from "#shared/format";
import { useT } from "#shared/i18n";
import { live } from "#shared/live";
import { A, useFilters } from "#shared/nav";
import {
  Ago,
  Button,
  ButtonLink,
  ConfirmByConsequence,
  Empty,
  Loaded,
  Pair,
  Pairs,
  Plate,
  Plates,
  ProblemBox,
} from "#shared/parts";
import { useDeed } from "./admin/form";
import { Export } from "./export";
import { Checklist } from "./onboarding/checklist";
import { Wizard } from "./onboarding/wizard";
import type { Station } from "./station/types";

interface Refusal {
  station_id: string;
  reason: "unknown_station" | "wrong_credentials" | "lower_security_profile" | "identity_in_use";
  remote: string;
  path: string;
  protocols: string;
  first_at: string;
  last_at: string;
  attempts: number;
}

/** Stations that wait to be let in, and handshakes that were refused: what came, why not, what to do. */
export default function Onboarding() {
  const t = useT();
  const me = useMe();
  const f = useFilters(["add", "check"]);
  const may = me.may("stations");
  const refusals = useQuery({
    ...live(
      ["station"],
      {
        queryKey: ["/refusals"] as const,
        queryFn: ({ signal }: { signal: AbortSignal }) => get<Page<Refusal>>("/refusals", { limit: 200 }, signal),
      },
      5_000,
    ),
    refetchInterval: 10_000, // a refused handshake tells no event
  });
  const pending = useStations("pending");
  const rejected = useStations("rejected");
  const items = refusals.data?.items ?? [];
  const strangers = items.filter((r) => r.reason === "unknown_station");
  const known = items.filter((r) => r.reason !== "unknown_station");
  return (
    <Plates className="border-b border-line">
      <section className="plate flex flex-wrap items-center gap-2">
        <h1>{t("page.onboarding")}</h1>
        <p className="t2">{t("onboard.intro")}</p>
        <span className="sp" />
        <Export list="exports/refusals" />
        {may && (
          <Button kind="primary" onClick={() => f.set({ add: "new", check: "" })}>
            {t("onboard.byHand")}
          </Button>
        )}
      </section>
      {!may && <Plate className="t3">{t("onboard.noRight")}</Plate>}
      {may && f.value.add && (
        <Wizard
          key={f.value.add}
          identity={f.value.add === "new" ? "" : f.value.add}
          refused={strangers.some((r) => r.station_id === f.value.add)}
          onClose={() => f.set({ add: "" })}
        />
      )}
      {f.value.check && !f.value.add && (
        <Checklist key={f.value.check} id={f.value.check} onClose={() => f.set({ check: "" })} />
      )}
      <Plate title={t("onboard.waiting")} note={t("onboard.waitingNote")}>
        <Loaded of={refusals}>
          {() => (
            <>
              {strangers.length === 0 && (pending.data?.items.length ?? 0) === 0 && (
                <Empty why={t("onboard.noneWaiting")}>
                  <p className="t3">{t("onboard.noneNext", { url: socketUrl() })}</p>
                </Empty>
              )}
              <ul className="grid">
                {pending.data?.items.map((s) => (
                  <Pending key={s.id} station={s} may={may} />
                ))}
                {strangers.map((r) => (
                  <RefusedRow
                    key={r.station_id + r.reason}
                    of={r}
                    may={may}
                    onAccept={() => f.set({ add: r.station_id })}
                  />
                ))}
              </ul>
            </>
          )}
        </Loaded>
      </Plate>
      <Plate title={t("onboard.refused")} note={t("onboard.refusedNote")}>
        {known.length === 0 && (rejected.data?.items.length ?? 0) === 0 ? (
          <p className="t3">{t("onboard.noneRefused")}</p>
        ) : (
          <ul className="grid">
            {rejected.data?.items.map((s) => (
              <Pending key={s.id} station={s} may={may} />
            ))}
            {known.map((r) => (
              <RefusedRow key={r.station_id + r.reason} of={r} may={may} />
            ))}
          </ul>
        )}
      </Plate>
    </Plates>
  );
}

/** Where stations connect to. */
const socketUrl = () => `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ocpp`;

const useStations = (onboarding: string) =>
  useQuery(
    live(
      ["station"],
      {
        queryKey: ["/stations", { onboarding }],
        queryFn: ({ signal }: { signal: AbortSignal }) =>
          get<Page<Station>>("/stations", { onboarding, limit: 200 }, signal),
      },
      3_000,
    ),
  );

function RefusedRow({ of: r, may, onAccept }: { of: Refusal; may: boolean; onAccept?: () => void }) {
  const t = useT();
  const cache = useQueryClient();
  const [away, setAway] = useState(false);
  return (
    <li className="border-t border-line -mx-4 px-4 py-2 grid gap-x-6 gap-y-2 md:grid-cols-[minmax(0,1fr)_280px]">
      <div className="min-w-0">
        <h3 className="mono break-all">{r.station_id}</h3>
        <p className="font-medium">{t(`onboard.why.${r.reason}`)}</p>
        <p className="t2">{t(`onboard.todo.${r.reason}`)}</p>
        {may && (
          <p className="flex flex-wrap gap-2 mt-2">
            {onAccept ? (
              <Button kind="primary" onClick={onAccept} aria-label={t("onboard.acceptOne", { id: r.station_id })}>
                {t("onboard.accept")}
              </Button>
            ) : (
              <ButtonLink href={`/stations/${seg(r.station_id)}?tab=connection`}>
                {t(`onboard.fix.${r.reason}`)}
              </ButtonLink>
            )}
            <Button onClick={() => setAway(true)} aria-label={t("onboard.dismissOne", { id: r.station_id })}>
              {t("onboard.dismiss")}
            </Button>
          </p>
        )}
      </div>
      <Pairs>
        <Pair name={t("onboard.from")}>
          <span className="mono">{r.remote}</span>
        </Pair>
        <Pair name={t("onboard.path")}>
          <span className="mono break-all">{r.path}</span>
        </Pair>
        <Pair name={t("onboard.offers")}>{r.protocols || t("onboard.offersNone")}</Pair>
        <Pair name={t("onboard.attempts")}>{num(r.attempts)}</Pair>
        <Pair name={t("onboard.first")}>{moment(r.first_at)}</Pair>
        <Pair name={t("onboard.last")}>
          <Ago at={r.last_at} />
        </Pair>
      </Pairs>
      <ConfirmByConsequence
        title={t("onboard.dismissOne", { id: r.station_id })}
        open={away}
        onClose={() => setAway(false)}
        consequence={t("onboard.dismissThen")}
        deed={t("onboard.dismiss")}
        act={async () => {
          await del(`/refusals/${seg(r.station_id)}`);
          await cache.invalidateQueries({ queryKey: ["/refusals"] });
          void cache.invalidateQueries({ queryKey: ["/overview"] });
        }}
      />
    </li>
  );
}

/** A station on file that an operator has not let in, or has turned away. */
function Pending({ station: s, may }: { station: Station; may: boolean }) {
  const t = useT();
  const f = useFilters(["check"]);
  const cache = useQueryClient();
  const deed = useDeed();
  const set = (onboarding: string) =>
    deed.run(async () => {
      await put(`/stations/${seg(s.id)}`, { onboarding });
      await cache.invalidateQueries({ queryKey: ["/stations"] });
      void cache.invalidateQueries({ queryKey: ["/overview"] });
      if (onboarding === "accepted") f.set({ check: s.id });
    });
  return (
    <li className="border-t border-line -mx-4 px-4 py-2">
      <h3 className="mono break-all">
        <A href={`/stations/${seg(s.id)}`} className="lk">
          {s.id}
        </A>
      </h3>
      <p className="font-medium">{t(s.onboarding === "pending" ? "onboard.pending" : "onboard.turnedAway")}</p>
      <p className="t2">
        {[s.site_name, s.device?.vendor, s.device?.model, s.protocol && `OCPP ${s.protocol}`]
          .filter(Boolean)
          .join(", ")}
        . {t(s.connected ? "onboard.isConnected" : "onboard.isNot")}
      </p>
      {may && (
        <p className="flex flex-wrap gap-2 mt-2">
          <Button kind="primary" busy={deed.busy} onClick={() => void set("accepted")}>
            {t("onboard.accept")}
          </Button>
          {s.onboarding === "pending" && (
            <Button kind="danger" busy={deed.busy} onClick={() => void set("rejected")}>
              {t("onboard.turnAway")}
            </Button>
          )}
        </p>
      )}
      {deed.failed !== null && <ProblemBox error={deed.failed} />}
    </li>
  );
}
