-- The site where a session or a reservation took place: a station that moves
-- leaves them behind. Retention: as of their tables.
ALTER TABLE session_session ADD COLUMN site_id TEXT NOT NULL DEFAULT '';
UPDATE session_session SET site_id = COALESCE((SELECT t.site_id FROM station_station t WHERE t.id = session_session.station_id), '');
-- Lists show the last begun first; what nobody said the beginning of began when it was first heard of.
DROP INDEX session_session_list;
DROP INDEX session_session_station;
CREATE INDEX session_session_list ON session_session (tenant_id, COALESCE(started_at, created_at), id);
CREATE INDEX session_session_station ON session_session (station_id, COALESCE(started_at, created_at), id);
CREATE INDEX session_session_site ON session_session (tenant_id, site_id, COALESCE(started_at, created_at), id);

ALTER TABLE reserve_reservation ADD COLUMN site_id TEXT NOT NULL DEFAULT '';
UPDATE reserve_reservation SET site_id = COALESCE((SELECT t.site_id FROM station_station t WHERE t.id = reserve_reservation.station_id), '');
CREATE INDEX reserve_reservation_site ON reserve_reservation (tenant_id, site_id, created_at, id);
