-- Owner: base/outbox. Events, jobs and timers that wait for their handler; rows
-- are deleted when handled. Retention: until handled; parked ones until retried.
CREATE TABLE outbox_event (
	id TEXT PRIMARY KEY,
	topic TEXT NOT NULL,
	key TEXT NOT NULL,
	body TEXT NOT NULL,              -- JSON
	due_at BIGINT NOT NULL,          -- µs UTC
	lease_until BIGINT,              -- µs UTC; a runner works on it until then
	lease_by TEXT,
	attempts BIGINT NOT NULL,
	version BIGINT NOT NULL,         -- raised by each new intent while it is open
	last_error TEXT,
	parked BOOLEAN NOT NULL,         -- given up: a person decides
	created_at BIGINT NOT NULL
);

CREATE UNIQUE INDEX outbox_event_key ON outbox_event (topic, key);

CREATE INDEX outbox_event_due ON outbox_event (parked, due_at, id);
