-- Addresses under which whoever knows them may fetch a document. Retention: one year after they end.
CREATE TABLE billing_link (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL REFERENCES access_tenant (id),
  document_id TEXT NOT NULL REFERENCES billing_document (id),
  secret TEXT NOT NULL UNIQUE,      -- digest of what the address holds
  made_by TEXT NOT NULL,            -- id of who asked for it; '' a mail
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  revoked_at BIGINT
);
CREATE INDEX billing_link_document ON billing_link (document_id, created_at, id);
CREATE INDEX billing_link_term ON billing_link (expires_at);

-- What a mail carries besides its text: the id of a thing of which a file is made when it is sent; '' nothing.
ALTER TABLE notify_mail ADD COLUMN attached TEXT NOT NULL DEFAULT '';

-- Whether a driver wishes receipts, credit notes and statements by mail.
ALTER TABLE driver_driver ADD COLUMN papers_by_mail BOOLEAN NOT NULL DEFAULT FALSE;
