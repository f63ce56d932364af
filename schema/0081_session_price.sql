-- The price of a session as its driver was told: which version, in which words, and how it came to hold. Retention: with the session.
CREATE TABLE session_price (
  session_id TEXT PRIMARY KEY,
  how TEXT NOT NULL,
  tariff_id TEXT NOT NULL,
  tariff_version TEXT NOT NULL,
  currency TEXT NOT NULL,
  language TEXT NOT NULL,
  words TEXT NOT NULL,
  digest TEXT NOT NULL,
  profile TEXT NOT NULL,
  at BIGINT NOT NULL
);

-- What a driver read when accepting a price. Retention: as driver_start.
ALTER TABLE driver_start ADD COLUMN language TEXT NOT NULL DEFAULT '';
ALTER TABLE driver_start ADD COLUMN words TEXT NOT NULL DEFAULT '';
ALTER TABLE driver_start ADD COLUMN connectors TEXT NOT NULL DEFAULT '';

-- The law under which an EVSE bills: '' none in particular, nevi, eichrecht, afir. Retention: as its table.
ALTER TABLE station_evse ADD COLUMN legal_profile TEXT NOT NULL DEFAULT '';
