-- What becomes of drivers who have nothing to pay with, no saved method and an empty wallet: allow, or refuse.
ALTER TABLE billing_policy ADD COLUMN unpaid_sessions TEXT NOT NULL DEFAULT 'allow';
