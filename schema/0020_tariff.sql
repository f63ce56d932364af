-- Every version of a tariff that was ever published. Retention: the legal term of the invoices that name it.
CREATE TABLE tariff_version (
  tenant_id TEXT NOT NULL REFERENCES access_tenant (id),
  tariff_id TEXT NOT NULL,
  version_hash TEXT NOT NULL,
  currency TEXT NOT NULL,
  body TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, tariff_id, version_hash)
);

-- The version of each tariff that holds now. Retention: while the tariff is offered.
CREATE TABLE tariff_tariff (
  tenant_id TEXT NOT NULL REFERENCES access_tenant (id),
  id TEXT NOT NULL,
  current_hash TEXT NOT NULL,
  name TEXT NOT NULL,
  updated_at BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, id)
);
CREATE INDEX tariff_tariff_newest ON tariff_tariff (tenant_id, updated_at, id);
