-- Tenant, legal entity and API keys. Retention: while the tenant exists.
CREATE TABLE access_tenant (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  created_at BIGINT NOT NULL
);

CREATE TABLE access_entity (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL REFERENCES access_tenant (id),
  name TEXT NOT NULL,
  country TEXT NOT NULL,
  currency TEXT NOT NULL,
  tax_ids TEXT NOT NULL,
  number_prefix TEXT NOT NULL,
  bank TEXT NOT NULL,
  provider_account TEXT NOT NULL,
  created_at BIGINT NOT NULL
);
CREATE INDEX access_entity_tenant ON access_entity (tenant_id);

CREATE TABLE access_key (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL REFERENCES access_tenant (id),
  digest TEXT NOT NULL UNIQUE,
  role TEXT NOT NULL,
  label TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  revoked_at BIGINT
);

-- Places. Retention: while the station exists; it is never deleted while a session names it.
CREATE TABLE station_site (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL REFERENCES access_tenant (id),
  entity_id TEXT NOT NULL REFERENCES access_entity (id),
  name TEXT NOT NULL,
  address TEXT NOT NULL,
  city TEXT NOT NULL,
  postal_code TEXT NOT NULL,
  country TEXT NOT NULL,
  latitude_e6 BIGINT,
  longitude_e6 BIGINT,
  zone TEXT NOT NULL,
  updated_at BIGINT NOT NULL
);
CREATE INDEX station_site_tenant ON station_site (tenant_id);

CREATE TABLE station_station (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL REFERENCES access_tenant (id),
  site_id TEXT NOT NULL REFERENCES station_site (id),
  name TEXT NOT NULL,
  onboarding TEXT NOT NULL,
  boot TEXT NOT NULL,
  boot_at BIGINT,
  protocol TEXT NOT NULL,
  epoch BIGINT NOT NULL,
  node TEXT NOT NULL,
  connected BOOLEAN NOT NULL,
  connected_at BIGINT,
  disconnected_at BIGINT,
  status TEXT NOT NULL,
  status_at BIGINT,
  updated_at BIGINT NOT NULL
);
CREATE INDEX station_station_tenant ON station_station (tenant_id, id);
CREATE INDEX station_station_site ON station_station (site_id);

CREATE TABLE station_evse (
  station_id TEXT NOT NULL REFERENCES station_station (id),
  evse BIGINT NOT NULL,
  evse_id TEXT NOT NULL,
  max_power_w BIGINT NOT NULL,
  PRIMARY KEY (station_id, evse)
);

CREATE TABLE station_connector (
  station_id TEXT NOT NULL REFERENCES station_station (id),
  evse BIGINT NOT NULL,
  connector BIGINT NOT NULL,
  standard TEXT NOT NULL,
  status TEXT NOT NULL,
  status_at BIGINT,
  error_code TEXT NOT NULL,
  vendor_error TEXT NOT NULL,
  info TEXT NOT NULL,
  PRIMARY KEY (station_id, evse, connector)
);

-- Connections of stations. Retention: 400 days.
CREATE TABLE station_connection (
  station_id TEXT NOT NULL,
  epoch BIGINT NOT NULL,
  node TEXT NOT NULL,
  remote TEXT NOT NULL,
  protocol TEXT NOT NULL,
  profile BIGINT NOT NULL,
  opened_at BIGINT NOT NULL,
  closed_at BIGINT,
  reason TEXT NOT NULL,
  PRIMARY KEY (station_id, epoch)
);
CREATE INDEX station_connection_open ON station_connection (station_id, epoch) WHERE closed_at IS NULL;

-- Refused handshakes, one row for each identity and reason. Retention: 90 days after the last.
CREATE TABLE station_refusal (
  identity TEXT NOT NULL,
  reason TEXT NOT NULL,
  remote TEXT NOT NULL,
  path TEXT NOT NULL,
  protocols TEXT NOT NULL,
  first_at BIGINT NOT NULL,
  last_at BIGINT NOT NULL,
  attempts BIGINT NOT NULL,
  PRIMARY KEY (identity, reason)
);
CREATE INDEX station_refusal_latest ON station_refusal (last_at DESC, identity, reason);

