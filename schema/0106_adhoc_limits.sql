-- What a guest takes at most, as they chose it on the page; 0 is no limit. A most cost is in hold_minor, too.
ALTER TABLE driver_guest ADD COLUMN max_cost_minor BIGINT NOT NULL DEFAULT 0;   -- gross
ALTER TABLE driver_guest ADD COLUMN max_energy_wh BIGINT NOT NULL DEFAULT 0;
ALTER TABLE driver_guest ADD COLUMN max_time_s BIGINT NOT NULL DEFAULT 0;       -- from the beginning of the session
-- The same as it was chosen at the station, and stood in the dynamic code (OCPP 2.1 C25).
ALTER TABLE driver_guest ADD COLUMN asked_cost_minor BIGINT NOT NULL DEFAULT 0;
ALTER TABLE driver_guest ADD COLUMN asked_energy_wh BIGINT NOT NULL DEFAULT 0;
ALTER TABLE driver_guest ADD COLUMN asked_time_s BIGINT NOT NULL DEFAULT 0;
-- The limit that ended charging, in the words of OCPP; '' none did.
ALTER TABLE driver_guest ADD COLUMN reached TEXT NOT NULL DEFAULT '';
