import { useQuery } from "@tanstack/react-query";
import { useCallback, useMemo, useState } from "react";
import { get, type Page } from "#shared/api/client";
import { clock } from "#shared/format";
import { useT } from "#shared/i18n";
import { Button, Dialog, Loaded, Menu, type MenuItem, TextField } from "#shared/parts";
import { CommandDialog, RawDialog, type Target } from "./command";
import type { Values } from "./kinds";
import { kindWord } from "./trail";
import type { Bay, SessionRow, Station } from "./types";

interface Asked {
  kind: string;
  preset?: Values;
  raw?: unknown;
}

/** Opens the dialog of a command to a station; `dialog` has to stand somewhere in the page. */
export function useAsk(station: Station, bays: readonly Bay[], open: readonly SessionRow[]) {
  const t = useT();
  const [asked, set] = useState<Asked | null>(null);
  const ask = useCallback((kind: string, preset?: Values, raw?: unknown) => set({ kind, preset, raw }), []);
  const close = () => set(null);
  const target = useMemo<Target>(
    () => ({
      station: station.id,
      protocol: station.protocol,
      evses: (bays.length ? bays : station.evses).map((e) => e.evse_id),
      bays,
      transactions: open.map((s) => ({
        value: s.transaction_id,
        label: t("command.transaction", {
          evse: s.evse_id,
          at: clock(s.started_at, undefined, false),
          id: s.transaction_id,
        }),
      })),
    }),
    [station, bays, open, t],
  );
  const dialog =
    asked === null ? null : asked.kind === "raw" ? (
      <RawDialog station={station.id} onClose={close} />
    ) : asked.kind === "every" ? (
      <Every onPick={(kind) => set({ kind })} onClose={close} />
    ) : (
      <CommandDialog
        key={asked.kind}
        kind={asked.kind}
        preset={asked.preset}
        raw={asked.raw}
        target={target}
        onClose={close}
      />
    );
  return { ask, dialog };
}

const first = [
  ["remote_start", "start"],
  ["unlock", "unlock"],
  ["set_availability", "availability"],
  ["set_charging_profile", "limit"],
  ["trigger", "trigger"],
  ["reserve", "reserve"],
  ["reset", "reset"],
] as const;

const more = [
  "clear_charging_profiles",
  "composite_schedule",
  "show_message",
  "report_settings",
  "clear_cache",
  "transaction_status",
  "update_firmware",
  "get_log",
  "list_certificates",
  "transfer",
];

/** The buttons of the head: what is done most, then everything else. */
export function Deeds({ station, ask }: { station: Station; ask: (kind: string) => void }) {
  const t = useT();
  const off = !station.connected;
  const items: MenuItem[] = [
    ...more.map((k) => ({ id: k, label: kindWord(k, t), disabled: off, act: () => ask(k) })),
    "line",
    { id: "every", label: t("command.every"), act: () => ask("every") },
    { id: "raw", label: t("command.raw"), disabled: off, act: () => ask("raw") },
  ];
  return (
    <div className="flex flex-wrap gap-1.5">
      {first.map(([kind, word]) => (
        <Button key={kind} disabled={off} onClick={() => ask(kind)}>
          {t(`station.deed.${word}`)}
        </Button>
      ))}
      <Menu label={t("station.deed.more")} items={items} />
    </div>
  );
}

/** Every kind of command the server knows, found by name. */
function Every({ onPick, onClose }: { onPick: (kind: string) => void; onClose: () => void }) {
  const t = useT();
  const [q, setQ] = useState("");
  const kinds = useQuery({
    queryKey: ["/command-kinds"],
    queryFn: ({ signal }) => get<Page<string>>("/command-kinds", {}, signal),
    staleTime: Number.POSITIVE_INFINITY,
  });
  const fits = (k: string) => `${k} ${kindWord(k, t)}`.toLowerCase().includes(q.trim().toLowerCase());
  return (
    <Dialog title={t("command.every")} open onClose={onClose}>
      <div className="grid gap-3">
        <TextField label={t("command.find")} type="search" value={q} onChange={setQ} autoFocus />
        <Loaded of={kinds}>
          {(d) => {
            const found = d.items
              .filter(fits)
              .map((k) => ({ k, word: kindWord(k, t) }))
              .sort((a, b) => a.word.localeCompare(b.word));
            if (found.length === 0) return <p className="t3">{t("parts.nothing", { q })}</p>;
            return (
              <ul className="grid max-h-[50vh] overflow-auto">
                {found.map(({ k, word }) => (
                  <li key={k}>
                    <button
                      type="button"
                      className="w-full flex gap-3 items-baseline text-left py-1 px-2 hover:bg-well"
                      onClick={() => onPick(k)}
                    >
                      <span>{word}</span>
                      <span className="sp" />
                      <span className="mono t3">{k}</span>
                    </button>
                  </li>
                ))}
              </ul>
            );
          }}
        </Loaded>
      </div>
    </Dialog>
  );
}
