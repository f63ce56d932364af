import { num } from "#shared/format";

interface Props {
  /** Per cent now. */
  value: number;
  /** Where the session began; null: not known. */
  from: number | null;
  target: number;
  label: string;
  stale?: boolean;
}

const w = 328;
const x = (v: number) => (Math.min(Math.max(v, 0), 100) / 100) * w;

/** The large rule of a session: what was in, what came in, and the target's notch. */
export function SocRule({ value, from, target, label, stale }: Props) {
  const start = from ?? 0;
  const edge = (v: number) => Math.min(Math.max(x(v), 0.8), w - 0.8);
  // Numbers under the rule, those too near to a more telling one left out.
  const named = [
    { v: 0, rank: 1 },
    { v: 50, rank: 0 },
    { v: 100, rank: 1 },
    ...(from !== null && from > 0 ? [{ v: from, rank: 2 }] : []),
    { v: target, rank: 3 },
  ];
  const shown = named.filter(
    (a, i) =>
      !named.some((b, j) => j !== i && Math.abs(a.v - b.v) < 8 && (b.rank > a.rank || (b.rank === a.rank && j < i))),
  );
  return (
    <svg width="100%" viewBox={`0 0 ${w} 62`} className="rule" role="img" aria-label={label}>
      {Array.from({ length: 21 }, (_, i) => (
        <path
          key={i}
          d={`M${edge(i * 5).toFixed(1)} 44v-${i % 10 === 0 ? 20 : i % 2 === 0 ? 13 : 8}`}
          stroke="var(--cw-edge)"
          strokeWidth={1.5}
        />
      ))}
      <path d={`M0 44.5H${w}`} stroke="var(--cw-edge)" strokeWidth={1.5} />
      {value > start && (
        <rect
          x={x(start)}
          y={30}
          width={Math.max(1, x(value) - x(start))}
          height={14}
          fill={stale ? "var(--cw-edge)" : "var(--cw-energy-fill)"}
        />
      )}
      {start > 0 && <rect x={0} y={38} width={x(start)} height={6} fill="var(--cw-edge)" />}
      <path d={`M${x(target)} 26l-8-12h16z`} fill="var(--cw-plan-fill)" />
      <path d={`M${x(target)} 24v20`} stroke="var(--cw-plan-fill)" strokeWidth={2.5} />
      {shown.map(({ v, rank }) => (
        <text
          key={`${v}-${rank}`}
          className="ax"
          x={edge(v)}
          y={60}
          textAnchor={v < 3 ? "start" : v > 96 ? "end" : "middle"}
          style={rank === 3 ? { fill: "var(--cw-plan)", fontWeight: 650 } : undefined}
        >
          {v === 100 ? "100 %" : num(v)}
        </text>
      ))}
    </svg>
  );
}
