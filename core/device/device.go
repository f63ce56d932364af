package device

import (
	"encoding/hex"
	"strings"
	"time"

	"chargewright/base/energy"
	"chargewright/base/fail"
	"chargewright/base/id"
	"chargewright/base/secret"
	"chargewright/base/store"
)

// Device is a cabinet at a place.
type Device struct {
	ID              string
	Tenant          string
	Station         string
	Vendor          string
	Model           string
	Serial          string
	Firmware        string
	MeterType       string
	MeterSerial     string
	ICCID           string
	IMSI            string
	MeterModulus    energy.Energy // where its register wraps; 0 unknown
	SecurityProfile int64         // 0…3, the highest it has used or been given
	Verifier        string        // of its password; "" when it has none
	InstalledAt     time.Time
	RemovedAt       time.Time
}

// Facts are what a device says of itself when it boots.
type Facts struct {
	Vendor, Model, Serial, Firmware, MeterType, MeterSerial, ICCID, IMSI string
}

const columns = `id, tenant_id, station_id, vendor, model, serial, firmware, meter_type, meter_serial, iccid, imsi, meter_modulus_mwh, security_profile, verifier, installed_at, removed_at`

func scan(r *store.Row) Device {
	return Device{
		r.Text(0), r.Text(1), r.Text(2), r.Text(3), r.Text(4), r.Text(5), r.Text(6), r.Text(7), r.Text(8), r.Text(9), r.Text(10),
		energy.Energy(r.Int(11)), r.Int(12), r.Text(13), r.Time(14), r.Time(15),
	}
}

// At returns the device that stands at a station now.
func At(tx *store.Tx, station string) (Device, bool, error) {
	return store.One(tx, scan, `SELECT `+columns+` FROM device_device WHERE station_id = $1 AND removed_at IS NULL`, station)
}

// History lists the devices that stood at a station, the present one first.
func History(tx *store.Tx, station string) ([]Device, error) {
	return store.All(tx, scan, `SELECT `+columns+` FROM device_device WHERE station_id = $1 ORDER BY installed_at DESC, id DESC LIMIT 100`, station)
}

// Install puts a fresh device at a station and returns its id. Where one
// stands it is removed first: this is also "replace device".
func Install(tx *store.Tx, tenant, station string) (Device, error) {
	if _, err := tx.Exec(`UPDATE device_device SET removed_at = $1, updated_at = $1 WHERE station_id = $2 AND removed_at IS NULL`, tx.Now(), station); err != nil {
		return Device{}, err
	}
	d := Device{ID: id.New("dev"), Tenant: tenant, Station: station, InstalledAt: tx.Now()}
	_, err := tx.Exec(`INSERT INTO device_device (id, tenant_id, station_id, vendor, model, serial, firmware, meter_type, meter_serial, iccid, imsi,
		meter_modulus_mwh, security_profile, verifier, installed_at, updated_at) VALUES ($1, $2, $3, '', '', '', '', '', '', '', '', 0, 0, '', $4, $4)`,
		d.ID, tenant, station, tx.Now())
	return d, err
}

// Booted records what the device says of itself. Fields it leaves out keep
// their value. swapped is true when it gives another serial number than the
// one on file: somebody exchanged the cabinet without saying so.
func Booted(tx *store.Tx, d Device, f Facts) (swapped bool, err error) {
	swapped = d.Serial != "" && f.Serial != "" && d.Serial != f.Serial
	n := Facts{
		or(f.Vendor, d.Vendor), or(f.Model, d.Model), or(f.Serial, d.Serial), or(f.Firmware, d.Firmware),
		or(f.MeterType, d.MeterType), or(f.MeterSerial, d.MeterSerial), or(f.ICCID, d.ICCID), or(f.IMSI, d.IMSI),
	}
	_, err = tx.Exec(`UPDATE device_device SET vendor = $1, model = $2, serial = $3, firmware = $4, meter_type = $5, meter_serial = $6,
		iccid = $7, imsi = $8, updated_at = $9 WHERE id = $10`,
		n.Vendor, n.Model, n.Serial, n.Firmware, n.MeterType, n.MeterSerial, n.ICCID, n.IMSI, tx.Now(), d.ID)
	if n.Firmware != d.Firmware { // what it shows is to be asked anew
		tx.Write(`DELETE FROM device_screen WHERE device_id = $1`, d.ID)
	}
	return swapped, err
}

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// SetPassword keeps the verifier of a password, the only one from then on.
func SetPassword(tx *store.Tx, v secret.Verifier, device, password string) error {
	made, err := verifierOf(v, password)
	if err != nil {
		return err
	}
	return keepVerifier(tx, device, made)
}

