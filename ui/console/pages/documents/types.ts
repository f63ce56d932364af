import type { Amount } from "#shared/format";

export const kinds = ["receipt", "credit_note", "statement"] as const;

/** A document as lists have it. */
export interface Document {
  id: string;
  kind: (typeof kinds)[number];
  number: string;
  session_id: string | null;
  driver_id: string | null;
  revision: number;
  corrects_id: string | null;
  net: Amount;
  tax: Amount;
  gross: Amount;
  issued_at: string;
}

export interface Line {
  dimension: string;
  quantity: string;
  unit: string;
  unit_price: string;
  amount: Amount;
}

/** GET /documents/{id}. */
export interface FullDocument extends Document {
  seller: string;
  country: string;
  site: string;
  address: string;
  time_zone: string;
  station_id: string;
  evse_id: number;
  token_hint: string;
  started_at: string;
  stopped_at: string;
  estimated: boolean;
  energy_mwh: number;
  first_register_mwh: number;
  last_register_mwh: number;
  signed_readings: number;
  tariff_id: string;
  tariff_version: string;
  price: string;
  lines: Line[] | null;
  taxes: { name: string; percent: string; per_kwh: string; net: Amount; tax: Amount; gross: Amount }[] | null;
  seller_vat_id: string;
  tax_note: string;
  buyer: { company: string; address: string; country: string; vat_id: string } | null;
  power: { start: string; end: string; w: number }[] | null;
  credit: { of: string; of_issued_at: string; reason: string; whole: boolean } | null;
  account: {
    from: string;
    to: string;
    opening: Amount;
    closing: Amount;
    wallet_opening: Amount;
    wallet_closing: Amount;
    sessions: number;
    energy_mwh: number;
    rows: { at: string; kind: string; number: string; site: string; owed: Amount; wallet: Amount }[];
    more: boolean;
  } | null;
  related: Document[];
}
