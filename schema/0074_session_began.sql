-- Lists of sessions show the last begun first; what nobody said the beginning of began when it was first heard of. What
-- waits for a person or to be priced, and what is open, are few among all sessions. Retention: as of the table.
DROP INDEX session_session_list;
DROP INDEX session_session_station;
DROP INDEX session_session_site;
DROP INDEX session_session_driver;
CREATE INDEX session_session_list ON session_session (tenant_id, COALESCE(started_at, created_at), id);
CREATE INDEX session_session_station ON session_session (station_id, COALESCE(started_at, created_at), id);
CREATE INDEX session_session_site ON session_session (tenant_id, site_id, COALESCE(started_at, created_at), id);
CREATE INDEX session_session_driver ON session_session (tenant_id, driver_id, COALESCE(started_at, created_at), id) WHERE driver_id IS NOT NULL;
CREATE INDEX session_session_unsettled ON session_session (tenant_id, COALESCE(started_at, created_at), id) WHERE state = 'closed' AND NOT settled;
CREATE INDEX session_session_running ON session_session (tenant_id, COALESCE(started_at, created_at), id) WHERE state <> 'closed';
