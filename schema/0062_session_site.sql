-- The site where a session or a reservation took place: a station that moves
-- leaves them behind. Retention: as of their tables.
ALTER TABLE session_session ADD COLUMN site_id TEXT NOT NULL DEFAULT '';
UPDATE session_session SET site_id = COALESCE((SELECT t.site_id FROM station_station t WHERE t.id = session_session.station_id), '');
CREATE INDEX session_session_site ON session_session (tenant_id, site_id, created_at, id);

ALTER TABLE reserve_reservation ADD COLUMN site_id TEXT NOT NULL DEFAULT '';
UPDATE reserve_reservation SET site_id = COALESCE((SELECT t.site_id FROM station_station t WHERE t.id = reserve_reservation.station_id), '');
CREATE INDEX reserve_reservation_site ON reserve_reservation (tenant_id, site_id, created_at, id);
