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

-- Reports of the provider of stations' terminals that were taken over; their rows are in payment_movement. Retention: 10 years, as the books.
CREATE TABLE payment_report (
  tenant_id TEXT NOT NULL REFERENCES access_tenant (id),
  digest TEXT NOT NULL,             -- of the file
  row_count BIGINT NOT NULL,
  fresh_count BIGINT NOT NULL,      -- rows that no report had before
  strange_count BIGINT NOT NULL,    -- rows that contradict an earlier one
  taken_by TEXT NOT NULL,
  taken_at BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, digest)
);
CREATE INDEX payment_report_list ON payment_report (tenant_id, taken_at, digest);

-- What terminals took and was booked already is laid beside what is paid out.
INSERT INTO payment_item (provider, charge, kind, currency, tenant_id, ours_minor, theirs_minor, ours_at)
SELECT 'terminal', s.psp_ref, 'charge', p.currency, min(s.tenant_id), CAST(SUM(p.amount_minor) AS BIGINT), 0, max(j.booked_at)
FROM billing_settlement s
JOIN billing_claim c ON c.session_id = s.session_id AND c.tenant_id = s.tenant_id
JOIN ledger_journal j ON j.tenant_id = s.tenant_id AND j.cause = 'claim/' || c.id || '/terminal/' || s.id
JOIN ledger_posting p ON p.journal_id = j.id AND p.account = 'clearing/terminal'
GROUP BY s.psp_ref, p.currency;
