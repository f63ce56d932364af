import type { Amount } from "#shared/format";

/** A session as GET /sessions and /sessions/{id} give it. */
export interface Session {
  id: string;
  station_id: string;
  site_id: string;
  site_name: string;
  evse_id: number;
  connector_id: number;
  transaction_id: string;
  id_tag: string;
  id_tag_type: string;
  driver_id: string | null;
  verdict: string;
  state: "pending" | "charging" | "suspended" | "finishing" | "closed";
  charging_state: string;
  started_at: string | null;
  stopped_at: string | null;
  stop_reason: string;
  energy_wh: number;
  cost: Amount | null;
  power_w: number | null;
  limit_w: number | null;
  soc: number | null;
  max_power_w: number;
  flags: string[] | null;
  held: boolean;
  estimated: boolean;
  offline: boolean;
  protocol: string;
  tariff_id: string;
  tariff_version: string;
  created_at: string;
  updated_at: string;
}

export interface Summary {
  count: number;
  open: number;
  energy_wh: number;
  cost: Amount[];
  not_final: number;
}

type Series = [number, number | null][];

export interface Course {
  at: string | null;
  power_w: number | null;
  soc: number | null;
  limit_w: number | null;
  energy_wh: number;
  cost: Amount | null;
  cost_final: boolean;
  power: Series;
  soc_series: Series;
  limit: Series;
  energy: Series;
  price: [number, string | null][];
  events: { at: string; kind: "started" | "flow" | "stopped"; text: string }[];
}

export interface PriceLine {
  dimension: string;
  quantity: string;
  unit: string;
  unit_price: string;
  amount: Amount;
  from: string | null;
  to: string | null;
}

export interface Price {
  sentence: string;
  tariff_id: string;
  tariff_version: string;
  bound_at: string;
  final: boolean;
  currency: string;
  lines: PriceLine[];
  taxes: { name: string; percent: string; per_kwh: string; amount_minor: number }[];
  net_minor: number;
  tax_minor: number;
  gross_minor: number;
  held_because: string[];
  /** As the driver was told; null of sessions from before that was kept. */
  shown: ShownPrice | null;
}

export interface ShownPrice {
  /** offered: it was the one there when the session began; accepted: by the driver, in the app or on a page. */
  how: "offered" | "accepted";
  language: string;
  words: string[];
  digest: string;
  at: string;
  legal_profile: "" | "nevi" | "eichrecht" | "afir";
}

/** GET /sessions/{id}/price-audit. */
export interface PriceAudit {
  ok: boolean;
  findings: { what: string; ok: boolean; detail: string }[];
}

export interface Reading {
  at: string;
  register_mwh: number;
  begin: boolean;
  end: boolean;
  signed?: string;
}

export interface Timeline {
  start: string;
  end: string;
  energy_wh: number;
  flags: string[] | null;
  segments: { start: string; end: string; energy_mwh: number; charging_state: string }[] | null;
  readings: Reading[] | null;
  truncated: boolean;
}

export interface Evidence {
  key: string;
  digest: string;
  kind: "started" | "updated" | "ended" | "observed" | "reviewed" | "noted";
  seq: number;
  at: string;
  received_at: string;
  offline: boolean;
  charging_state: string;
  readings: Reading[] | null;
  message: unknown;
}