// AddPassword keeps the verifier of a password that may or may not be in use
// yet: until it has been used the present one is good too.
func AddPassword(tx *store.Tx, v secret.Verifier, d Device, password string) error {
	made, err := verifierOf(v, password)
	if err != nil {
		return err
	}
	if d.Verifier != "" {
		present, _, _ := strings.Cut(d.Verifier, orElse)
		made += orElse + present
	}
	return keepVerifier(tx, d.ID, made)
}

// orElse stands between the verifier of a new password and that of the one it
// will replace.
const orElse = "|"

// Knows reports whether a password is the device's. fresh says that it is the
// new one of two, so that the other is over.
func (d Device) Knows(v secret.Verifier, password []byte) (ok, fresh bool) {
	next, present, two := strings.Cut(d.Verifier, orElse)
	isNext := v.Check(next, password)
	isPresent := two && v.Check(present, password)
	return isNext || isPresent, isNext && two
}

// Renewed drops the password that a new one has replaced.
func Renewed(tx *store.Tx, d Device) error {
	next, _, _ := strings.Cut(d.Verifier, orElse)
	return keepVerifier(tx, d.ID, next)
}

// verifierOf makes the verifier of a password. A password of 32 to 40 hex
// digits has two readings, the text and the bytes it spells (OCPP 1.6
// AuthorizationKey: stations differ), and both are accepted.
func verifierOf(v secret.Verifier, password string) (string, error) {
	if len(password) < 8 || len(password) > 64 {
		return "", fail.Field("device.SetPassword", "password", "it has %d characters, not 8 to 64", len(password))
	}
	readings := [][]byte{[]byte(password)}
	if raw, err := hex.DecodeString(password); err == nil && len(raw) >= 16 && len(raw) <= 20 {
		readings = append(readings, raw)
	}
	return v.Make(readings...), nil
}

func keepVerifier(tx *store.Tx, device, verifier string) error {
	_, err := tx.Exec(`UPDATE device_device SET verifier = $1, updated_at = $2 WHERE id = $3`, verifier, tx.Now(), device)
	return err
}

// SetProfile records the security profile an operator orders, 0 to 3, which may
// be lower than the one on file.
func SetProfile(tx *store.Tx, device string, profile int64) error {
	if profile < 0 || profile > 3 {
		return fail.Field("device.SetProfile", "security_profile", "%d is not within 0…3", profile)
	}
	_, err := tx.Exec(`UPDATE device_device SET security_profile = $1, updated_at = $2 WHERE id = $3`, profile, tx.Now(), device)
	return err
}

// RaiseProfile records a profile the device has proved to work. It never lowers.
func RaiseProfile(tx *store.Tx, device string, profile int64) {
	tx.Write(`UPDATE device_device SET security_profile = $1, updated_at = $2 WHERE id = $3 AND security_profile < $1`, profile, tx.Now(), device)
}

// Finding is one kind of mistake in a device's messages, counted.
type Finding struct {
	Action, Kind, Path, Detail string
	FirstAt, LastAt            time.Time
	Times                      int64
}

// maxFindings bounds the different findings kept of one device.
const maxFindings = 500

// Found counts findings of a message. Beyond maxFindings different ones only
// those on file are counted.
func Found(tx *store.Tx, device string, fs []Finding) error {
	for _, f := range fs {
		n, err := tx.Exec(`UPDATE device_finding SET last_at = $1, times = times + 1, detail = $2 WHERE device_id = $3 AND action = $4 AND kind = $5 AND path = $6`,
			tx.Now(), f.Detail, device, f.Action, f.Kind, f.Path)
		if err != nil {
			return err
		}
		if n > 0 {
			continue
		}
		_, err = tx.Exec(`INSERT INTO device_finding (device_id, action, kind, path, detail, first_at, last_at, times)
			SELECT $1, $2, $3, $4, $5, $6, $6, 1 WHERE (SELECT COUNT(*) FROM device_finding WHERE device_id = $1) < $7`,
			device, f.Action, f.Kind, f.Path, f.Detail, tx.Now(), maxFindings)
		if err != nil {
			return err
		}
	}
	return nil
}

// Findings lists a device's findings, the latest first.
func Findings(tx *store.Tx, device string) ([]Finding, error) {
	return store.All(tx, func(r *store.Row) Finding {
		return Finding{r.Text(0), r.Text(1), r.Text(2), r.Text(3), r.Time(4), r.Time(5), r.Int(6)}
	}, `SELECT action, kind, path, detail, first_at, last_at, times FROM device_finding WHERE device_id = $1 ORDER BY last_at DESC, action, kind, path LIMIT 500`, device)
}
