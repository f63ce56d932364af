import type { Amount } from "#shared/format";

export interface Connector {
  connector_id: number;
  standard: string;
  status: string;
  status_at: string | null;
  error_code: string;
  vendor_error: string;
  info: string;
}

export interface Evse {
  evse_id: number;
  contract_id: string;
  number: string;
  max_power_w: number;
  /** The law under which it bills; "": none in particular. */
  legal_profile: "" | "nevi" | "eichrecht" | "afir";
  connectors: Connector[];
}

export interface Device {
  id: string;
  vendor: string;
  model: string;
  serial: string;
  firmware: string;
  meter_type: string;
  meter_serial: string;
  iccid: string;
  imsi: string;
  security_profile: number;
  installed_at: string;
  removed_at: string | null;
}

/** A row of GET /stations, and GET /stations/{id}. */
export interface Station {
  id: string;
  name: string;
  site_id: string;
  site_name: string;
  onboarding: "accepted" | "pending" | "rejected";
  security_profile: number;
  has_password: boolean;
  boot: string;
  boot_at: string | null;
  protocol: string;
  connected: boolean;
  connected_at: string | null;
  disconnected_at: string | null;
  status: string;
  overall_status: string;
  status_at: string | null;
  error: { evse_id: number; connector_id: number; code: string; info: string; vendor_code: string } | null;
  evse_states: string[];
  device: Device | null;
  evses: Evse[];
  capabilities?: string[];
  tariff?: { id: string; version: string; currency: string } | null;
  updated_at: string;
}

/** An EVSE of GET /stations/{id}/live. */
export interface Bay {
  evse_id: number;
  contract_id: string;
  max_power_w: number;
  state: string;
  since: string | null;
  power_w: number | null;
  power_at: string | null;
  stale: boolean;
  limit_w: number | null;
  soc: number | null;
  current_a: number | null;
  voltage_v: number | null;
  temperature_c: number | null;
  session_id: string | null;
  energy_wh: number;
  cost: Amount | null;
  connectors: Connector[];
}

export interface Live {
  at: string;
  evses: Bay[];
}

export interface Effect {
  state: "none" | "waiting" | "seen" | "missed";
  at: string | null;
  text: string;
  deadline: string | null;
}

/** A command on record: GET /stations/{id}/commands. */
export interface Command {
  id: string;
  station_id: string;
  actor: string;
  actor_name?: string;
  kind: string;
  body: Record<string, unknown>;
  state: "queued" | "sent" | "answered" | "expired" | "failed";
  status: string;
  word: string;
  reason: string;
  queued_at: string;
  sent_at: string | null;
  answered_at: string | null;
  effect: Effect;
}

/** What a station answered: POST /stations/{id}/commands/{kind}. */
export interface Outcome {
  status: string;
  word?: string;
  reason?: string;
  request?: number;
  data?: unknown;
}

/** A session as far as this page shows it. */
export interface SessionRow {
  id: string;
  evse_id: number;
  transaction_id: string;
  state: string;
  charging_state: string;
  started_at: string | null;
  stopped_at: string | null;
  stop_reason: string;
  energy_wh: number;
  cost: Amount | null;
  held: boolean;
  estimated: boolean;
  flags: string[];
}

export interface Setting {
  component: string;
  component_instance: string;
  evse_id: number;
  connector_id: number;
  variable: string;
  instance: string;
  attribute: string;
  value: string;
  read_only: boolean;
  seen_at: string;
}

/** Statuses by which a station does what it was told. */
export const okStatus = (s: string) => s === "accepted" || s === "scheduled" || s === "reboot_required";

/** What a list shows of a whole station: 2.x says no more than occupied, so its EVSEs do. */
export function shownState(s: Pick<Station, "overall_status" | "evse_states">): string {
  if (s.overall_status !== "occupied") return s.overall_status;
  for (const w of ["suspended_evse", "finishing", "suspended_ev", "charging", "preparing"])
    if (s.evse_states.includes(w)) return w;
  return "preparing";
}
