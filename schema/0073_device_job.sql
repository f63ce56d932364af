-- Jobs: one command to many devices, and how it ended at each. The body is kept
-- masked; whole says that nothing in it was, so that the job can go on after a
-- restart. Retention: 400 days.
CREATE TABLE device_job (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL REFERENCES access_tenant (id),
  actor TEXT NOT NULL,             -- on whose behalf
  actor_name TEXT NOT NULL,
  kind TEXT NOT NULL,
  body TEXT NOT NULL,              -- JSON, with secrets and token numbers masked
  whole BOOLEAN NOT NULL,
  state TEXT NOT NULL,             -- running, done, cancelled
  total BIGINT NOT NULL,
  created_at BIGINT NOT NULL       -- µs UTC
);
CREATE INDEX device_job_list ON device_job (tenant_id, created_at, id);
CREATE INDEX device_job_running ON device_job (id) WHERE state = 'running';
CREATE INDEX device_job_age ON device_job (created_at);

-- Retention: as of the job.
CREATE TABLE device_job_item (
  job_id TEXT NOT NULL REFERENCES device_job (id),
  n BIGINT NOT NULL,               -- place in the job, from 1
  station_id TEXT NOT NULL,
  state TEXT NOT NULL,             -- waiting, asked, accepted, refused, failed, offline, unknown, cancelled
  status TEXT NOT NULL,            -- of the outcome
  word TEXT NOT NULL,
  reason TEXT NOT NULL,
  at BIGINT,                       -- µs UTC, of the state
  PRIMARY KEY (job_id, n)
);
CREATE INDEX device_job_item_due ON device_job_item (n, job_id) WHERE state = 'waiting';
CREATE INDEX device_job_item_asked ON device_job_item (job_id, n) WHERE state = 'asked';
