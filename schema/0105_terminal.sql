-- Card readers at sites, with a screen beside each: who begins a visit there pays by the reader. Retention: until the tenant is deleted;
-- retired ones serve nobody.
CREATE TABLE terminal_terminal (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL REFERENCES access_tenant (id),
  site_id TEXT NOT NULL REFERENCES station_site (id),
  name TEXT NOT NULL,
  provider TEXT NOT NULL,
  reader TEXT NOT NULL,             -- the provider's reference of it
  screen TEXT NOT NULL UNIQUE,      -- digest of what the address of its screen holds
  payment_id TEXT NOT NULL,         -- the last that the reader was asked for; '' none yet
  retired_at BIGINT,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);
CREATE INDEX terminal_terminal_list ON terminal_terminal (tenant_id, created_at, id);
CREATE UNIQUE INDEX terminal_terminal_reader ON terminal_terminal (provider, reader) WHERE retired_at IS NULL;

-- The EVSEs that a terminal serves, where it does not serve all of its site. Retention: with the terminal.
CREATE TABLE terminal_evse (
  terminal_id TEXT NOT NULL REFERENCES terminal_terminal (id),
  station_id TEXT NOT NULL,
  evse BIGINT NOT NULL,
  PRIMARY KEY (terminal_id, station_id, evse)
);

-- By which reader a payment was asked for, the provider's reference; '' by none.
ALTER TABLE payment_payment ADD COLUMN reader TEXT NOT NULL DEFAULT '';

-- At which terminal a visit began; '' on the guest's own page.
ALTER TABLE driver_guest ADD COLUMN terminal_id TEXT NOT NULL DEFAULT '';
CREATE INDEX driver_guest_terminal ON driver_guest (terminal_id, created_at, id) WHERE terminal_id <> '';
