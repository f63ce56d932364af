-- What a device can show of prices and costs, as its settings tell; derived anew whenever it tells of them. A device of which nothing is
-- known has no row. Retention: with the device.
CREATE TABLE device_screen (
  device_id TEXT PRIMARY KEY REFERENCES device_device (id),
  cost BOOLEAN NOT NULL,             -- what a session costs so far and in the end
  prices BOOLEAN NOT NULL,           -- price texts and figures (1.6, California pricing)
  tariffs BOOLEAN NOT NULL,          -- tariffs by which it rates itself (2.1)
  messages BOOLEAN NOT NULL,         -- display messages (2.x)
  idle_after_stop BOOLEAN NOT NULL,  -- it tells of the unplugging after the end of a transaction (1.6)
  currency TEXT NOT NULL,            -- that it shows; '' any
  languages TEXT NOT NULL            -- ISO 639-1 with commas; '' one at a time
);

-- What a station that rates sessions itself says that one cost (2.1). It is compared and never billed by. Retention: with the session.
CREATE TABLE session_claim (
  session_id TEXT PRIMARY KEY,
  currency TEXT NOT NULL,
  micro BIGINT NOT NULL,             -- 10⁻⁶ of the major unit, taxes included
  failed BOOLEAN NOT NULL            -- it could not calculate
);
