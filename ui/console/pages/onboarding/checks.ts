import type { Live, Setting, Station } from "../station/types";

/** An exchange of the message log, as far as its times matter. */
export interface Timed {
  at: string;
  from_us: boolean;
  action: string;
  request: unknown;
}

export type CheckState = "done" | "open" | "bad";
export interface Checked {
  id: "connected" | "booted" | "clock" | "meter" | "evses" | "tariff";
  state: CheckState;
  /** For the words: a number, a name. */
  detail?: string | number;
}

/** How far a station's clock is off, in ms: the least of its recent messages, as those that waited offline carry old times. Null where none carries one. */
export function clockOff(messages: readonly Timed[]): number | null {
  let least: number | null = null;
  for (const m of messages) {
    if (m.from_us) continue;
    const said = (m.request as { timestamp?: unknown } | null)?.timestamp;
    const at = typeof said === "string" ? new Date(said).getTime() : Number.NaN;
    if (Number.isNaN(at)) continue;
    const off = Math.abs(new Date(m.at).getTime() - at);
    if (least === null || off < least) least = off;
  }
  return least;
}

/** A clock may be this far off, ms: prices change at full minutes. */
const clockLimit = 30_000;

/** Seconds between meter values in a session, 0: none are sent, null: not known. */
export function meterInterval(settings: readonly Setting[]): number | null {
  const find = (component: string, variable: string) =>
    settings.find(
      (s) =>
        s.component.toLowerCase() === component &&
        s.variable.toLowerCase() === variable &&
        (s.attribute === "" || s.attribute === "Actual"),
    )?.value;
  const v = find("", "metervaluesampleinterval") ?? find("sampleddatactrlr", "txupdatedinterval");
  const n = v === undefined || v === "" ? Number.NaN : Number(v);
  return Number.isFinite(n) ? n : null;
}

/** The checks of a new station, in the order in which they come true. */
export function checksOf(
  s: Station | undefined,
  live: Live | undefined,
  settings: readonly Setting[],
  messages: readonly Timed[],
): Checked[] {
  const off = clockOff(messages);
  const every = meterInterval(settings);
  const known = live?.evses.filter((e) => e.state !== "unknown" && e.state !== "offline").length ?? 0;
  const all = live?.evses.length ?? 0;
  const broken = live?.evses.some((e) => e.state === "faulted") ?? false;
  return [
    { id: "connected", state: s?.connected ? "done" : "open", detail: s?.protocol },
    {
      id: "booted",
      state: s?.boot === "accepted" ? "done" : s?.boot === "rejected" ? "bad" : "open",
      detail: [s?.device?.vendor, s?.device?.model].filter(Boolean).join(" "),
    },
    { id: "clock", state: off === null ? "open" : off <= clockLimit ? "done" : "bad", detail: off ?? undefined },
    { id: "meter", state: every === null ? "open" : every > 0 ? "done" : "bad", detail: every ?? undefined },
    {
      id: "evses",
      state: broken ? "bad" : all > 0 && known === all ? "done" : "open",
      detail: all === 0 ? undefined : `${known}/${all}`,
    },
    { id: "tariff", state: s?.tariff ? "done" : "open", detail: s?.tariff?.id },
  ];
}
