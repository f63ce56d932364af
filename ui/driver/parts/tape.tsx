import { clock, power, text } from "#shared/format";
import { useT } from "#shared/i18n";
import { tape, zoneOf } from "../logic/tape";

interface Of {
  started_at: string;
  stopped_at: string;
  time_zone: string;
  power: { start: string; end: string; w: number }[] | null;
}

const h = 40;

/** Power over the session as a strip of paper: the curve on a scale of minutes. */
export function Tape({ r, width = 640 }: { r: Of; width?: number }) {
  const t = useT();
  const d = tape(r.power ?? [], r.started_at, r.stopped_at, width, h);
  const zone = zoneOf(r.time_zone);
  if (!d) return <p className="t2 py-2 text-sm">{t("receipt.noCurve")}</p>;
  const top = 14;
  const base = top + h;
  return (
    <svg
      className="tape"
      viewBox={`0 0 ${width} ${base + 26}`}
      role="img"
      aria-label={t("receipt.curve", { power: text(power(d.peak)) })}
    >
      <g transform={`translate(0 ${top})`}>
        <path d={d.area} fill="var(--cw-energy-soft)" />
        <path d={d.line} fill="none" stroke="var(--cw-energy-fill)" strokeWidth={1.6} />
      </g>
      <text className="ax" x={0} y={10}>
        {text(power(d.peak))}
      </text>
      {d.ticks.map((k, i) => (
        <path
          key={i}
          d={`M${Math.min(Math.max(k.x, 0.5), width - 0.5).toFixed(1)} ${base}v${k.major ? 8 : 4}`}
          stroke="var(--cw-edge)"
        />
      ))}
      <path d={`M0 ${base}.5H${width}`} stroke="var(--cw-edge)" />
      <text className="ax" x={0} y={base + 23}>
        {clock(r.started_at, zone, false)}
      </text>
      {d.full > 60 && d.full < width - 60 && (
        <text className="ax" x={d.full} y={base + 23} textAnchor="middle">
          {clock(
            Date.parse(r.started_at) + (d.full / width) * (Date.parse(r.stopped_at) - Date.parse(r.started_at)),
            zone,
            false,
          )}
        </text>
      )}
      <text className="ax" x={width} y={base + 23} textAnchor="end">
        {clock(r.stopped_at, zone, false)}
      </text>
    </svg>
  );
}
