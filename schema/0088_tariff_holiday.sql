-- Whose public holidays a site has beside its country's: ISO 3166-2, as DE-BY; empty for the country's alone. Retention: as of the table.
ALTER TABLE station_site ADD COLUMN region TEXT NOT NULL DEFAULT '';

-- What an operator says of public holidays in a country or region, as ISO 3166 names it, where the built-in calendar is not right: a date (yyyymmdd)
-- is one, or is removed. Retention: until it is taken back; the calendar that a price depended on is kept with the price.
CREATE TABLE tariff_holiday (
  tenant_id TEXT NOT NULL REFERENCES access_tenant (id),
  region TEXT NOT NULL,
  date BIGINT NOT NULL,
  name TEXT NOT NULL,
  removed BOOLEAN NOT NULL,
  updated_at BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, region, date)
);
