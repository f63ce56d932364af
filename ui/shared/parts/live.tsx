import { type ReactNode, useEffect, useState } from "react";
import { ago, clock, day, duration, moment, type When, zoneName } from "../format";
import { useT } from "../i18n";
import { heardAt, useConnection } from "../live";

/** The present moment, renewed every `every` ms while the page is seen. */
export function useNow(every = 1_000): number {
  const [now, set] = useState(Date.now);
  useEffect(() => {
    const id = setInterval(() => document.visibilityState === "visible" && set(Date.now()), every);
    return () => clearInterval(id);
  }, [every]);
  return now;
}

/** "Live, 0.4 s old"; amber when the stream is lost. */
export function LiveAge() {
  const t = useT();
  const state = useConnection();
  const now = useNow(1_000);
  const age = duration(now - heardAt());
  if (state === "live") {
    return (
      <span className="st t2">
        <i className="size-2 rounded-full bg-energy-fill" />
        {t("live.live", { age })}
      </span>
    );
  }
  if (state === "off") return null;
  return (
    <span className="st tw" role="status">
      <i className="size-2 bg-warn-fill" />
      {state === "lost" ? t("live.lost", { age }) : t("live.connecting")}
    </span>
  );
}

/**
 * A value with the moment it was measured. Past `limit` ms (60,000), or when the
 * live stream is lost, it is hatched and shows its age.
 */
export function Stale({ at, limit = 60_000, children }: { at: When; limit?: number; children: ReactNode }) {
  const lost = useConnection() === "lost";
  const now = useNow(5_000);
  const t = at === null || at === undefined ? Number.NaN : new Date(at).getTime();
  const old = now - t;
  if (Number.isNaN(t) || (old <= limit && !(lost && old > 5_000))) return <>{children}</>;
  return (
    <span className="stale" title={moment(at)}>
      {children}
      <span className="staleage">{ago(at, now)}</span>
    </span>
  );
}

/** "4 min ago", kept true; the moment itself on hover. */
export function Ago({ at, zone }: { at: When; zone?: string }) {
  const now = useNow(10_000);
  return <time title={moment(at, zone)}>{ago(at, now)}</time>;
}

/** How long since `at`, "4 min", kept true. */
export function Since({ at }: { at: When }) {
  const now = useNow(10_000);
  return <>{duration(at ? now - new Date(at).getTime() : null)}</>;
}

/** Date and clock of a zone, with the zone's short name. */
export function Clock({ zone }: { zone?: string }) {
  const now = useNow(1_000);
  return (
    <time className="flex items-baseline gap-2">
      <span className="t2 hidden lg:inline">{day(now, zone)}</span>
      <span className="text-[17px] font-semi">{clock(now, zone)}</span>
      <span className="t3">{zoneName(zone, now)}</span>
    </time>
  );
}

/** Names the zone of a page's times, once. */
export function ZoneNote({ zone }: { zone: string }) {
  const t = useT();
  return <span>{t("time.zone", { zone })}</span>;
}
