-- Which tariff is offered where, to whom and when. A row is never changed but to be ended: what was offered at a time can be told for good.
-- from_at 0 is since ever. Retention: as tariff_version.
CREATE TABLE tariff_offer (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL REFERENCES access_tenant (id),
  kind TEXT NOT NULL,
  place_id TEXT NOT NULL,
  audience TEXT NOT NULL,
  group_id TEXT NOT NULL,
  tariff_id TEXT NOT NULL,
  from_at BIGINT NOT NULL,
  until_at BIGINT,
  made_at BIGINT NOT NULL,
  ended_at BIGINT
);
CREATE INDEX tariff_offer_place ON tariff_offer (tenant_id, kind, place_id);
CREATE INDEX tariff_offer_tariff ON tariff_offer (tenant_id, tariff_id, from_at, id);
INSERT INTO tariff_offer (id, tenant_id, kind, place_id, audience, group_id, tariff_id, from_at, made_at)
  SELECT 'off_' || a.kind || '_' || a.tenant_id || '_' || a.place_id, a.tenant_id, a.kind, a.place_id, 'all', '', a.tariff_id, 0, a.updated_at
  FROM tariff_assignment a JOIN tariff_tariff t ON t.tenant_id = a.tenant_id AND t.id = a.tariff_id;

-- Which version of a tariff holds from when on: the last at or before a time. The first of a tariff holds since ever.
-- valid_from and valid_until are the tariff's own. Retention: as tariff_version.
CREATE TABLE tariff_publication (
  tenant_id TEXT NOT NULL REFERENCES access_tenant (id),
  tariff_id TEXT NOT NULL,
  from_at BIGINT NOT NULL,
  version_hash TEXT NOT NULL,
  valid_from BIGINT,
  valid_until BIGINT,
  made_at BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, tariff_id, from_at)
);
INSERT INTO tariff_publication (tenant_id, tariff_id, from_at, version_hash, made_at)
  SELECT tenant_id, id, updated_at, current_hash, updated_at FROM tariff_tariff;
INSERT INTO tariff_publication (tenant_id, tariff_id, from_at, version_hash, made_at)
  SELECT tenant_id, tariff_id, created_at, max(version_hash), created_at FROM tariff_version v
  WHERE NOT EXISTS (SELECT 1 FROM tariff_publication p WHERE p.tenant_id = v.tenant_id AND p.tariff_id = v.tariff_id AND p.from_at = v.created_at)
  GROUP BY tenant_id, tariff_id, created_at;
UPDATE tariff_publication SET from_at = 0 WHERE from_at = (
  SELECT min(p.from_at) FROM tariff_publication p WHERE p.tenant_id = tariff_publication.tenant_id AND p.tariff_id = tariff_publication.tariff_id);
