import type { Amount } from "#shared/format";
import type { DocumentRow } from "../documents/types";
import type { Claim, Payment } from "../money/types";
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

/** GET /support/search. */
export interface Found {
  sessions: { session: Session; why: string[] }[];
  more_sessions: boolean;
  evses: Place[];
  drivers: Driver[];
  more_drivers: boolean;
  documents: DocumentRow[];
  more_documents: boolean;
  payments: Payment[];
  more_payments: boolean;
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
  documents: DocumentRow[];
  payments: Payment[];
  claim: Claim | null;
  give_back: GiveBack | null;
  trail: CaseEvent[];
}
