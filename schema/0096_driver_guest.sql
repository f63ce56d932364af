-- People who charge without an account, one visit each: what they were shown, what they pay with, how far they came.
-- Retention: 90 days after the visit; the receipt stays with the books.
CREATE TABLE driver_guest (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL REFERENCES access_tenant (id),
  secret TEXT NOT NULL UNIQUE,      -- digest of what the guest's own address holds
  station_id TEXT NOT NULL,
  evse BIGINT NOT NULL,
  token TEXT NOT NULL,              -- as tokens compare
  shown_token TEXT NOT NULL,
  number BIGINT NOT NULL,           -- remote start id
  tariff_id TEXT NOT NULL,
  tariff_version TEXT NOT NULL,
  currency TEXT NOT NULL,
  language TEXT NOT NULL,
  words TEXT NOT NULL,
  hold_minor BIGINT NOT NULL,
  email TEXT NOT NULL,
  remote TEXT NOT NULL,             -- digest of the address they came from, for the brakes on fraud
  payment_id TEXT NOT NULL,
  state TEXT NOT NULL,
  reason TEXT NOT NULL,
  session_id TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  connectors TEXT NOT NULL          -- ids of those the price was shown for, "1,3"; '' is any
);
CREATE INDEX driver_guest_payment ON driver_guest (payment_id);
CREATE INDEX driver_guest_token ON driver_guest (tenant_id, token);
CREATE INDEX driver_guest_place ON driver_guest (station_id, evse, created_at);
CREATE INDEX driver_guest_remote ON driver_guest (tenant_id, remote, created_at);
CREATE INDEX driver_guest_session ON driver_guest (session_id) WHERE session_id <> '';
CREATE INDEX driver_guest_term ON driver_guest (created_at);
CREATE INDEX driver_guest_charging ON driver_guest (created_at, id) WHERE state = 'charging';

-- Why a driver may not charge until something is paid; '' for a driver who may.
ALTER TABLE driver_driver ADD COLUMN held_for TEXT NOT NULL DEFAULT '';
