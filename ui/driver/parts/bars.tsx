import { num } from "#shared/format";
import { roundTop } from "../logic/history";

export interface Bar {
  key: string;
  /** Under the bar. */
  label: string;
  value: number;
  /** Read aloud and shown when chosen: "November 2026: 214.20 kWh, €120.40". */
  words: string;
}

const w = 328;
const h = 150;
const base = 124;
const head = 12;

/** Amounts by period as bars on a scale that begins at zero. A bar can be chosen. */
export function Bars({
  bars,
  unit,
  label,
  chosen,
  onChoose,
}: {
  bars: readonly Bar[];
  unit: string;
  label: string;
  chosen: string;
  onChoose: (key: string) => void;
}) {
  const top = roundTop(Math.max(0, ...bars.map((b) => b.value)));
  const left = 44;
  const width = (w - left) / Math.max(1, bars.length);
  const y = (v: number) => base - (Math.max(0, v) / top) * (base - head);
  const skip = Math.ceil(bars.length / 6);
  return (
    <svg viewBox={`0 0 ${w} ${h}`} width="100%" role="group" aria-label={label} className="block max-w-[640px]">
      {[0, top / 2, top].map((v) => (
        <g key={v}>
          <path d={`M${left} ${y(v).toFixed(1)}H${w}`} stroke="var(--cw-line)" />
          <text className="ax" x={left - 6} y={y(v) + 4} textAnchor="end">
            {num(v, v < 1 && v > 0 ? 1 : 0)}
          </text>
        </g>
      ))}
      <text className="ax" x={w} y={8} textAnchor="end">
        {unit}
      </text>
      {bars.map((b, i) => {
        const at = left + i * width;
        const on = b.key === chosen;
        return (
          <g
            key={b.key}
            role="button"
            tabIndex={0}
            aria-label={b.words}
            aria-pressed={on}
            className="cursor-pointer"
            onClick={() => onChoose(b.key)}
            onKeyDown={(e) => {
              if (e.key !== "Enter" && e.key !== " ") return;
              e.preventDefault();
              onChoose(b.key);
            }}
          >
            <rect x={at} y={head} width={width} height={h - head} fill="transparent" />
            {b.value > 0 && (
              <rect
                x={at + width * 0.16}
                y={y(b.value)}
                width={width * 0.68}
                height={Math.max(1, base - y(b.value))}
                fill={on ? "var(--cw-ink)" : "var(--cw-energy-fill)"}
              />
            )}
            {((bars.length - 1 - i) % skip === 0 || on) && (
              <text
                className="ax"
                x={at + width / 2}
                y={h - 8}
                textAnchor="middle"
                style={on ? { fill: "var(--cw-ink)", fontWeight: 650 } : undefined}
              >
                {b.label}
              </text>
            )}
          </g>
        );
      })}
    </svg>
  );
}
