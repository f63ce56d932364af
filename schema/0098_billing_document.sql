-- Documents about money: receipts of sessions, credit notes, statements. None is ever changed. Retention: 10 years, as the books.
CREATE TABLE billing_document (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL REFERENCES access_tenant (id),
  entity_id TEXT NOT NULL REFERENCES access_entity (id),
  kind TEXT NOT NULL,               -- receipt, credit_note, statement
  cause TEXT NOT NULL,              -- what makes it the only one of its kind, "settlement/<session>"
  number TEXT NOT NULL,
  session_id TEXT,                  -- of a receipt and a credit note
  revision BIGINT NOT NULL,         -- of a receipt: 1, and one more after each correction; else 0
  corrects TEXT,                    -- of a credit note: id of the receipt that it gives back of
  driver_id TEXT,                   -- whom it is for; NULL: a guest, or nobody known
  currency TEXT NOT NULL,
  net_minor BIGINT NOT NULL,        -- of a credit note: what goes back, not negative
  tax_minor BIGINT NOT NULL,
  gross_minor BIGINT NOT NULL,
  body TEXT NOT NULL,
  issued_at BIGINT NOT NULL,
  UNIQUE (entity_id, number),
  UNIQUE (tenant_id, cause)
);
INSERT INTO billing_document (id, tenant_id, entity_id, kind, cause, number, session_id, revision, driver_id, currency, net_minor, tax_minor, gross_minor, body, issued_at)
SELECT r.id, r.tenant_id, r.entity_id, 'receipt', 'settlement/' || r.session_id, r.number, r.session_id, 1, s.driver_id, r.currency, r.net_minor, r.tax_minor,
  r.gross_minor, r.body, r.issued_at FROM billing_receipt r LEFT JOIN session_session s ON s.id = r.session_id;
DROP TABLE billing_receipt;
CREATE INDEX billing_document_list ON billing_document (tenant_id, issued_at, id);
CREATE INDEX billing_document_kind ON billing_document (tenant_id, kind, issued_at, id);
CREATE INDEX billing_document_session ON billing_document (session_id, issued_at, id) WHERE session_id IS NOT NULL;
CREATE INDEX billing_document_corrects ON billing_document (corrects, issued_at, id) WHERE corrects IS NOT NULL;
CREATE INDEX billing_document_driver ON billing_document (tenant_id, driver_id, issued_at, id) WHERE driver_id IS NOT NULL;

-- Charge detail records: one for each time a session was priced. A credit takes one back (OCPI 2.2.1 §10.3.1.1 credit).
CREATE TABLE billing_record (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL REFERENCES access_tenant (id),
  session_id TEXT NOT NULL,
  revision BIGINT NOT NULL,
  credits TEXT,                     -- id of the record that it takes back
  currency TEXT NOT NULL,
  energy_mwh BIGINT NOT NULL,
  total_excl TEXT NOT NULL,
  total_incl TEXT NOT NULL,
  body TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  UNIQUE (session_id, revision)
);
INSERT INTO billing_record (id, tenant_id, session_id, revision, currency, energy_mwh, total_excl, total_incl, body, created_at)
SELECT id, tenant_id, session_id, 1, currency, energy_mwh, total_excl, total_incl, body, created_at FROM billing_cdr;
DROP TABLE billing_cdr;
ALTER TABLE billing_record RENAME TO billing_cdr;
CREATE INDEX billing_cdr_list ON billing_cdr (tenant_id, created_at, id);
