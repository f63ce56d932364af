-- Mails to people. Retention: 30 days after the mail was made; its body until it is sent or given up.
CREATE TABLE notify_mail (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL REFERENCES access_tenant (id),
  nkey TEXT NOT NULL,               -- what makes the mail the only one of its kind
  kind TEXT NOT NULL,
  recipient TEXT NOT NULL,
  subject TEXT NOT NULL,
  text_body TEXT NOT NULL,
  html_body TEXT NOT NULL,
  state TEXT NOT NULL,
  attempts BIGINT NOT NULL,
  error TEXT NOT NULL,
  until_at BIGINT NOT NULL,         -- µs UTC; not sent after
  created_at BIGINT NOT NULL,
  done_at BIGINT,
  UNIQUE (tenant_id, nkey)
);
CREATE INDEX notify_mail_list ON notify_mail (tenant_id, created_at, id);
CREATE INDEX notify_mail_state ON notify_mail (state, created_at, id);
CREATE INDEX notify_mail_recipient ON notify_mail (tenant_id, recipient);

-- Webhook subscriptions of a tenant. Retention: until deleted.
CREATE TABLE notify_webhook (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL REFERENCES access_tenant (id),
  url TEXT NOT NULL,
  events TEXT NOT NULL,             -- names, joined by commas
  label TEXT NOT NULL,
  active BOOLEAN NOT NULL,
  secret TEXT NOT NULL,             -- sealed
  created_at BIGINT NOT NULL
);
CREATE INDEX notify_webhook_tenant ON notify_webhook (tenant_id, created_at, id);

-- How a subscription is doing: apart from it, because it changes with every delivery and is read by nobody who publishes.
-- Retention: with its subscription.
CREATE TABLE notify_pulse (
  webhook_id TEXT PRIMARY KEY,
  failures BIGINT NOT NULL,         -- in a row
  failing_since BIGINT,
  paused_until BIGINT,
  last_status BIGINT,               -- HTTP; 0: there was no answer
  last_at BIGINT,
  stopped TEXT NOT NULL             -- why we deactivated it; '' when we did not
);

-- Events on their way to a subscription. Retention: 30 days after they were made.
CREATE TABLE notify_delivery (
  id TEXT PRIMARY KEY,
  webhook_id TEXT NOT NULL,
  event_id TEXT NOT NULL,           -- the same for every subscription and attempt
  event TEXT NOT NULL,
  body TEXT NOT NULL,               -- JSON, as it is signed and sent
  state TEXT NOT NULL,
  attempts BIGINT NOT NULL,
  status BIGINT,                    -- of the last attempt
  latency_us BIGINT,
  response TEXT NOT NULL,           -- the beginning of it, or what went wrong
  next_at BIGINT,
  last_at BIGINT,
  created_at BIGINT NOT NULL,
  UNIQUE (webhook_id, event_id)
);
CREATE INDEX notify_delivery_list ON notify_delivery (webhook_id, created_at, id);
CREATE INDEX notify_delivery_due ON notify_delivery (webhook_id, state, next_at, id);
CREATE INDEX notify_delivery_age ON notify_delivery (created_at, id);
