import { useEffect, useMemo, useRef, useState } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { clock, num } from "../format";
import { color, useTheme } from "../theme";
import type { ChartProps, Line } from "./chart-types";
import { step } from "./rule";

/** All moments of all lines, and each line's values at them. Steps hold until their next point; gaps stay gaps. */
export function align(lines: readonly Line[]): uPlot.AlignedData {
  const tables = lines.map((l) => [l.points.map((p) => p[0] / 1000), l.points.map((p) => p[1])] as uPlot.AlignedData);
  if (tables.length === 0) return [[]];
  return uPlot.join(
    tables,
    lines.map(() => [2]),
  ); // 2: values missing at other lines' moments are joined, nulls stay gaps
}

function series(l: Line): uPlot.Series {
  const stepped = l.stepped || l.kind === "limit" || l.kind === "plan";
  const base: uPlot.Series = {
    label: l.label,
    scale: l.right ? "r" : "y",
    points: { show: false },
    spanGaps: false,
    paths: stepped ? uPlot.paths.stepped?.({ align: 1 }) : undefined,
  };
  switch (l.kind) {
    case "area":
      return { ...base, stroke: color("energy-fill"), width: 2, fill: color("energy-soft") };
    case "limit":
      return { ...base, stroke: color("plan-fill"), width: 1.6 };
    case "plan":
      return { ...base, stroke: color("plan-fill"), width: 1.4, dash: [5, 3] };
    case "expected":
      return { ...base, stroke: color("plan-fill"), width: 1.6, dash: [1.5, 4], cap: "round" };
    case "past":
      return { ...base, stroke: color("ink-3"), width: 1, dash: [1.5, 2.5] };
    case "line":
      return { ...base, stroke: color("ink-2"), width: 1.4 };
  }
}

/** Steps of the time axis in s: whole minutes, as its words have no seconds. */
const minutes = [1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440, 2880, 10080].map((m) => m * 60);

