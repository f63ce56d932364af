-- What people type and read on a charger: a number of six digits, one in the installation, given once and kept while the EVSE is; NULL until given.
-- The contract id is also kept in the form under which it compares: capitals and digits.
ALTER TABLE station_evse ADD COLUMN number TEXT;
ALTER TABLE station_evse ADD COLUMN contract_key TEXT NOT NULL DEFAULT '';
UPDATE station_evse SET contract_key = upper(replace(replace(replace(evse_id, '*', ''), '-', ''), ' ', ''));
CREATE UNIQUE INDEX station_evse_number ON station_evse (number);
CREATE INDEX station_evse_unnumbered ON station_evse (station_id, evse) WHERE number IS NULL;
CREATE INDEX station_evse_contract ON station_evse (contract_key) WHERE contract_key <> '';
