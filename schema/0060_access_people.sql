-- Staff who sign in. Retention: until an owner deletes them; their own rows below go with them.
CREATE TABLE access_user (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL REFERENCES access_tenant (id),
  email TEXT NOT NULL UNIQUE,        -- lower case
  name TEXT NOT NULL,
  role TEXT NOT NULL,
  language TEXT NOT NULL,
  state TEXT NOT NULL,               -- invited, active, disabled
  password TEXT NOT NULL,            -- argon2id in PHC form; '' none
  totp TEXT NOT NULL,                -- sealed secret; '' none
  totp_step BIGINT NOT NULL,         -- of the last code that was used
  last_seen_at BIGINT,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);
CREATE INDEX access_user_tenant ON access_user (tenant_id, id);

CREATE TABLE access_user_site (
  user_id TEXT NOT NULL REFERENCES access_user (id),
  site_id TEXT NOT NULL,
  PRIMARY KEY (user_id, site_id)
);

CREATE TABLE access_recovery (
  user_id TEXT NOT NULL REFERENCES access_user (id),
  number BIGINT NOT NULL,
  verifier TEXT NOT NULL,
  PRIMARY KEY (user_id, number)
);

-- Whom an identity provider calls what. Retention: with the user.
CREATE TABLE access_identity (
  issuer TEXT NOT NULL,
  subject TEXT NOT NULL,
  user_id TEXT NOT NULL REFERENCES access_user (id),
  created_at BIGINT NOT NULL,
  PRIMARY KEY (issuer, subject)
);
CREATE INDEX access_identity_user ON access_identity (user_id);

-- Passkeys of staff and drivers. Retention: until removed, or with their person.
CREATE TABLE access_passkey (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL REFERENCES access_tenant (id),
  kind TEXT NOT NULL,                -- staff or driver
  person TEXT NOT NULL,              -- id of the user or driver
  credential TEXT NOT NULL UNIQUE,   -- credential id, base64url
  name TEXT NOT NULL,
  data TEXT NOT NULL,                -- the credential record, JSON
  created_at BIGINT NOT NULL,
  last_used_at BIGINT
);
CREATE INDEX access_passkey_person ON access_passkey (person, id);

-- Sign-ins of people. Retention: until signed out or over their time; swept daily.
CREATE TABLE access_session (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL REFERENCES access_tenant (id),
  kind TEXT NOT NULL,                -- staff or driver
  person TEXT NOT NULL,
  digest TEXT NOT NULL UNIQUE,       -- of the token in use
  next_digest TEXT UNIQUE,           -- of its successor, handed out but not yet seen
  next_at BIGINT,
  past_digest TEXT UNIQUE,           -- of its predecessor, good until past_until
  past_until BIGINT,
  issued_at BIGINT NOT NULL,         -- when the token in use was handed out
  created_at BIGINT NOT NULL,
  last_seen_at BIGINT NOT NULL,
  idle_until BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  user_agent TEXT NOT NULL,
  remote TEXT NOT NULL
);
CREATE INDEX access_session_person ON access_session (person, id);
CREATE INDEX access_session_expires ON access_session (expires_at);

-- Things that are good once: links, codes, ceremonies. Retention: until used or expired; swept daily.
CREATE TABLE access_challenge (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL REFERENCES access_tenant (id),
  kind TEXT NOT NULL,
  person TEXT NOT NULL,              -- id or e-mail address of whom it is for; '' anybody
  digest TEXT NOT NULL UNIQUE,       -- of the token
  code TEXT NOT NULL,                -- verifier of the short code; '' none
  tries BIGINT NOT NULL,             -- wrong codes so far
  data TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT                  -- NULL: never
);
CREATE INDEX access_challenge_person ON access_challenge (kind, person);
CREATE INDEX access_challenge_expires ON access_challenge (expires_at);

-- Failed attempts by keyed digest of address or e-mail, in a fixed number of
-- buckets. Retention: a day after the last attempt.
CREATE TABLE access_throttle (
  bucket TEXT PRIMARY KEY,
  failures BIGINT NOT NULL,
  last_at BIGINT NOT NULL,
  locked_until BIGINT
);
CREATE INDEX access_throttle_last ON access_throttle (last_at);
