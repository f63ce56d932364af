-- What lists of stations and sites are filtered, counted and ordered by. overall
-- is what station.Overall derives, kept where it changes; words is what search
-- looks into, in lower case. Retention: as of their tables.
ALTER TABLE station_station ADD COLUMN overall TEXT NOT NULL DEFAULT 'offline';
ALTER TABLE station_station ADD COLUMN overall_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE station_station ADD COLUMN vendor TEXT NOT NULL DEFAULT '';
ALTER TABLE station_station ADD COLUMN made TEXT NOT NULL DEFAULT '';
ALTER TABLE station_station ADD COLUMN words TEXT NOT NULL DEFAULT '';
ALTER TABLE station_site ADD COLUMN words TEXT NOT NULL DEFAULT '';

-- No station is connected while this runs.
UPDATE station_station SET overall_at = COALESCE(disconnected_at, status_at, updated_at);
UPDATE station_station SET
  vendor = COALESCE((SELECT d.vendor FROM device_device d WHERE d.station_id = station_station.id AND d.removed_at IS NULL), ''),
  made = COALESCE((SELECT lower(d.vendor || ' ' || d.model || ' ' || d.serial || ' ' || d.firmware || ' ' || d.meter_serial)
    FROM device_device d WHERE d.station_id = station_station.id AND d.removed_at IS NULL), '');
UPDATE station_station SET words = lower(id || ' ' || name) || ' ' || made;
UPDATE station_site SET words = lower(id || ' ' || name || ' ' || address || ' ' || postal_code || ' ' || city);

CREATE INDEX station_station_overall ON station_station (tenant_id, overall, id);
CREATE INDEX station_station_overall_at ON station_station (tenant_id, overall_at, id);
CREATE INDEX station_station_name ON station_station (tenant_id, name, id);
CREATE INDEX station_station_facets ON station_station (tenant_id, site_id, overall, protocol, vendor, onboarding);
