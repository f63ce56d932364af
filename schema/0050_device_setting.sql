-- Settings of devices as last reported: configuration keys (1.6) and the device model (2.x). Retention: with the device.
CREATE TABLE device_setting (
  device_id TEXT NOT NULL REFERENCES device_device (id),
  component TEXT NOT NULL,
  component_instance TEXT NOT NULL,
  evse BIGINT NOT NULL,
  connector BIGINT NOT NULL,
  variable TEXT NOT NULL,
  instance TEXT NOT NULL,
  attribute TEXT NOT NULL,
  value TEXT NOT NULL,
  read_only BOOLEAN NOT NULL,
  seen_at BIGINT NOT NULL,
  PRIMARY KEY (device_id, component, component_instance, evse, connector, variable, instance, attribute)
);
