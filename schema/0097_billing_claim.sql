-- What the payer of a settled session owes, and how far its collection has come. Retention: 10 years, as the books.
CREATE TABLE billing_claim (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL REFERENCES access_tenant (id),
  entity_id TEXT NOT NULL REFERENCES access_entity (id),
  session_id TEXT NOT NULL UNIQUE,
  driver_id TEXT,
  guest_id TEXT,
  account TEXT NOT NULL,            -- of the ledger: where it is owed
  currency TEXT NOT NULL,
  due_minor BIGINT NOT NULL,
  paid_minor BIGINT NOT NULL,       -- by wallet and payments, what went back deducted
  wallet_minor BIGINT NOT NULL,     -- of it by the wallet, what went back to it deducted
  hand_minor BIGINT NOT NULL,       -- of it past the providers, by bank transfer
  state TEXT NOT NULL,
  payment_id TEXT,                  -- the last that was asked
  attempt BIGINT NOT NULL,          -- how often a payment was asked
  failed_at BIGINT,                 -- the first time that one failed
  next_at BIGINT,                   -- when the next is asked; NULL: none is
  reason TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);
CREATE INDEX billing_claim_payment ON billing_claim (payment_id) WHERE payment_id IS NOT NULL;
CREATE INDEX billing_claim_list ON billing_claim (tenant_id, created_at, id);
CREATE INDEX billing_claim_state ON billing_claim (tenant_id, state, created_at, id);
CREATE INDEX billing_claim_driver ON billing_claim (tenant_id, driver_id, created_at, id) WHERE driver_id IS NOT NULL;

-- Rules of a tenant about money that are no law. Retention: while the tenant exists.
CREATE TABLE billing_policy (
  tenant_id TEXT PRIMARY KEY REFERENCES access_tenant (id),
  failed_wh BIGINT NOT NULL,        -- a session with less energy …
  failed_s BIGINT NOT NULL,         -- … and less time than these is a failed start
  hold_minor BIGINT NOT NULL,       -- what a guest's card is asked to hold; 0: by the tariff and the power
  operator_goodwill BIGINT NOT NULL,-- major units that an operator may give back of one receipt
  support_goodwill BIGINT NOT NULL, -- and support
  updated_at BIGINT NOT NULL
);
