-- Secrets of dynamic QR codes (OCPP 2.1 C25), sealed under a key of the installation, as stations took them from us; evse 0 is the station.
-- Retention: until replaced; with the device.
CREATE TABLE device_qr (
  device_id TEXT NOT NULL REFERENCES device_device (id),
  evse BIGINT NOT NULL,
  sealed TEXT NOT NULL,
  next_sealed TEXT NOT NULL,        -- one that the station may have taken, or takes after a reboot; '' none
  updated_at BIGINT NOT NULL,
  PRIMARY KEY (device_id, evse)
);

-- Dynamic codes that somebody opened, and those that were no good. Retention: a day.
CREATE TABLE device_qr_try (
  station_id TEXT NOT NULL,
  evse BIGINT NOT NULL,
  remote TEXT NOT NULL,             -- digest of the address it came from
  code TEXT NOT NULL,               -- '' of one that was no good
  tried_at BIGINT NOT NULL,
  PRIMARY KEY (station_id, evse, tried_at, remote)
);
CREATE INDEX device_qr_try_remote ON device_qr_try (remote, tried_at);
CREATE INDEX device_qr_try_term ON device_qr_try (tried_at);

-- What stations with a payment terminal settled themselves (OCPP 2.1 C18–C23), as they told it. Retention: 10 years, as the books.
CREATE TABLE billing_settlement (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL REFERENCES access_tenant (id),
  station_id TEXT NOT NULL,
  tx TEXT NOT NULL,                 -- '' where the payment was cancelled before the transaction
  psp_ref TEXT NOT NULL,            -- of the provider behind the terminal
  digest TEXT NOT NULL,             -- of all that was told: a repetition is none twice
  outcome TEXT NOT NULL,            -- as OCPP spells it
  info TEXT NOT NULL,
  amount TEXT NOT NULL,             -- as it was told, in major units
  micro BIGINT,                     -- the same, 10⁻⁶ of them; NULL: it is no amount
  settled_at BIGINT,
  receipt_id TEXT NOT NULL,         -- of the terminal
  receipt_url TEXT NOT NULL,
  company TEXT NOT NULL,            -- JSON, '' none
  vat_number TEXT NOT NULL,
  secret TEXT NOT NULL,             -- digest of what the address of our receipt holds
  session_id TEXT,
  state TEXT NOT NULL,
  why TEXT NOT NULL,
  closed_by TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  UNIQUE (station_id, psp_ref, digest)
);
CREATE INDEX billing_settlement_tx ON billing_settlement (station_id, tx);
CREATE INDEX billing_settlement_secret ON billing_settlement (secret);
CREATE INDEX billing_settlement_list ON billing_settlement (tenant_id, created_at, id);
