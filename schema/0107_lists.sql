-- Lists of payments and claims are summed from their indexes alone, which so hold the amounts.
DROP INDEX payment_payment_list;
CREATE INDEX payment_payment_list ON payment_payment (tenant_id, created_at, id, currency, asked_minor, held_minor, captured_minor, refunded_minor);
DROP INDEX billing_claim_list;
CREATE INDEX billing_claim_list ON billing_claim (tenant_id, created_at, id, currency, due_minor, paid_minor);
DROP INDEX billing_claim_state;
CREATE INDEX billing_claim_state ON billing_claim (tenant_id, state, created_at, id, currency, due_minor, paid_minor);

-- How drivers are found by what a caller says: what follows each beginning of a word in name and mail address, in lower case, and the phone
-- number without what groups its digits, from its end after a space; 24 characters at most. Retention: as their driver, until they leave.
CREATE TABLE driver_word (
  tenant_id TEXT NOT NULL REFERENCES access_tenant (id),
  word TEXT COLLATE "C" NOT NULL, -- only postgres
  word TEXT NOT NULL,             -- only sqlite
  driver_id TEXT NOT NULL REFERENCES driver_driver (id),
  PRIMARY KEY (tenant_id, word, driver_id)
);
CREATE INDEX driver_word_driver ON driver_word (driver_id);
CREATE INDEX driver_driver_list ON driver_driver (tenant_id, created_at, id);
INSERT INTO driver_word (tenant_id, word, driver_id)
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 254),
said (tenant_id, id, text) AS (
  SELECT tenant_id, id, lower(name) FROM driver_driver WHERE deleted_at IS NULL
  UNION ALL SELECT tenant_id, id, lower(email) FROM driver_driver WHERE deleted_at IS NULL)
SELECT DISTINCT s.tenant_id, substr(s.text, n.i, 24), s.id FROM said s JOIN n ON n.i <= length(s.text)
WHERE substr(s.text, n.i, 1) NOT IN (' ', '.', '-', '_', '@', '+', '/', '(', ')', ',', '''')
  AND (n.i = 1 OR substr(s.text, n.i - 1, 1) IN (' ', '.', '-', '_', '@', '+', '/', '(', ')', ',', ''''));

-- Fifteen digits at most, which is the longest number there is (E.164); what begins with a space is a phone number.
INSERT INTO driver_word (tenant_id, word, driver_id)
SELECT tenant_id, ' ' || rtrim(substr(p, length(p), 1) || substr(p, length(p) - 1, 1) || substr(p, length(p) - 2, 1) || substr(p, length(p) - 3, 1)
  || substr(p, length(p) - 4, 1) || substr(p, length(p) - 5, 1) || substr(p, length(p) - 6, 1) || substr(p, length(p) - 7, 1)
  || substr(p, length(p) - 8, 1) || substr(p, length(p) - 9, 1) || substr(p, length(p) - 10, 1) || substr(p, length(p) - 11, 1)
  || substr(p, length(p) - 12, 1) || substr(p, length(p) - 13, 1) || substr(p, length(p) - 14, 1)), id
FROM (SELECT tenant_id, id, '               ' || replace(replace(replace(replace(replace(replace(replace(phone, ' ', ''), '-', ''), '/', ''), '(', ''), ')', ''), '.', ''), '+', '') AS p
  FROM driver_driver WHERE deleted_at IS NULL AND phone <> '') AS numbers;
