-- What a seller must say of itself on an invoice.
ALTER TABLE access_entity ADD COLUMN street TEXT NOT NULL DEFAULT '';
ALTER TABLE access_entity ADD COLUMN postal_code TEXT NOT NULL DEFAULT '';
ALTER TABLE access_entity ADD COLUMN city TEXT NOT NULL DEFAULT '';
ALTER TABLE access_entity ADD COLUMN zone TEXT NOT NULL DEFAULT 'UTC';   -- of its months and days
ALTER TABLE access_entity ADD COLUMN email TEXT NOT NULL DEFAULT '';
ALTER TABLE access_entity ADD COLUMN phone TEXT NOT NULL DEFAULT '';
ALTER TABLE access_entity ADD COLUMN register TEXT NOT NULL DEFAULT '';  -- "HRB 12345, Amtsgericht Berlin"
ALTER TABLE access_entity ADD COLUMN tax_number TEXT NOT NULL DEFAULT '';-- of the tax office, where there is no VAT id
ALTER TABLE access_entity ADD COLUMN bic TEXT NOT NULL DEFAULT '';
ALTER TABLE access_entity ADD COLUMN notes TEXT NOT NULL DEFAULT '';     -- at the foot of its documents
ALTER TABLE access_entity DROP COLUMN tax_ids;
