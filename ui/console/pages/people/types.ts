/** A token as GET /tokens has it. */
export interface Token {
  uid: string;
  type: string;
  driver_id: string | null;
  group_id: string;
  status: "accepted" | "blocked";
  expires_at: string | null;
  prepaid_credit: number | null;
  max_energy_wh: number | null;
  max_parallel_sessions: number | null;
  updated_at: string;
}

/** A driver as GET /drivers has it. */
export interface Driver {
  id: string;
  name: string;
  email: string;
  phone: string;
  language: string;
  created_at: string;
  tokens: number;
  sessions: number;
  last_session_at: string | null;
}

/** The kinds of tokens that OCPP 2.x names and people handle. */
export const tokenTypes = ["ISO14443", "ISO15693", "eMAID", "Central", "KeyCode", "Local", "MacAddress"] as const;

/** The members that PUT /tokens/{uid} replaces, taken from what is there. */
export const putOf = ({ uid: _, updated_at: __, ...rest }: Token) => rest;
