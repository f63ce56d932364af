import { useT } from "#shared/i18n";
import { SelectChip, TextField } from "#shared/parts";
import { dayIn } from "./logic";

const spans = { today: 0, week: -6, month: -29 } as const;

interface Filter {
  value: { from: string; to: string };
  set: (v: { from?: string; to?: string }) => void;
}

/** Narrows a list to days of a zone: the last ones, or from one day to another. */
export function PeriodFilter({ of: f, zone }: { of: Filter; zone: string }) {
  const t = useT();
  const now = Date.now();
  const { from, to } = f.value;
  const today = dayIn(zone, now);
  const set = (Object.keys(spans) as (keyof typeof spans)[]).find((k) => from === dayIn(zone, now, spans[k]) && !to);
  return (
    <>
      <SelectChip
        label={t("sessions.period")}
        value={set ?? (from || to ? "own" : "")}
        onChange={(v) =>
          v in spans
            ? f.set({ from: dayIn(zone, now, spans[v as keyof typeof spans]), to: "" })
            : f.set(v === "own" ? { from: from || today, to: to || today } : { from: "", to: "" })
        }
        options={["today", "week", "month", "own"].map((v) => ({ value: v, label: t(`sessions.spans.${v}`) }))}
      />
      {(from || to) && !set && (
        <>
          <TextField
            hideLabel
            type="date"
            label={t("sessions.from")}
            value={from}
            onChange={(v) => f.set({ from: v })}
          />
          <TextField hideLabel type="date" label={t("sessions.to")} value={to} onChange={(v) => f.set({ to: v })} />
        </>
      )}
    </>
  );
}
