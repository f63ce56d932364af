-- Payments asked of buyers: who, what for, and where each stands at its provider. They name a driver by id only.
-- Retention: 10 years, as the books.
CREATE TABLE payment_payment (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL REFERENCES access_tenant (id),
  entity_id TEXT NOT NULL REFERENCES access_entity (id),
  nkey TEXT NOT NULL,               -- what makes it the only one of its kind
  purpose TEXT NOT NULL,
  object_id TEXT NOT NULL,          -- session, driver, invoice
  driver_id TEXT,
  account TEXT NOT NULL,            -- of the ledger: credited when money was taken
  provider TEXT NOT NULL,
  mode TEXT NOT NULL,
  currency TEXT NOT NULL,
  asked_minor BIGINT NOT NULL,      -- no more than this may be held or taken
  status TEXT NOT NULL,
  trouble TEXT NOT NULL,            -- '', unknown, strange
  trouble_text TEXT NOT NULL,
  held_minor BIGINT NOT NULL,
  captured_minor BIGINT NOT NULL,
  refunded_minor BIGINT NOT NULL,
  ref TEXT,                         -- the provider's
  url TEXT NOT NULL,
  capture_before BIGINT,
  method_kind TEXT NOT NULL,
  method_brand TEXT NOT NULL,
  method_wallet TEXT NOT NULL,
  method_last4 TEXT NOT NULL,
  method_fingerprint TEXT NOT NULL,
  method_country TEXT NOT NULL,
  method_expires TEXT NOT NULL,
  decline_code TEXT NOT NULL,
  decline_text TEXT NOT NULL,
  decline_confirm BOOLEAN NOT NULL,
  decline_final BOOLEAN NOT NULL,
  look_at BIGINT,                   -- when the provider is asked of it next; NULL: not any more
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  UNIQUE (tenant_id, nkey)
);
CREATE INDEX payment_payment_ref ON payment_payment (provider, ref) WHERE ref IS NOT NULL;
CREATE INDEX payment_payment_list ON payment_payment (tenant_id, created_at, id);
CREATE INDEX payment_payment_object ON payment_payment (tenant_id, purpose, object_id, created_at, id);
CREATE INDEX payment_payment_driver ON payment_payment (tenant_id, driver_id, created_at, id) WHERE driver_id IS NOT NULL;
CREATE INDEX payment_payment_last4 ON payment_payment (tenant_id, method_last4, created_at, id) WHERE method_last4 <> '';
CREATE INDEX payment_payment_fingerprint ON payment_payment (tenant_id, method_fingerprint, created_at, id) WHERE method_fingerprint <> '';
CREATE INDEX payment_payment_trouble ON payment_payment (tenant_id, created_at, id) WHERE trouble <> '';
CREATE INDEX payment_payment_look ON payment_payment (look_at, id) WHERE look_at IS NOT NULL;

-- Every call to a provider that changes something, written down before it is made. Retention: with its payment; the request, which may
-- hold an address, until the step has ended.
CREATE TABLE payment_step (
  id TEXT PRIMARY KEY,              -- payment/verb…: the key under which the provider does it once
  payment_id TEXT NOT NULL REFERENCES payment_payment (id),
  seq BIGINT NOT NULL,              -- one after the other
  verb TEXT NOT NULL,
  amount_minor BIGINT NOT NULL,
  due_minor BIGINT NOT NULL,        -- of a capture: what was due, which may be more than is held
  account TEXT NOT NULL,            -- of a refund: debited
  reason TEXT NOT NULL,
  request TEXT NOT NULL,            -- JSON
  state TEXT NOT NULL,
  outcome TEXT NOT NULL,
  answer TEXT NOT NULL,
  doubt BOOLEAN NOT NULL,           -- it was sent once and not answered
  attempts BIGINT NOT NULL,
  before_minor BIGINT NOT NULL,     -- of a refund: what had been refunded when it was first sent
  booked_minor BIGINT NOT NULL,     -- of a refund: what was seen of it
  next_at BIGINT,                   -- of the next attempt; NULL: there is none
  sent_at BIGINT,                   -- for the first time
  created_at BIGINT NOT NULL,
  ended_at BIGINT,
  UNIQUE (payment_id, seq)
);
CREATE INDEX payment_step_due ON payment_step (next_at, id) WHERE next_at IS NOT NULL;

