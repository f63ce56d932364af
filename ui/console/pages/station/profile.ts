import { useQuery } from "@tanstack/react-query";
import { get, seg } from "#shared/api/client";
import type { useT } from "#shared/i18n";
import { live } from "#shared/live";

export interface ProfileItem {
  evse_id: number;
  accepted_at: string;
  command_id: string;
  source: "command" | "remote_start";
  profile: {
    id: number;
    stack_level: number;
    purpose: string;
    kind: string;
    transaction?: string;
    valid_from?: string;
    valid_to?: string;
    start?: string;
    duration_s?: number;
    unit: "W" | "A";
    periods: { start_s: number; phases?: number; limit?: { value: number } }[];
  };
}

type Points = [number, number | null][];

/** GET /stations/{id}/profiles: what is in force, and the limit it makes over the next 24 hours. */
export interface Profiles {
  items: ProfileItem[];
  limits: { evse_id: number; limit: Points }[];
}

export const useProfiles = (id: string) =>
  useQuery(
    live(
      [`station:${id}`],
      {
        queryKey: ["/stations", id, "profiles"],
        queryFn: ({ signal }: { signal: AbortSignal }) => get<Profiles>(`/stations/${seg(id)}/profiles`, {}, signal),
      },
      10_000,
    ),
  );

/** The planned limit of an EVSE between two moments, each point holding until the next; empty when nothing limits it. */
export function plannedOf(p: Profiles | undefined, evse: number, from: number, to: number): Points {
  const all = p?.limits.find((l) => l.evse_id === evse)?.limit ?? [];
  if (!all.some(([, w]) => w !== null)) return [];
  let before: number | null = null;
  const out: Points = [];
  for (const [at, w] of all) {
    if (at <= from) before = w;
    else if (at < to) out.push([at, w]);
  }
  const first: Points = all[0] && all[0][0] <= from ? [[from, before]] : [];
  const whole: Points = [...first, ...out];
  const last = whole.at(-1);
  return last ? [...whole, [to, last[1]]] : [];
}

type T = ReturnType<typeof useT>;
const changes: readonly [RegExp, string][] = [
  [/^Session started$/, "started"],
  [/^Session stopped: (.*)$/, "stopped"],
  [/^Charging profile accepted$/, "profile"],
  [/^Charging profiles cleared$/, "cleared"],
  [/^Schedule updated$/, "updated"],
];

/** What the server names beside a curve, in the reader's language; what it names else stays. */
export function changeWord(s: string, t: T): string {
  for (const [re, key] of changes) {
    const m = re.exec(s);
    if (m) return t(`station.change.${key}`, { why: m[1] ?? "" });
  }
  return s;
}
