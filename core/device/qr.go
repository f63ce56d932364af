package device

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"strconv"
	"strings"
	"time"

	"chargewright/base/fail"
	"chargewright/base/secret"
	"chargewright/base/store"
)

// The component that shows dynamic QR codes (OCPP 2.1 C25), and its variables.
const (
	QRComponent = "WebPaymentsCtrlr"
	QRTemplate  = "URLTemplate"
	QRSecret    = "SharedSecret" // write-only
	QRValidity  = "ValidityTime" // s
	QRLength    = "Length"
	QRVersion   = "TOTPVersion"
	QRLimits    = "URLParameters"
)

// QRPath is where dynamic codes lead, below the address of the server: the rest of
// URLTemplate.
const QRPath = "/pay/q/{version}/{chargingstationid}/{evse}/{totp}"

// totpV1 is the version of the algorithm that TOTP is.
const totpV1 = "v1"

// Bounds of dynamic codes. The standard asks for 6 s at least.
const (
	minQRValidity, maxQRValidity = 6, 3600
	minQRLength, maxQRLength     = 6, 32
)

// QRVault names the key that secrets of dynamic codes are sealed with.
const QRVault = "dynamic qr"

// qrAlphabet is that of the standard: 61 letters, for it has no lowercase o.
const qrAlphabet = "0123456789abcdefghijklmnpqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

// TOTP is the code of an interval (2.1 C25, algorithm v1): floor(t / ValidityTime)
// of Unix time. It is not that of RFC 6238. length is at most 32.
func TOTP(secret string, interval int64, length int) string {
	var counter [8]byte
	binary.BigEndian.PutUint64(counter[:], uint64(interval))
	m := hmac.New(sha256.New, []byte(secret))
	m.Write(counter[:])
	hash := m.Sum(nil)
	offset := int(hash[len(hash)-1] & 0x0f)
	code := make([]byte, length)
	for i := range code {
		code[i] = qrAlphabet[int(hash[(offset+i)%len(hash)])%len(qrAlphabet)]
	}
	return string(code)
}

// QRSetup are the settings with which a station shows dynamic codes that OpenQR
// takes. An EVSE of 0 is the station.
type QRSetup struct {
	EVSE     int64
	Template string        // with {chargingstationid}, {evse}, {totp} and {version}
	Validity time.Duration // whole seconds, 6 s to an hour
	Length   int64         // of the code: 6 to 32
}

// Values are the setup with a new secret, as settings of a station. Invalid: it is
// out of bounds.
func (q QRSetup) Values() ([]Value, error) {
	const op = "device.QRSetup"
	s := int64(q.Validity / time.Second)
	switch {
	case s < minQRValidity || s > maxQRValidity:
		return nil, fail.Field(op, "validity_s", "it is not between %d and %d", int64(minQRValidity), int64(maxQRValidity))
	case q.Length < minQRLength || q.Length > maxQRLength:
		return nil, fail.Field(op, "length", "it is not between %d and %d", int64(minQRLength), int64(maxQRLength))
	case q.EVSE < 0:
		return nil, fail.Field(op, "evse_id", "it is negative")
	}
	at := func(variable, value string) Value {
		return Value{Setting{Component: QRComponent, EVSE: q.EVSE, Variable: variable}, value}
	}
	return []Value{
		at(QRTemplate, q.Template), at(QRVersion, totpV1), at(QRValidity, strconv.FormatInt(s, 10)), at(QRLength, strconv.FormatInt(q.Length, 10)),
		at(QRSecret, secret.Code(40)),
	}, nil
}

// TookQR records a secret that a station took. One that it may have taken, or takes
// later, is good beside the one before.
func TookQR(tx *store.Tx, vault secret.Sealer, device string, evse int64, shared string, later bool) error {
	sealed := vault.Seal(shared, qrOwner(device, evse))
	if later {
		_, err := tx.Exec(`INSERT INTO device_qr (device_id, evse, sealed, next_sealed, updated_at) VALUES ($1, $2, '', $3, $4)
			ON CONFLICT (device_id, evse) DO UPDATE SET next_sealed = excluded.next_sealed, updated_at = excluded.updated_at`, device, evse, sealed, tx.Now())
		return err
	}
	_, err := tx.Exec(`INSERT INTO device_qr (device_id, evse, sealed, next_sealed, updated_at) VALUES ($1, $2, $3, '', $4)
		ON CONFLICT (device_id, evse) DO UPDATE SET sealed = excluded.sealed, next_sealed = '', updated_at = excluded.updated_at`, device, evse, sealed, tx.Now())
	return err
}

func qrOwner(device string, evse int64) string { return device + "/" + strconv.FormatInt(evse, 10) }

// QR is what a device is set up with to show codes of an EVSE.
type QR struct {
	EVSE      int64 // of which the setup is, 0 is the station
	Template  string
	Version   string
	Validity  int64 // s, 0 is not known
	Length    int64
	Secret    bool // one is on file
	UpdatedAt time.Time
	sealed    []string
}

// Works reports whether OpenQR can take its codes.
func (q QR) Works() bool {
	return q.Secret && q.Validity >= minQRValidity && q.Validity <= maxQRValidity && q.Length >= minQRLength && q.Length <= maxQRLength && (q.Version == "" || q.Version == totpV1)
}

