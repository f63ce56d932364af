-- What somebody was kept from doing because it looked like fraud, why, and until when. The subject of a token is its uid and that of a card
-- the fingerprint of the provider. Retention: 90 days after it ended; a token bears its pseudonym once its driver has left.
CREATE TABLE brake_block (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL REFERENCES access_tenant (id),
  kind TEXT NOT NULL,               -- token, account, card, evse, address
  subject TEXT NOT NULL,
  reason TEXT NOT NULL,
  driver_id TEXT,
  station_id TEXT NOT NULL,         -- where it was noticed
  evse BIGINT NOT NULL,
  evidence TEXT NOT NULL,           -- JSON
  began_at BIGINT NOT NULL,
  until_at BIGINT NOT NULL,         -- when it ends by itself, or was lifted
  lifted_by TEXT NOT NULL,          -- '' ended, or will end, by itself
  lifted_for TEXT NOT NULL
);
CREATE INDEX brake_block_subject ON brake_block (tenant_id, kind, subject, until_at);
CREATE INDEX brake_block_list ON brake_block (tenant_id, began_at, id);
CREATE INDEX brake_block_term ON brake_block (until_at);

-- From how much on something looks like fraud. A tenant without a row has the defaults. Retention: while the tenant exists.
CREATE TABLE brake_limits (
  tenant_id TEXT PRIMARY KEY REFERENCES access_tenant (id),
  token_starts BIGINT NOT NULL,
  account_parallel BIGINT NOT NULL,
  travel_kmh BIGINT NOT NULL,
  address_visits BIGINT NOT NULL,
  address_unpaid BIGINT NOT NULL,
  evse_visits BIGINT NOT NULL,
  evse_unpaid BIGINT NOT NULL,
  card_visits BIGINT NOT NULL,
  card_refused BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);
