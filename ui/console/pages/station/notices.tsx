import { useQuery } from "@tanstack/react-query";
import { get, type Page, seg } from "#shared/api/client";
import { moment } from "#shared/format";
import { live } from "#shared/live";
import { Empty, Loaded, ZoneNote } from "#shared/parts";

export interface Notice {
  action: string;
  payload: Record<string, unknown>;
  received_at: string;
}

/** Notices of these OCPP actions, newest first, as the station sent them. */
export function Notices({
  station,
  actions,
  zone,
  none,
}: {
  station: string;
  actions: readonly string[];
  zone: string;
  none: string;
}) {
  const q = useQuery(
    live([`station:${station}`], {
      queryKey: ["/stations", station, "notices", actions],
      queryFn: async ({ signal }: { signal: AbortSignal }) => {
        const pages = await Promise.all(
          actions.map((action) =>
            get<Page<Notice>>(`/stations/${seg(station)}/notices`, { action, limit: 50 }, signal),
          ),
        );
        return pages.flatMap((p) => p.items).sort((a, b) => b.received_at.localeCompare(a.received_at));
      },
    }),
  );
  return (
    <Loaded of={q}>
      {(all) =>
        all.length === 0 ? (
          <Empty why={none} />
        ) : (
          <>
            <p className="t3 text-sm">
              <ZoneNote zone={zone} />
            </p>
            <ol className="grid" aria-live="polite">
              {all.map((n) => (
                <li key={n.received_at + n.action} className="border-t border-line py-1">
                  <details>
                    <summary className="flex flex-wrap gap-x-3 items-baseline cursor-pointer">
                      <span className="t2 w-[104px]">{moment(n.received_at, zone)}</span>
                      <b className="mono">{first(n.payload) || "–"}</b>
                      <span className="t3">{n.action}</span>
                    </summary>
                    <pre className="mono bg-well p-2 overflow-auto max-h-60 whitespace-pre-wrap break-all">
                      {JSON.stringify(n.payload, null, 2)}
                    </pre>
                  </details>
                </li>
              ))}
            </ol>
          </>
        )
      }
    </Loaded>
  );
}

/** What a notice says first. */
function first(p: Record<string, unknown>): string {
  for (const k of ["status", "type", "techInfo"]) if (typeof p[k] === "string") return p[k];
  return "";
}
