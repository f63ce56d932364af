-- Where tariffs apply. Retention: while assigned; a session keeps the version it was bound to.
CREATE TABLE tariff_assignment (
  tenant_id TEXT NOT NULL REFERENCES access_tenant (id),
  kind TEXT NOT NULL,
  place_id TEXT NOT NULL,
  tariff_id TEXT NOT NULL,
  updated_at BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, kind, place_id)
);
