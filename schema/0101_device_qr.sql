-- Secrets of dynamic QR codes (OCPP 2.1 C25), sealed under a key of the installation, as stations took them from us; evse 0 is the station.
-- Retention: until replaced; with the device.
CREATE TABLE device_qr (
  device_id TEXT NOT NULL REFERENCES device_device (id),
  evse BIGINT NOT NULL,
  sealed TEXT NOT NULL,
  next_sealed TEXT NOT NULL,        -- one that the station may have taken, or takes after a reboot; '' none
  updated_at BIGINT NOT NULL,
  PRIMARY KEY (device_id, evse)
);

-- Dynamic codes that somebody opened, and those that were no good. Retention: a day.
CREATE TABLE device_qr_try (
  station_id TEXT NOT NULL,
  evse BIGINT NOT NULL,
  remote TEXT NOT NULL,             -- digest of the address it came from
  code TEXT NOT NULL,               -- '' of one that was no good
  tried_at BIGINT NOT NULL,
  PRIMARY KEY (station_id, evse, tried_at, remote)
);
CREATE INDEX device_qr_try_remote ON device_qr_try (remote, tried_at);
CREATE INDEX device_qr_try_term ON device_qr_try (tried_at);
