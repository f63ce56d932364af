-- Commands sent to devices and how each ended: who sent what, and the station's word. Retention: 400 days.
CREATE TABLE device_command (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL REFERENCES access_tenant (id),
  station_id TEXT NOT NULL,
  device_id TEXT NOT NULL,
  actor TEXT NOT NULL,             -- on whose behalf
  kind TEXT NOT NULL,
  body TEXT NOT NULL,              -- JSON, with secrets and token numbers masked
  state TEXT NOT NULL,             -- queued, sent, answered, expired, failed
  status TEXT NOT NULL,            -- of the outcome; '' while there is none
  word TEXT NOT NULL,
  reason TEXT NOT NULL,
  request BIGINT,                  -- the number that later messages about it carry
  queued_at BIGINT NOT NULL,       -- µs UTC
  sent_at BIGINT,
  answered_at BIGINT
);
CREATE INDEX device_command_list ON device_command (tenant_id, station_id, queued_at, id);
CREATE INDEX device_command_age ON device_command (queued_at);