-- Calls of providers to us, as far as they were signed. Retention: 90 days; a provider does not repeat one for so long.
CREATE TABLE payment_delivery (
  provider TEXT NOT NULL,
  event TEXT NOT NULL,
  kind TEXT NOT NULL,
  ref TEXT NOT NULL,
  payment_id TEXT NOT NULL,
  times BIGINT NOT NULL,
  received_at BIGINT NOT NULL,
  handled_at BIGINT,
  PRIMARY KEY (provider, event)
);
CREATE INDEX payment_delivery_age ON payment_delivery (received_at);

-- Methods that drivers saved. Retention: until 540 days after they were removed, while a dispute may still come.
CREATE TABLE payment_method (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL REFERENCES access_tenant (id),
  driver_id TEXT NOT NULL,
  provider TEXT NOT NULL,
  ref TEXT NOT NULL,
  customer TEXT NOT NULL,
  kind TEXT NOT NULL,
  brand TEXT NOT NULL,
  wallet TEXT NOT NULL,
  last4 TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  country TEXT NOT NULL,
  expires TEXT NOT NULL,
  preferred BOOLEAN NOT NULL,       -- the driver's default, one at most
  created_at BIGINT NOT NULL,
  removed_at BIGINT,
  UNIQUE (tenant_id, driver_id, provider, ref)
);

-- Objections of buyers at their banks. Retention: with the payment.
CREATE TABLE payment_dispute (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL REFERENCES access_tenant (id),
  payment_id TEXT NOT NULL REFERENCES payment_payment (id),
  provider TEXT NOT NULL,
  ref TEXT NOT NULL,
  reason TEXT NOT NULL,
  amount_minor BIGINT NOT NULL,
  currency TEXT NOT NULL,
  state TEXT NOT NULL,
  due_at BIGINT,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  UNIQUE (provider, ref)
);
CREATE INDEX payment_dispute_list ON payment_dispute (tenant_id, created_at, id);
CREATE INDEX payment_dispute_payment ON payment_dispute (payment_id, created_at, id);

-- Entries of our balance with a provider, as it reports them. Retention: 10 years, as the books.
CREATE TABLE payment_movement (
  provider TEXT NOT NULL,
  ref TEXT NOT NULL,
  tenant_id TEXT NOT NULL REFERENCES access_tenant (id),
  entity_id TEXT NOT NULL REFERENCES access_entity (id),
  kind TEXT NOT NULL,
  charge TEXT NOT NULL,             -- the provider's reference of the payment; '' of none
  gross_minor BIGINT NOT NULL,      -- negative leaves our account; gross = fee + net
  fee_minor BIGINT NOT NULL,
  net_minor BIGINT NOT NULL,
  currency TEXT NOT NULL,
  moved_at BIGINT NOT NULL,
  available_at BIGINT,
  imported_at BIGINT NOT NULL,
  PRIMARY KEY (provider, ref)
);
CREATE INDEX payment_movement_list ON payment_movement (tenant_id, provider, moved_at, ref);

-- What moved on each charge: our books beside the provider's report. Retention: with the payment.
CREATE TABLE payment_item (
  provider TEXT NOT NULL,
  charge TEXT NOT NULL,             -- the provider's reference, or that of a movement of no charge
  kind TEXT NOT NULL,
  currency TEXT NOT NULL,
  tenant_id TEXT NOT NULL REFERENCES access_tenant (id),
  payment_id TEXT,
  ours_minor BIGINT NOT NULL,
  theirs_minor BIGINT NOT NULL,
  ours_at BIGINT,                   -- when the last of ours was booked; NULL: nothing was
  theirs_at BIGINT,
  PRIMARY KEY (provider, charge, kind, currency)
);
CREATE INDEX payment_item_list ON payment_item (tenant_id, provider, charge, kind, currency);
CREATE INDEX payment_item_open ON payment_item (tenant_id, provider, charge, kind, currency) WHERE ours_minor <> theirs_minor;
