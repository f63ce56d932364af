-- The sites of a host's key: "" is all of them. Retention: with the key.
ALTER TABLE access_key ADD COLUMN sites TEXT NOT NULL DEFAULT '';

-- What was asked of us that changes something, by whomever, and how it ended.
-- Retention: 400 days; drivers are named by their id alone, and what they are
-- called is masked before it is written.
CREATE TABLE access_audit (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL REFERENCES access_tenant (id),
  at BIGINT NOT NULL,                -- µs UTC; when it began
  actor_kind TEXT NOT NULL,          -- key, staff, driver, system or nobody
  actor TEXT NOT NULL,
  actor_name TEXT NOT NULL,
  action TEXT NOT NULL,              -- operation id
  method TEXT NOT NULL,
  path TEXT NOT NULL,
  object TEXT NOT NULL,              -- id of what it was done to; "" unknown
  remote TEXT NOT NULL,              -- address without port
  status BIGINT NOT NULL,            -- of HTTP; 0: begun, and its end is not on record
  change TEXT NOT NULL,              -- JSON, secrets masked
  search TEXT NOT NULL               -- lower case: actor's name, object, action, path
);
CREATE INDEX access_audit_list ON access_audit (tenant_id, at, id);
CREATE INDEX access_audit_actor ON access_audit (tenant_id, actor, at, id);
CREATE INDEX access_audit_object ON access_audit (tenant_id, object, at, id);
CREATE INDEX access_audit_at ON access_audit (at);

-- How the tenant shows itself to drivers. Retention: while the tenant exists.
CREATE TABLE access_brand (
  tenant_id TEXT PRIMARY KEY REFERENCES access_tenant (id),
  name TEXT NOT NULL,
  helpline TEXT NOT NULL,
  email TEXT NOT NULL,
  imprint_url TEXT NOT NULL,
  privacy_url TEXT NOT NULL,
  languages TEXT NOT NULL,           -- by comma, the default first
  logo_type TEXT NOT NULL,           -- media type; "" none
  logo BYTEA NOT NULL,
  updated_at BIGINT NOT NULL
);

-- Lists as people saved them. Retention: until removed, or with their person.
CREATE TABLE access_view (
  tenant_id TEXT NOT NULL REFERENCES access_tenant (id),
  owner TEXT NOT NULL,               -- id of a user or key
  id TEXT NOT NULL,                  -- unique for its owner
  page TEXT NOT NULL,
  name TEXT NOT NULL,
  query TEXT NOT NULL,
  shared BOOLEAN NOT NULL,
  updated_at BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, owner, id)
);
CREATE INDEX access_view_shared ON access_view (tenant_id, page, id) WHERE shared;
