-- Where a legal entity is registered for tax, and since when. A row ends; it is never rewritten.
-- Retention: the legal term of the documents that name it (10 years after it ended).
CREATE TABLE access_registration (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL REFERENCES access_tenant (id),
  entity_id TEXT NOT NULL REFERENCES access_entity (id),
  country TEXT NOT NULL,             -- ISO 3166-1
  region TEXT NOT NULL,              -- ISO 3166-2; '' the whole country
  kind TEXT NOT NULL,                -- standard, oss, small_business
  vat_id TEXT NOT NULL,
  dealers_owe BOOLEAN NOT NULL,      -- a dealer of the country owes the tax in the seller's place
  valid_from TEXT NOT NULL,          -- YYYY-MM-DD, inclusive
  valid_until TEXT NOT NULL,         -- exclusive; '' no end
  entered_by TEXT NOT NULL,
  entered_at BIGINT NOT NULL
);
CREATE INDEX access_registration_entity ON access_registration (tenant_id, entity_id, valid_from, id);