export default function Drawn({
  lines,
  label,
  unit,
  height = 180,
  zone,
  from,
  to,
  now,
  marks,
  decimals = 1,
  top,
  signed,
}: ChartProps) {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const [tip, setTip] = useState<{ x: number; y: number; text: string } | null>(null);
  const { dark } = useTheme();
  const live = useRef({ now, marks, from, to, top, decimals, unit, signed });
  live.current = { now, marks, from, to, top, decimals, unit, signed };
  const shape = lines.map((l) => `${l.kind}${l.right ? "r" : ""}${l.stepped ? "s" : ""}${l.label}`).join("|");
  const data = useMemo(() => align(lines), [lines]);
  const first = useRef(data);
  first.current = data;
  const shown = useRef(lines);
  shown.current = lines;

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new drawing only when the kinds of lines, the zone or the theme change
  useEffect(() => {
    const el = box.current;
    if (!el) return;
    const font = `12px ${getComputedStyle(el).fontFamily}`;
    const right = shown.current.some((l) => l.right);
    const line = color("line");
    const ink3 = color("ink-3");
    let tick = 1; // of the left scale, as its range was chosen
    const y: uPlot.Axis = {
      scale: "y",
      font,
      stroke: ink3,
      size: 44,
      gap: 6,
      ticks: { show: false },
      grid: { stroke: `${line}99`, width: 1 },
      splits: (_u, _i, min, max) => {
        const first = Math.ceil(min / tick - 0.001);
        return Array.from({ length: Math.floor(max / tick + 0.001) - first + 1 }, (_, i) => (first + i) * tick);
      },
      values: (_u, v) => {
        const d = [0, 1, 2].find((n) => v.every((x) => Math.abs(x * 10 ** n - Math.round(x * 10 ** n)) < 1e-6)) ?? 3;
        return v.map((x) => num(x, x === 0 ? 0 : d));
      },
    };
    const u = new uPlot(
      {
        width: el.clientWidth || 600,
        height,
        legend: { show: false },
        padding: [8, right ? 0 : 8, 0, 0],
        cursor: { y: false, points: { size: 6 }, drag: { x: false, y: false } },
        scales: {
          x: {
            time: true,
            range: (_u, min, max) => [(live.current.from ?? min * 1000) / 1000, (live.current.to ?? max * 1000) / 1000],
          },
          y: {
            range: (_u, min, max) => {
              const m = Math.max(max || 0, live.current.top ?? 0) || 1;
              const below = live.current.signed ? Math.max(0, -(min || 0)) : 0;
              tick = step(m + below, height > 120 ? 5 : 3);
              const top = Math.ceil(m / tick - 0.02) * tick;
              return [-Math.ceil(below / tick - 0.02) * tick, top < m * 1.03 ? top * 1.05 : top];
            },
          },
          r: { range: [0, 100] },
        },
        axes: [
          {
            font,
            stroke: ink3,
            size: 24,
            gap: 4,
            space: 70,
            incrs: minutes,
            grid: { show: false },
            ticks: { stroke: color("edge"), size: 4, width: 1 },
            values: (_u, v) => v.map((x) => clock(x * 1000, zone, false)),
          },
          y,
          ...(right
            ? [
                {
                  ...y,
                  scale: "r",
                  side: 1,
                  size: 40,
                  grid: { show: false },
                  splits: () => [0, 50, 100],
                  values: (_u: uPlot, v: number[]) => v.map((x) => `${x} %`),
                } as uPlot.Axis,
              ]
            : []),
        ],
        series: [{}, ...shown.current.map(series)],
        hooks: {
          draw: [(p) => decorate(p, font, live.current)],
          setCursor: [
            (p) => {
              const i = p.cursor.idx;
              if (i === null || i === undefined || (p.cursor.left ?? -1) < 0) return setTip(null);
              const at = p.data[0][i];
              if (at === undefined) return setTip(null);
              const parts = shown.current.flatMap((l, s) => {
                const v = p.data[s + 1]?.[i];
                return v === null || v === undefined
                  ? []
                  : [`${l.label} ${num(v, l.right ? 0 : live.current.decimals)} ${l.right ? "%" : live.current.unit}`];
              });
              if (parts.length === 0) return setTip(null);
              setTip({ x: p.cursor.left ?? 0, y: 0, text: `${clock(at * 1000, zone)}  ${parts.join("  ")}` });
            },
          ],
        },
      },
      first.current,
      el,
    );
    plot.current = u;
    const size = new ResizeObserver(() => el.clientWidth > 0 && u.setSize({ width: el.clientWidth, height }));
    size.observe(el);
    void document.fonts?.ready.then(() => plot.current === u && u.redraw());
    return () => {
      size.disconnect();
      u.destroy();
      plot.current = null;
    };
  }, [shape, zone, dark, height]);

  useEffect(() => {
    plot.current?.setData(data);
  }, [data]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: drawn from the ref
  useEffect(() => {
    plot.current?.redraw(false, true);
  }, [now, marks]);

  const w = box.current?.clientWidth ?? 0;
  return (
    <div className="chart" ref={box} role="img" aria-label={label} style={{ minHeight: height }}>
      {tip && (
        <span className="tip" style={tip.x > w / 2 ? { right: w - tip.x - 32, top: 2 } : { left: tip.x + 56, top: 2 }}>
          {tip.text}
        </span>
      )}
    </div>
  );
}

function decorate(p: uPlot, font: string, o: { now?: number | null; marks?: ChartProps["marks"] }) {
  const c = p.ctx;
  const { left, top, width, height } = p.bbox;
  const r = devicePixelRatio;
  c.save();
  c.font = font.replace("12px", `${12 * r}px`);
  const inside = (ms: number) => ms / 1000 >= (p.scales.x?.min ?? 0) && ms / 1000 <= (p.scales.x?.max ?? 0);
  for (const m of o.marks ?? []) {
    if (!inside(m.at)) continue;
    const x = p.valToPos(m.at / 1000, "x", true);
    c.fillStyle = color(m.tone === "fault" ? "fault" : m.tone === "ink" ? "ink-2" : "plan");
    const end = x > left + width * 0.7;
    c.textAlign = end ? "right" : "left";
    c.fillText(m.text, x + (end ? -6 : 6) * r, m.y === undefined ? top + 11 * r : p.valToPos(m.y, "y", true) - 5 * r);
  }
  if (o.now && inside(o.now)) {
    const x = Math.round(p.valToPos(o.now / 1000, "x", true)) + 0.5;
    c.strokeStyle = color("ink");
    c.lineWidth = r;
    c.setLineDash([]);
    c.beginPath();
    c.moveTo(x, top);
    c.lineTo(x, top + height);
    c.stroke();
  }
  c.restore();
}