-- Devices: the cabinet that stands at a place. Retention: 10 years after removal (metering law).
CREATE TABLE device_device (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL REFERENCES access_tenant (id),
  station_id TEXT NOT NULL,
  vendor TEXT NOT NULL,
  model TEXT NOT NULL,
  serial TEXT NOT NULL,
  firmware TEXT NOT NULL,
  meter_type TEXT NOT NULL,
  meter_serial TEXT NOT NULL,
  iccid TEXT NOT NULL,
  imsi TEXT NOT NULL,
  meter_modulus_mwh BIGINT NOT NULL,
  security_profile BIGINT NOT NULL,
  verifier TEXT NOT NULL,
  installed_at BIGINT NOT NULL,
  removed_at BIGINT,
  updated_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX device_device_place ON device_device (station_id) WHERE removed_at IS NULL;

-- What a device's messages got wrong, counted. Retention: with the device.
CREATE TABLE device_finding (
  device_id TEXT NOT NULL REFERENCES device_device (id),
  action TEXT NOT NULL,
  kind TEXT NOT NULL,
  path TEXT NOT NULL,
  detail TEXT NOT NULL,
  first_at BIGINT NOT NULL,
  last_at BIGINT NOT NULL,
  times BIGINT NOT NULL,
  PRIMARY KEY (device_id, action, kind, path)
);

-- People. The only tables with personal data; deletion pseudonymises.
CREATE TABLE driver_driver (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL REFERENCES access_tenant (id),
  name TEXT NOT NULL,
  email TEXT NOT NULL,
  phone TEXT NOT NULL,
  language TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  deleted_at BIGINT
);
CREATE INDEX driver_driver_tenant ON driver_driver (tenant_id, id);

CREATE TABLE driver_token (
  tenant_id TEXT NOT NULL REFERENCES access_tenant (id),
  uid TEXT NOT NULL,
  shown_uid TEXT NOT NULL,
  type TEXT NOT NULL,
  driver_id TEXT REFERENCES driver_driver (id),
  group_id TEXT NOT NULL,
  status TEXT NOT NULL,
  expires_at BIGINT,
  prepaid_credit_minor BIGINT,
  max_energy_wh BIGINT,
  max_parallel_sessions BIGINT,
  updated_at BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, uid)
);
CREATE INDEX driver_token_driver ON driver_token (driver_id);

-- Sessions and their evidence. Retention: the tax term (10 years); tokens are pseudonymised when their driver is deleted.
CREATE TABLE session_session (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL REFERENCES access_tenant (id),
  station_id TEXT NOT NULL,
  device_id TEXT NOT NULL,
  evse BIGINT NOT NULL,
  connector BIGINT NOT NULL,
  tx TEXT NOT NULL,
  start_key TEXT,
  protocol TEXT NOT NULL,
  token TEXT NOT NULL,
  shown_token TEXT NOT NULL,
  token_type TEXT NOT NULL,
  token_verdict TEXT NOT NULL,
  driver_id TEXT,
  state TEXT NOT NULL,
  charging_state TEXT NOT NULL,
  flags TEXT NOT NULL,
  started_at BIGINT,
  stopped_at BIGINT,
  stop_reason TEXT NOT NULL,
  first_mwh BIGINT,
  last_mwh BIGINT,
  last_at BIGINT,
  energy_mwh BIGINT NOT NULL,
  tariff_id TEXT NOT NULL,
  tariff_version TEXT NOT NULL,
  seq_high BIGINT NOT NULL,
  seq_gaps TEXT NOT NULL,
  remote_start_id BIGINT,
  reservation_id BIGINT,
  offline BOOLEAN NOT NULL,
  estimated BOOLEAN NOT NULL,
  settled BOOLEAN NOT NULL,
  currency TEXT NOT NULL,
  cost_minor BIGINT,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  UNIQUE (station_id, tx),
  UNIQUE (station_id, start_key)
);
CREATE INDEX session_session_list ON session_session (tenant_id, created_at, id);
CREATE INDEX session_session_station ON session_session (station_id, created_at, id);
CREATE INDEX session_session_open ON session_session (station_id, evse) WHERE state <> 'closed';
CREATE INDEX session_session_token ON session_session (tenant_id, token) WHERE state <> 'closed';

