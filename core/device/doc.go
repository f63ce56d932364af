// Package device owns the cabinets that stand at places: make and serial
// number, meter, firmware, the secret it signs in with, its security profile,
// its settings, what its messages get wrong, and the commands it is sent. A place
// (core/station) has one device at a time; replacing it is one operation that
// starts a new device with security profile 0 and a new meter base, and keeps
// the old one for the record.
//
//	installed at a place → replaced (removed_at set) ; never deleted
//
// Tables: device_device, device_finding, device_notice, device_setting, device_screen, device_job,
// device_job_item, device_command, device_qr, device_qr_try. Events out: device.screen (key: station id)
// when what a device shows has become known or is another. Invariants: one device with removed_at unset per station; a device's own
// connections only raise the security profile on file, and an operator alone may
// lower it; a password is kept as a verifier alone and the secret of dynamic codes
// sealed, and a command on record holds neither secrets nor token numbers.
package device
