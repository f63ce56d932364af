-- What each station was told to show of prices before a session: what holds now, and what comes next. digest and next_digest are of the contents,
-- slot is the place of the message that holds now, placed are the ids of the tariffs it was given to rate by, cannot says why it shows nothing.
-- Retention: with the station.
CREATE TABLE billing_display (
  station_id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL REFERENCES access_tenant (id),
  digest TEXT NOT NULL,
  next_at BIGINT,                  -- µs UTC; NULL: no change is planned
  next_digest TEXT NOT NULL,
  ahead BOOLEAN NOT NULL,          -- it was told what comes next
  slot BIGINT NOT NULL,            -- 0 or 1
  placed TEXT NOT NULL,            -- ids with commas
  cannot TEXT NOT NULL,
  job_id TEXT NOT NULL             -- '' where it was told nothing
);
CREATE INDEX billing_display_tenant ON billing_display (tenant_id, station_id);

-- Which versions of tariffs a row of billing_display shows; from_at 0 is now. Retention: as billing_display.
CREATE TABLE billing_display_tariff (
  station_id TEXT NOT NULL,
  tenant_id TEXT NOT NULL,
  tariff_id TEXT NOT NULL,
  version_hash TEXT NOT NULL,
  from_at BIGINT NOT NULL,
  PRIMARY KEY (station_id, tariff_id, version_hash, from_at)
);
CREATE INDEX billing_display_tariff_list ON billing_display_tariff (tenant_id, tariff_id, station_id);

-- What waits for a station that was away.
CREATE INDEX device_job_item_offline ON device_job_item (station_id) WHERE state = 'offline';
