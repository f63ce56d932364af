import { num } from "../format";

interface Props {
  /** What is measured; null: not known, no bar. */
  value: number | null | undefined;
  /** Where the scale ends. */
  max: number;
  /** Where the limit is; no notch without. */
  limit?: number | null;
  /** Where the bar begins (state of charge at plug-in); below it the bar is grey and thin. */
  from?: number | null;
  /** Words for a reader of the page aloud: "96.4 kW of 300 kW". */
  label: string;
  /** Pixels; the drawing scales down to its column. */
  width?: number;
  /** row: 12 px in tables. plate: 20 px, no numbers. full: with numbers and the limit's. */
  size?: "row" | "plate" | "full";
  /** Words beside the notch of a full rule. */
  limitText?: string;
}

/** A step of a scale that gives at most n parts: 1, 2, 2.5 or 5 times a power of ten. */
export function step(max: number, n: number): number {
  if (!(max > 0)) return 1;
  const raw = max / n;
  const p = 10 ** Math.floor(Math.log10(raw));
  return [1, 2, 2.5, 5, 10].map((m) => m * p).find((s) => s >= raw * 0.999) ?? 10 * p;
}

/** The rule: baseline, ticks, energy bar, blue notch at the limit. Wherever a number has a top. */
export function Rule({ value, max, limit, from, label, width, size = "row", limitText }: Props) {
  const w = width ?? (size === "row" ? 112 : size === "plate" ? 370 : 600);
  const top = max > 0 ? max : 1;
  const x = (v: number) => Math.min(Math.max((v / top) * w, 0), w);
  const full = size === "full";
  const [base, bar, tick] = full ? [29.5, 7, 13] : size === "plate" ? [19.5, 6, 14] : [11.5, 5, 9];
  const h = full ? 44 : base + 1;
  const ends = (v: number) => Math.min(Math.max(x(v), 0.5), w - 0.5);
  const big = full ? step(top, 4) : top / 4;
  const small = full ? big / 5 : 0;
  const ticks: [number, number][] = [];
  if (small > 0) for (let v = 0, i = 0; v <= top * 1.0001; v = ++i * small) ticks.push([v, i % 5 === 0 ? tick : 5]);
  else for (let i = 0; i <= 4; i++) ticks.push([big * i, i % 4 === 0 ? tick : tick - (size === "plate" ? 6 : 1)]);
  const b = from ?? 0;
  return (
    <svg
      className="rule"
      width={full ? "100%" : w}
      height={full ? undefined : h}
      viewBox={`0 0 ${w} ${h}`}
      role="img"
      aria-label={label}
    >
      {ticks.map(([v, len], i) => (
        <path key={i} d={`M${ends(v).toFixed(1)} ${base}v-${len}`} stroke="var(--cw-edge)" />
      ))}
      {full &&
        ticks
          .filter(([, len]) => len === tick)
          .map(([v], i, a) => (
            <text
              key={i}
              className="ax"
              x={ends(v)}
              y={42}
              textAnchor={i === 0 ? "start" : v > top * 0.97 && i === a.length - 1 ? "end" : "middle"}
            >
              {num(v)}
            </text>
          ))}
      <path d={`M0 ${base}H${w}`} stroke="var(--cw-edge)" />
      {from ? <rect x={0} y={base - bar / 2 - 0.5} width={x(from)} height={bar / 2} fill="var(--cw-edge)" /> : null}
      {value !== null && value !== undefined && value > b && (
        <rect
          x={x(b)}
          y={base - bar - 0.5}
          width={Math.max(x(value) - x(b), 1)}
          height={bar}
          fill="var(--cw-energy-fill)"
        />
      )}
      {limit !== null && limit !== undefined && (
        <>
          <path
            d={
              full
                ? `M${x(limit)} 20l-5-8h10z`
                : size === "plate"
                  ? `M${x(limit)} 10l-4-7h8z`
                  : `M${x(limit)} 5l-3.5-5h7z`
            }
            fill="var(--cw-plan-fill)"
          />
          <path
            d={`M${x(limit)} ${full ? 19 : size === "plate" ? 9 : 4}V${base}`}
            stroke="var(--cw-plan-fill)"
            strokeWidth={1.5}
          />
          {full && limitText && (
            <text
              className="ax"
              x={x(limit) + (x(limit) > w * 0.75 ? -9 : 9)}
              y={12}
              textAnchor={x(limit) > w * 0.75 ? "end" : "start"}
              style={{ fill: "var(--cw-plan)" }}
            >
              {limitText}
            </text>
          )}
        </>
      )}
    </svg>
  );
}
