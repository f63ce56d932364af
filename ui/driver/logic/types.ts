// The shapes the driver's pages read, as the API documents them under /public
// and /me. Times are RFC 3339 in UTC, decimals are strings, money is in minor
// units of its currency.

export interface Amount {
  amount_minor: number;
  currency: string;
}

export interface SitePrice {
  sentence: string;
  currency: string;
  /** Decimal in the major unit, the lowest of the site; null where energy has no price. */
  per_kwh: string | null;
  /** Plugs of the site have different prices. */
  several?: boolean;
}

export interface SiteCard {
  id: string;
  name: string;
  address: string;
  postal_code: string;
  city: string;
  country: string;
  latitude: number | null;
  longitude: number | null;
  time_zone: string;
  evses_total: number;
  evses_free: number;
  evses_broken: number;
  max_power_w: number;
  connectors: string[];
  price: SitePrice | null;
  updated_at: string;
}

export type PlugState =
  | "available"
  | "preparing"
  | "charging"
  | "suspended_ev"
  | "suspended_evse"
  | "finishing"
  | "reserved"
  | "faulted"
  | "offline"
  | "unavailable"
  | "updating"
  | "unknown";

export interface PlugPrice {
  sentence: string;
  details: string[];
  tax: "included" | "added" | "none";
  currency: string;
  tariff_id: string;
  tariff_version: string;
  /** Where the price follows an exchange: time in ms, price of a kWh from then on. */
  per_kwh_ahead?: [number, string][];
}

export interface EvseCard {
  id: string;
  number: string;
  contract_id: string;
  station_id: string;
  evse_id: number;
  state: PlugState;
  since: string | null;
  max_power_w: number;
  /** A connector's price, where it is not the EVSE's. */
  connectors: { standard: string; status: string; price: PlugPrice | null }[];
  price: PlugPrice | null;
}

export type Site = SiteCard & { evses: EvseCard[] };

export type StartState = "asking" | "plug_in" | "charging" | "refused" | "expired";

export interface Start {
  id: string;
  state: StartState;
  reason: string;
  session_id: string | null;
  expires_at: string;
  evse: EvseCard;
  site: SiteCard;
}

export interface Idle {
  /** Decimal in the major unit of the cost's currency. */
  fee: string;
  per: string;
  /** null while the vehicle charges: the fee begins when it is done. */
  starts_at: string | null;
}

export interface MySession {
  id: string;
  state: string;
  charging_state: string;
  site: { id: string; name: string; time_zone: string };
  evse: { contract_id: string; number: string; station_id: string; evse_id: number };
  started_at: string | null;
  stopped_at: string | null;
  energy_wh: number;
  power_w: number | null;
  soc: number | null;
  /** When power and state of charge were measured. */
  at: string | null;
  cost: Amount | null;
  cost_final: boolean;
  price_sentence: string;
  receipt_id: string | null;
  idle: Idle | null;
}

/** Points of a series: time in ms since the epoch, value or a gap. */
export type Series = [number, number | null][];

export interface Course {
  at: string | null;
  power_w: number | null;
  soc: number | null;
  limit_w: number | null;
  energy_wh: number;
  power: Series;
  soc_series: Series;
  limit: Series;
  events: { at: string; kind: string; text: string }[];
}

export interface Period {
  from: string;
  energy_wh: number;
  sessions: number;
  cost: Amount[];
}
