-- Tax rates by place, kind of line and day. A row ends and another begins; what held is never rewritten.
-- Retention: the legal term of the documents taxed by them (10 years after a row ended).
CREATE TABLE tariff_tax_rate (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL REFERENCES access_tenant (id),
  country TEXT NOT NULL,             -- ISO 3166-1
  region TEXT NOT NULL,              -- ISO 3166-2; '' the whole country
  postal TEXT NOT NULL,              -- beginnings of postal codes, joined by commas; '' all
  name TEXT NOT NULL,
  kind TEXT NOT NULL,                -- of line; '' every kind
  percent_e6 BIGINT NOT NULL,        -- 10^-6 of a percent
  per_kwh_e6 BIGINT NOT NULL,        -- 10^-6 of the major unit; 0: it is a percentage
  currency TEXT NOT NULL,            -- of per_kwh_e6
  on_taxes BOOLEAN NOT NULL,
  category TEXT NOT NULL,            -- UNCL5305
  valid_from TEXT NOT NULL,          -- YYYY-MM-DD, inclusive
  valid_until TEXT NOT NULL,         -- exclusive; '' no end
  source TEXT NOT NULL,
  entered_by TEXT NOT NULL,
  entered_at BIGINT NOT NULL
);
CREATE INDEX tariff_tax_rate_place ON tariff_tax_rate (tenant_id, country, region, valid_from, id);