CREATE TABLE session_input (
  station_id TEXT NOT NULL,
  tx TEXT NOT NULL,
  nkey TEXT NOT NULL,
  digest TEXT NOT NULL,
  kind TEXT NOT NULL,
  seq BIGINT NOT NULL,
  at BIGINT NOT NULL,
  received_at BIGINT NOT NULL,
  offline BOOLEAN NOT NULL,
  charging_state TEXT NOT NULL,
  samples TEXT NOT NULL,
  message TEXT NOT NULL,
  PRIMARY KEY (station_id, tx, nkey, digest)
);

-- Money at rest. Retention: the tax term (10 years). Rows are never changed or deleted.
CREATE TABLE ledger_journal (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL REFERENCES access_tenant (id),
  entity_id TEXT NOT NULL REFERENCES access_entity (id),
  cause TEXT NOT NULL,
  kind TEXT NOT NULL,
  reverses TEXT,
  booked_at BIGINT NOT NULL,
  UNIQUE (tenant_id, cause)
);
CREATE INDEX ledger_journal_entity ON ledger_journal (entity_id, booked_at, id);

CREATE TABLE ledger_posting (
  journal_id TEXT NOT NULL REFERENCES ledger_journal (id),
  line BIGINT NOT NULL,
  account TEXT NOT NULL,
  currency TEXT NOT NULL,
  amount_minor BIGINT NOT NULL,
  PRIMARY KEY (journal_id, line)
);
CREATE INDEX ledger_posting_account ON ledger_posting (account, currency);

CREATE TABLE billing_cdr (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL REFERENCES access_tenant (id),
  session_id TEXT NOT NULL UNIQUE,
  currency TEXT NOT NULL,
  energy_mwh BIGINT NOT NULL,
  total_excl TEXT NOT NULL,
  total_incl TEXT NOT NULL,
  body TEXT NOT NULL,
  created_at BIGINT NOT NULL
);
CREATE INDEX billing_cdr_list ON billing_cdr (tenant_id, created_at, id);

CREATE TABLE billing_series (
  entity_id TEXT NOT NULL REFERENCES access_entity (id),
  series TEXT NOT NULL,
  next BIGINT NOT NULL,
  PRIMARY KEY (entity_id, series)
);

CREATE TABLE billing_receipt (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL REFERENCES access_tenant (id),
  entity_id TEXT NOT NULL REFERENCES access_entity (id),
  session_id TEXT NOT NULL UNIQUE,
  number TEXT NOT NULL,
  currency TEXT NOT NULL,
  net_minor BIGINT NOT NULL,
  tax_minor BIGINT NOT NULL,
  gross_minor BIGINT NOT NULL,
  body TEXT NOT NULL,
  issued_at BIGINT NOT NULL,
  UNIQUE (entity_id, number)
);
CREATE INDEX billing_receipt_list ON billing_receipt (tenant_id, issued_at, id);

-- Messages of devices kept as they came, for those who work with them. Retention: 400 days.
CREATE TABLE device_notice (
  device_id TEXT NOT NULL REFERENCES device_device (id),
  action TEXT NOT NULL,
  day TEXT NOT NULL,
  digest TEXT NOT NULL,
  body TEXT NOT NULL,
  received_at BIGINT NOT NULL,
  PRIMARY KEY (device_id, action, day, digest)
);
CREATE INDEX device_notice_list ON device_notice (device_id, received_at);