// QROf returns what a device shows the codes of an EVSE with: by settings of the
// EVSE, and by those of the station where it has none of its own.
func QROf(tx *store.Tx, device string, evse int64) (QR, error) {
	var q QR
	err := tx.Each(func(r *store.Row) error {
		q.EVSE, q.Secret, q.UpdatedAt = r.Int(0), true, r.Time(3)
		q.sealed = []string{r.Text(1), r.Text(2)}
		return nil
	}, `SELECT evse, sealed, next_sealed, updated_at FROM device_qr WHERE device_id = $1 AND evse IN (0, $2) ORDER BY evse`, device, evse)
	if err != nil {
		return q, err
	}
	err = tx.Each(func(r *store.Row) error { // those of the EVSE come last, and stand
		n, _ := strconv.ParseInt(r.Text(1), 10, 64)
		switch name := r.Text(0); {
		case strings.EqualFold(name, QRTemplate):
			q.Template = r.Text(1)
		case strings.EqualFold(name, QRVersion):
			q.Version = r.Text(1)
		case strings.EqualFold(name, QRValidity):
			q.Validity = n
		case strings.EqualFold(name, QRLength):
			q.Length = n
		}
		return nil
	}, `SELECT variable, value FROM device_setting WHERE device_id = $1 AND LOWER(component) = $3 AND evse IN (0, $2) AND connector = 0 AND attribute = 'Actual'
		ORDER BY evse, variable, instance`, device, evse, strings.ToLower(QRComponent))
	return q, err
}

// Scan is a dynamic code that somebody opened.
type Scan struct {
	Station string
	EVSE    int64
	Version string
	Code    string
	Remote  string // digest of the address they come from
}

// Scanned is what a code is worth.
type Scanned string

// What a code may be worth.
const (
	ScanGood  Scanned = "good"
	ScanOver  Scanned = "over"  // its time is over, somebody else used it, or it never was one
	ScanOften Scanned = "often" // there were too many that were no good
	ScanNone  Scanned = "none"  // the station is not set up to show any
)

// How many codes may be no good within tryTime, from one address and at one EVSE.
const (
	tryTime    = 10 * time.Minute
	tryRemote  = 20
	tryEVSE    = 200
	forgetTime = 24 * time.Hour
)

// OpenQR judges a dynamic code: one of this interval, the one before or the next, by
// the secret that the station has (2.1 C25.FR.07). A code is good for one address:
// who opened it may load it again.
func OpenQR(tx *store.Tx, vault secret.Sealer, s Scan) (Scanned, error) {
	d, found, err := At(tx, s.Station)
	if err != nil || !found {
		return ScanNone, err
	}
	q, err := QROf(tx, d.ID, s.EVSE)
	if err != nil || !q.Works() {
		return ScanNone, err
	}
	if often, err := s.often(tx); err != nil || often {
		return ScanOften, err
	}
	good, next, err := q.fits(vault, d.ID, s, tx.Now())
	if err != nil {
		return ScanOver, err
	}
	if good {
		if good, err = s.first(tx, q); err != nil {
			return ScanOver, err
		}
	}
	if !good {
		s.tried(tx, "")
		return ScanOver, nil
	}
	s.tried(tx, s.Code)
	if next {
		tx.Write(`UPDATE device_qr SET sealed = next_sealed, next_sealed = '' WHERE device_id = $1 AND evse = $2 AND next_sealed = $3`, d.ID, q.EVSE, q.sealed[1])
	}
	return ScanGood, nil
}

// fits reports whether a code is one of about now, and whether by the secret that
// comes next.
func (q QR) fits(vault secret.Sealer, device string, s Scan, now time.Time) (good, next bool, err error) {
	if !strings.EqualFold(s.Version, totpV1) || int64(len(s.Code)) != q.Length {
		return false, false, nil
	}
	for i, sealed := range q.sealed {
		if sealed == "" {
			continue
		}
		shared, err := vault.Open(sealed, qrOwner(device, q.EVSE))
		if err != nil {
			return false, false, err
		}
		for d := int64(-1); d <= 1; d++ {
			if hmac.Equal([]byte(TOTP(shared, now.Unix()/q.Validity+d, int(q.Length))), []byte(s.Code)) {
				return true, i == 1, nil
			}
		}
	}
	return false, false, nil
}

// first reports whether nobody else used the code while it is good, and they did
// not use it for another EVSE: stations that have one secret show one code on all.
func (s Scan) first(tx *store.Tx, q QR) (bool, error) {
	_, used, err := store.One(tx, func(*store.Row) bool { return true },
		`SELECT 1 FROM device_qr_try WHERE station_id = $1 AND code = $3 AND tried_at > $5 AND (evse = $2 AND remote <> $4 OR evse <> $2 AND remote = $4) LIMIT 1`,
		s.Station, s.EVSE, s.Code, s.Remote, tx.Now().Add(-3*time.Duration(q.Validity)*time.Second))
	return !used, err
}

func (s Scan) often(tx *store.Tx) (bool, error) {
	since := tx.Now().Add(-tryTime)
	n := func(r *store.Row) int64 { return r.Int(0) }
	from, _, err := store.One(tx, n, `SELECT COUNT(*) FROM device_qr_try WHERE remote = $1 AND tried_at > $2 AND code = ''`, s.Remote, since)
	if err != nil || from >= tryRemote {
		return true, err
	}
	here, _, err := store.One(tx, n, `SELECT COUNT(*) FROM device_qr_try WHERE station_id = $1 AND evse = $2 AND tried_at > $3 AND code = ''`, s.Station, s.EVSE, since)
	return here >= tryEVSE, err
}

func (s Scan) tried(tx *store.Tx, code string) {
	tx.Write(`INSERT INTO device_qr_try (station_id, evse, remote, code, tried_at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (station_id, evse, tried_at, remote) DO NOTHING`,
		s.Station, s.EVSE, s.Remote, code, tx.Now())
}

// ForgetQR deletes tries that are over their term.
func ForgetQR(tx *store.Tx) {
	tx.Write(`DELETE FROM device_qr_try WHERE tried_at < $1`, tx.Now().Add(-forgetTime))
}
