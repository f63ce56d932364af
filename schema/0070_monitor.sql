-- Power of stations in steps of 5 minutes, of what was measured while the server ran; station '' is all of a site, site '' all of a tenant.
-- Retention: 400 days.
CREATE TABLE monitor_power (
  tenant_id TEXT NOT NULL REFERENCES access_tenant (id),
  site_id TEXT NOT NULL,
  station_id TEXT NOT NULL,
  at BIGINT NOT NULL,              -- µs UTC, the beginning of the step
  mean_w BIGINT NOT NULL,          -- over what was known of the step; negative when fed back
  max_w BIGINT NOT NULL,
  known_s BIGINT NOT NULL,         -- s of the step in which it was known
  PRIMARY KEY (tenant_id, site_id, station_id, at)
);
CREATE INDEX monitor_power_age ON monitor_power (at);
-- What ended since a time, for the energy of a day.
CREATE INDEX session_session_stopped ON session_session (tenant_id, stopped_at) WHERE state = 'closed';
