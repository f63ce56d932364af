-- The indexes that tariffs may follow: their currency for good, whose days they are published for, how long a slot is, and how the last fetch went.
-- Times of day are minutes of the local day. Retention: as long as there are slots.
CREATE TABLE tariff_index (
  tenant_id TEXT NOT NULL REFERENCES access_tenant (id),
  id TEXT NOT NULL,
  currency TEXT NOT NULL,
  zone TEXT NOT NULL,
  slot_minutes BIGINT NOT NULL,
  due_minute BIGINT NOT NULL,
  alarm_minute BIGINT NOT NULL,
  fed BOOLEAN NOT NULL,
  fetched_at BIGINT,
  failed_at BIGINT,
  failure TEXT NOT NULL,
  missed BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, id)
);

-- What a kWh costs in each slot of an index, in 10⁻⁹ of the major unit. Rows are only added: a price that changes is a further version. The last
-- one published before the slot began counts. Retention: the legal term of the invoices priced by them.
CREATE TABLE tariff_slot (
  tenant_id TEXT NOT NULL,
  index_id TEXT NOT NULL,
  start_at BIGINT NOT NULL,
  published_at BIGINT NOT NULL,
  end_at BIGINT NOT NULL,
  price BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, index_id, start_at, published_at),
  FOREIGN KEY (tenant_id, index_id) REFERENCES tariff_index (tenant_id, id)
);
