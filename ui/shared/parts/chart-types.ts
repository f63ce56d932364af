/** A point: ms since 1970, value in the chart's unit or null for a gap. */
export type Point = readonly [number, number | null];

export interface Line {
  /** area: measured, 2 px with area. limit: stepped solid blue. plan: dashed. expected: dots. past: thin dotted grey. soc, line: plain ink-2. */
  kind: "area" | "limit" | "plan" | "expected" | "past" | "line";
  label: string;
  points: readonly Point[];
  /** Drawn against the right scale (per cent). */
  right?: boolean;
  /** Drawn as steps. Limits always are. */
  stepped?: boolean;
}

/** Words in a chart at a moment, e.g. "150 kW from 14:18". */
export interface Mark {
  at: number;
  text: string;
  /** Height in the chart's unit; at the top without. */
  y?: number;
  tone?: "plan" | "ink" | "fault";
}

export interface ChartProps {
  lines: readonly Line[];
  /** Read aloud, with what it shows. */
  label: string;
  /** Unit of the left scale, "kW". */
  unit: string;
  /** Pixels. */
  height?: number;
  /** IANA zone of the times; the browser's without. */
  zone?: string;
  from?: number;
  to?: number;
  /** Draws the line of the present moment. */
  now?: number | null;
  marks?: readonly Mark[];
  /** Decimals of shown values. */
  decimals?: number;
  /** Top of the left scale at least. */
  top?: number;
  /** The left scale goes below zero where values do. */
  signed?: boolean;
}
