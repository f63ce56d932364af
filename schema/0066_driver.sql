-- The address a driver signs in with: lower case, one among a tenant's living drivers; NULL for the deleted and for those who never had one.
-- Where several drivers were given one address, the first keeps it.
ALTER TABLE driver_driver ADD COLUMN login TEXT;
UPDATE driver_driver SET login = lower(email) WHERE deleted_at IS NULL AND email <> '' AND id = (
  SELECT min(o.id) FROM driver_driver o
  WHERE o.tenant_id = driver_driver.tenant_id AND o.deleted_at IS NULL AND lower(o.email) = lower(driver_driver.email));
CREATE UNIQUE INDEX driver_driver_login ON driver_driver (tenant_id, login);

-- What a token is for: '' one that a person holds, app the hidden one that a driver's own starts are made with. When its driver added it.
ALTER TABLE driver_token ADD COLUMN purpose TEXT NOT NULL DEFAULT '';
ALTER TABLE driver_token ADD COLUMN added_at BIGINT;

-- Cards that drivers say are theirs, until an operator decides. Retention: until decided or taken back; deleted with the driver.
CREATE TABLE driver_claim (
  driver_id TEXT NOT NULL REFERENCES driver_driver (id),
  uid TEXT NOT NULL,
  tenant_id TEXT NOT NULL REFERENCES access_tenant (id),
  shown_uid TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (driver_id, uid)
);

-- Retention: until the driver takes it away; deleted with the driver.
CREATE TABLE driver_vehicle (
  id TEXT PRIMARY KEY,
  driver_id TEXT NOT NULL REFERENCES driver_driver (id),
  name TEXT NOT NULL,
  make TEXT NOT NULL,
  model TEXT NOT NULL,
  battery_wh BIGINT NOT NULL,
  max_ac_w BIGINT NOT NULL,
  max_dc_w BIGINT NOT NULL,
  connectors TEXT NOT NULL,
  updated_at BIGINT NOT NULL
);
CREATE INDEX driver_vehicle_driver ON driver_vehicle (driver_id, id);

-- Sites a driver keeps at hand; tell_until: wants to be told when one is free, until then; full_seen: it was seen without a free one since.
-- Retention: until the driver takes it away; deleted with the driver.
CREATE TABLE driver_favourite (
  driver_id TEXT NOT NULL REFERENCES driver_driver (id),
  site_id TEXT NOT NULL,
  tenant_id TEXT NOT NULL REFERENCES access_tenant (id),
  tell_until BIGINT,
  full_seen BOOLEAN NOT NULL,
  added_at BIGINT NOT NULL,
  PRIMARY KEY (driver_id, site_id)
);
CREATE INDEX driver_favourite_tell ON driver_favourite (site_id, driver_id) WHERE tell_until IS NOT NULL;

-- What drivers report about a place. Retention: 400 days after it is done; the text is deleted with the driver.
CREATE TABLE driver_report (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL REFERENCES access_tenant (id),
  driver_id TEXT NOT NULL REFERENCES driver_driver (id),
  site_id TEXT NOT NULL,
  station_id TEXT NOT NULL,
  evse BIGINT NOT NULL,
  kind TEXT NOT NULL,
  text TEXT NOT NULL,
  state TEXT NOT NULL,
  note TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);
CREATE INDEX driver_report_list ON driver_report (tenant_id, created_at, id);
CREATE INDEX driver_report_driver ON driver_report (driver_id, created_at, id);

-- Starts that drivers asked for, with the price they accepted. Retention: 90 days.
CREATE TABLE driver_start (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL REFERENCES access_tenant (id),
  driver_id TEXT NOT NULL REFERENCES driver_driver (id),
  station_id TEXT NOT NULL,
  evse BIGINT NOT NULL,
  token TEXT NOT NULL,
  number BIGINT NOT NULL,
  tariff_id TEXT NOT NULL,
  tariff_version TEXT NOT NULL,
  currency TEXT NOT NULL,
  vehicle_id TEXT NOT NULL,
  state TEXT NOT NULL,
  reason TEXT NOT NULL,
  session_id TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL
);
CREATE INDEX driver_start_driver ON driver_start (driver_id, created_at, id);
CREATE INDEX driver_start_token ON driver_start (tenant_id, token, created_at);
CREATE INDEX driver_start_place ON driver_start (station_id, evse, created_at);
CREATE INDEX driver_start_term ON driver_start (created_at);

-- A driver's own sessions, and the open ones of a site.
CREATE INDEX session_session_driver ON session_session (tenant_id, driver_id, created_at, id) WHERE driver_id IS NOT NULL;
CREATE INDEX session_session_at ON session_session (tenant_id, site_id, station_id, evse) WHERE state <> 'closed';
