import type { components } from "#shared/api/schema";

type S = components["schemas"];

export type Decline = S["PayDecline"];
export type Method = S["PayMethod"];
/** The description cannot say that a decline may be null. */
export type Payment = Omit<S["PaymentRow"], "decline"> & { decline: Decline | null };
export type FullPayment = Payment & S["FullPayment"];
export type Step = S["PayStep"];
export type Dispute = S["PayDispute"];
export type Claim = S["ClaimRow"];
/** Who pays and where it was charged, as rows about money say it. */
export type Whom = Pick<
  S["ClaimRow"],
  "payer" | "driver_name" | "token" | "station_id" | "evse_id" | "site_id" | "site_name"
>;
export type Check = S["Reconciliation"];
export type Item = S["ReconciliationItem"];
export type TerminalReport = S["TerminalReport"];
export type TerminalSettlement = S["TerminalSettlement"];
export type Policy = S["BillingPolicy"];
