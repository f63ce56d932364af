-- Lists of payments and claims are summed from their indexes alone, which so hold the amounts.
DROP INDEX payment_payment_list;
CREATE INDEX payment_payment_list ON payment_payment (tenant_id, created_at, id, currency, asked_minor, held_minor, captured_minor, refunded_minor);
DROP INDEX billing_claim_list;
CREATE INDEX billing_claim_list ON billing_claim (tenant_id, created_at, id, currency, due_minor, paid_minor);
DROP INDEX billing_claim_state;
CREATE INDEX billing_claim_state ON billing_claim (tenant_id, state, created_at, id, currency, due_minor, paid_minor);
