-- As what a driver buys, for tax: only who does not buy as a consumer has a row.
-- Retention: until taken away; deleted with the driver. Receipts keep their copy for the tax term.
CREATE TABLE driver_buyer (
  driver_id TEXT PRIMARY KEY REFERENCES driver_driver (id),
  tenant_id TEXT NOT NULL REFERENCES access_tenant (id),
  kind TEXT NOT NULL,                -- business, dealer
  company TEXT NOT NULL,
  address TEXT NOT NULL,
  country TEXT NOT NULL,             -- ISO 3166-1
  vat_id TEXT NOT NULL,              -- '' none
  check_state TEXT NOT NULL,         -- '' nobody looked, valid, invalid
  validated_at BIGINT,
  validated_by TEXT NOT NULL,        -- the id of a member of staff, or the service that was asked
  evidence TEXT NOT NULL,
  updated_at BIGINT NOT NULL
);
CREATE INDEX driver_buyer_tenant ON driver_buyer (tenant_id, driver_id);
