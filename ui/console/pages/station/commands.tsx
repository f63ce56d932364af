import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { get, type Page, seg } from "#shared/api/client";
import { useMe } from "#shared/api/me";
import { useT } from "#shared/i18n";
import { live } from "#shared/live";
import { Empty, Loaded } from "#shared/parts";
import { Trail } from "./trail";
import type { Command } from "./types";

/** The commands of a station with their trails, newest first. While one waits for its effect it is asked for every 5 s: messages alone tell no event. */
export function Commands({ station, zone }: { station: string; zone: string }) {
  const t = useT();
  const [limit, setLimit] = useState(12);
  const q = useQuery({
    ...live([`station:${station}`], {
      queryKey: ["/stations", station, "commands", limit] as const,
      queryFn: ({ signal }: { signal: AbortSignal }) =>
        get<Page<Command>>(`/stations/${seg(station)}/commands`, { limit }, signal),
    }),
    placeholderData: (old: Page<Command> | undefined) => old,
    refetchInterval: ({ state }) => (state.data?.items.some(waits) ? 5_000 : false),
  });
  return (
    <section className="plate !pb-0" aria-label={t("station.commands")}>
      <div className="hd">
        <h2>{t("station.commands")}</h2>
        <span className="t3 text-sm">{t("station.commandsNote")}</span>
      </div>
      <Loaded of={q}>
        {(d) =>
          d.items.length === 0 ? (
            <Empty why={t("station.noCommands")} />
          ) : (
            <>
              <ol aria-live="polite">
                {d.items.map((c) => (
                  <TrailOf key={c.id} of={c} zone={zone} />
                ))}
              </ol>
              {d.next && limit < 200 && (
                <p className="py-2 border-t border-line -mx-4 px-4">
                  <button type="button" className="lk" onClick={() => setLimit(Math.min(limit * 4, 200))}>
                    {t("station.older")}
                  </button>
                </p>
              )}
            </>
          )
        }
      </Loaded>
    </section>
  );
}

const waits = (c: Command) => c.state === "sent" || c.state === "queued" || c.effect.state === "waiting";

/** A command with the name of whom it was sent for. */
function TrailOf({ of, zone }: { of: Command; zone: string }) {
  const t = useT();
  const me = useMe();
  const who =
    of.actor === me.id
      ? me.name || me.email || t("station.you")
      : of.actor_name ||
        t(
          `station.actor.${of.actor.startsWith("key_") ? "key" : of.actor === "system" || of.actor === "smartcharge" ? of.actor : "other"}`,
        );
  return <Trail of={of} who={who} zone={zone} />;
}
