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

-- Settlements of terminals that wait for a receipt, and receipts that wait for a settlement, are looked at a day after they came.
INSERT INTO outbox_event (id, topic, key, body, due_at, attempts, version, parked, created_at)
SELECT 'ev_late_' || id, 'billing.settlement_late', id, 'null', created_at + 86400000000, 0, 1, FALSE, created_at FROM billing_settlement WHERE state = 'waiting';
INSERT INTO outbox_event (id, topic, key, body, due_at, attempts, version, parked, created_at)
SELECT 'ev_late_' || id, 'billing.terminal_late', id, 'null', created_at + 86400000000, 0, 1, FALSE, created_at FROM billing_claim
WHERE state = 'open' AND reason = 'the terminal has not told what it settled';
