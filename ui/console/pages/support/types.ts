import type { Amount } from "#shared/format";
import type { Document } from "../documents/types";
import type { Driver, Token } from "../people/types";
import type { Session } from "../sessions/types";

/** An EVSE where somebody may stand. */
export interface Place {
  station_id: string;
  station_name: string;
  evse_id: number;
  contract_id: string;
  number: string;
  site_id: string;
  site_name: string;
  connected: boolean;
  charging: boolean;
}

export interface Payment {
  id: string;
  status: string;
  trouble: "unknown" | "strange" | null;
  trouble_reason: string;
  asked: Amount;
  captured: Amount;
  refunded: Amount;
  method: { kind: string; brand: string; last4: string };
  decline: { code: string; text: string } | null;
  created_at: string;
  updated_at: string;
}

/** GET /support/search. */
export interface Found {
  sessions: { session: Session; why: string[] }[];
  more_sessions: boolean;
  evses: Place[];
  drivers: Driver[];
  more_drivers: boolean;
  documents: Document[];
  more_documents: boolean;
  payments: Payment[];
  more_payments: boolean;
}

export interface Claim {
  id: string;
  session_id: string;
  driver_id: string | null;
  guest: boolean;
  state: "open" | "asked" | "paid" | "dunning" | "written_off" | "stuck";
  due: Amount;
  paid: Amount;
  left: Amount;
  reason: string;
  created_at: string;
}

/** What may be given back of a receipt; without a limit: all that is left. */
export interface GiveBack {
  receipt_id: string;
  number: string;
  left: Amount;
  limit: Amount | null;
  wallet: boolean;
}

export interface CaseEvent {
  at: string;
  kind: string;
  word: string;
  text: string;
  reason: string;
  by: string;
  ref: string;
  ok: boolean | null;
  amount: Amount | null;
}

/** GET /support/cases/{session}. */
export interface Case {
  session: Session;
  time_zone: string;
  evse: Place | null;
  driver: Driver | null;
  guest: boolean;
  token: Token | null;
  documents: Document[];
  payments: Payment[];
  claim: Claim | null;
  give_back: GiveBack | null;
  trail: CaseEvent[];
}
