-- Reservations that stations granted. Retention: 400 days after the last change; tokens are pseudonymised when their driver is deleted.
CREATE TABLE reserve_reservation (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL REFERENCES access_tenant (id),
  station_id TEXT NOT NULL,
  number BIGINT NOT NULL,
  evse BIGINT NOT NULL,
  connector BIGINT NOT NULL,
  token TEXT NOT NULL,
  token_key TEXT NOT NULL,
  expires_at BIGINT NOT NULL,
  status TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  UNIQUE (station_id, number)
);
CREATE INDEX reserve_reservation_list ON reserve_reservation (tenant_id, created_at, id);
