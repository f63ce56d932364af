-- How a driver keeps their wallet filled. What is in it is the ledger's to say. Retention: with the driver.
CREATE TABLE plan_wallet (
  tenant_id TEXT NOT NULL REFERENCES access_tenant (id),
  driver_id TEXT NOT NULL,
  currency TEXT NOT NULL,
  auto_below_minor BIGINT NOT NULL,
  auto_amount_minor BIGINT NOT NULL,
  topping TEXT NOT NULL,
  updated_at BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, driver_id, currency)
);

-- What open sessions may still take from a wallet. Retention: while the session is not paid.
CREATE TABLE plan_promise (
  tenant_id TEXT NOT NULL REFERENCES access_tenant (id),
  object_id TEXT NOT NULL,
  driver_id TEXT NOT NULL,
  currency TEXT NOT NULL,
  amount_minor BIGINT NOT NULL,
  made_at BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, object_id)
);
CREATE INDEX plan_promise_driver ON plan_promise (tenant_id, driver_id, currency);
