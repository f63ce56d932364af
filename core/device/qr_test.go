package device_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"chargewright/base/fail"
	"chargewright/base/secret"
	"chargewright/base/store"
	"chargewright/core/device"
)

// Worked out from the rule of 2.1 C25 with another program.
func TestTOTPIsThatOfTheStandard(t *testing.T) {
	for _, c := range []struct {
		secret       string
		at, validity int64
		length       int
		want         string
	}{
		{"12345678", 0, 30, 8, "EwHCRwe6"},
		{"12345678", 1735689600, 120, 8, "20qvi5tE"},
		{"a secret of forty characters, or nearly", 1735689600, 30, 6, "t7RqSf"},
		{"ünïcode", 1735689629, 30, 12, "3nlWBPbusUvU"},
		{"12345678", 1735689630, 30, 32, "TwBxCSnKjKyTbyv7nmZXWMQywaJrG7Ge"},
	} {
		if got := device.TOTP(c.secret, c.at/c.validity, c.length); got != c.want {
			t.Errorf("%+v: %q", c, got)
		}
	}
}

var vault = func() secret.Sealer {
	k, err := secret.New(make([]byte, 32))
	if err != nil {
		panic(err)
	}
	return k.Sealer(device.QRVault)
}()

// set has S1 set up with codes of 8 characters for half a minute, by secrets of
// the station and of EVSE 2.
func setUpQR(t *testing.T, db *store.DB) device.Device {
	t.Helper()
	d := install(t, db)
	must(t, db, func(tx *store.Tx) error {
		var ks []device.Known
		for name, value := range map[string]string{device.QRValidity: "30", device.QRLength: "8", device.QRVersion: "v1", device.QRTemplate: "https://example.org" + device.QRPath} {
			ks = append(ks, device.Known{Setting: device.Setting{Component: "webpaymentsCtrlr", Variable: name}, Value: value})
		}
		if err := device.Learn(tx, d.ID, ks); err != nil {
			return err
		}
		if err := device.TookQR(tx, vault, d.ID, 0, "the station's", false); err != nil {
			return err
		}
		return device.TookQR(tx, vault, d.ID, 2, "of EVSE 2", false)
	})
	return d
}

func scan(t *testing.T, db *store.DB, evse int64, code, remote string) device.Scanned {
	t.Helper()
	return do(t, db, func(tx *store.Tx) (device.Scanned, error) {
		return device.OpenQR(tx, vault, device.Scan{Station: "S1", EVSE: evse, Version: "v1", Code: code, Remote: remote})
	})
}

func code(secret string, interval int64) string {
	return device.TOTP(secret, time.Now().Unix()/30+interval, 8)
}

func TestADynamicCodeIsGoodForAboutItsTime(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		setUpQR(t, db)
		for i, c := range []struct {
			name, code string
			evse       int64
			want       device.Scanned
		}{
			{"of now", code("the station's", 0), 1, device.ScanGood},
			{"of before", code("the station's", -1), 1, device.ScanGood},
			{"of next", code("the station's", 1), 1, device.ScanGood},
			{"of long before", code("the station's", -3), 1, device.ScanOver},
			{"of long after", code("the station's", 3), 1, device.ScanOver},
			{"too short", code("the station's", 0)[:7], 1, device.ScanOver},
			{"nothing", "", 1, device.ScanOver},
			{"in other letters", strings.ToUpper(code("the station's", 0)) + "", 1, device.ScanOver},
			{"of EVSE 2", code("of EVSE 2", 0), 2, device.ScanGood},
			{"of the station, at EVSE 2", code("the station's", 0), 2, device.ScanOver},
			{"of EVSE 2, at EVSE 1", code("of EVSE 2", 0), 1, device.ScanOver},
		} {
			if c.name == "in other letters" && c.code == code("the station's", 0) {
				continue // it has none
			}
			if got := scan(t, db, c.evse, c.code, "address "+strconv.Itoa(i)); got != c.want {
				t.Errorf("%s: %s", c.name, got)
			}
		}
	})
}

func TestADynamicCodeIsOfWhoOpenedItFirst(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		setUpQR(t, db)
		now := code("the station's", 0)
		for _, c := range []struct {
			evse   int64
			remote string
			want   device.Scanned
		}{
			{1, "first", device.ScanGood}, {1, "first", device.ScanGood}, {1, "second", device.ScanOver}, {3, "first", device.ScanOver}, {3, "second", device.ScanGood},
		} {
			if got := scan(t, db, c.evse, now, c.remote); got != c.want {
				t.Errorf("%+v: %s", c, got)
			}
		}
	})
}

func TestWhoGuessesCodesIsStopped(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		setUpQR(t, db)
		for i := range 20 {
			if got := scan(t, db, 1, "guess"+strconv.Itoa(100+i), "guesser"); got != device.ScanOver {
				t.Fatalf("guess %d: %s", i, got)
			}
		}
		if got := scan(t, db, 1, code("the station's", 0), "guesser"); got != device.ScanOften {
			t.Errorf("after 20 guesses: %s", got)
		}
		if got := scan(t, db, 1, code("the station's", 0), "another"); got != device.ScanGood {
			t.Errorf("another address: %s", got)
		}
		must(t, db, func(tx *store.Tx) error {
			tx.Write(`UPDATE device_qr_try SET tried_at = tried_at - $1`, (11 * time.Minute).Microseconds())
			return nil
		})
		if got := scan(t, db, 2, code("of EVSE 2", 0), "guesser"); got != device.ScanGood {
			t.Errorf("a quarter of an hour later: %s", got)
		}
		must(t, db, func(tx *store.Tx) error {
			tx.Write(`UPDATE device_qr_try SET tried_at = tried_at - $1`, (25 * time.Hour).Microseconds())
			device.ForgetQR(tx)
			return nil
		})
		n := do(t, db, func(tx *store.Tx) (int64, error) {
			n, _, err := store.One(tx, func(r *store.Row) int64 { return r.Int(0) }, `SELECT COUNT(*) FROM device_qr_try`)
			return n, err
		})
		if n != 0 {
			t.Errorf("%d tries are kept for more than a day", n)
		}
	})
}

func TestASecretThatMayHaveBeenTakenIsGoodBesideTheOneBefore(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		d := setUpQR(t, db)
		must(t, db, func(tx *store.Tx) error { return device.TookQR(tx, vault, d.ID, 0, "the next", true) })
		if scan(t, db, 1, code("the station's", 0), "a") != device.ScanGood {
			t.Error("the one before is no good")
		}
		if scan(t, db, 1, code("the next", 0), "b") != device.ScanGood {
			t.Error("the next is no good")
		}
		if scan(t, db, 1, code("the station's", 1), "c") != device.ScanOver { // the next was used: it is the one
			t.Error("the one before is good for ever")
		}
		kept := do(t, db, func(tx *store.Tx) (string, error) {
			s, _, err := store.One(tx, func(r *store.Row) string { return r.Text(0) + r.Text(1) }, `SELECT sealed, next_sealed FROM device_qr WHERE evse = 0`)
			return s, err
		})
		if strings.Contains(kept, "the next") {
			t.Errorf("the secret can be read: %q", kept)
		}
	})
}

func TestAStationThatIsNotSetUpShowsNoCodes(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		if got := scan(t, db, 1, code("the station's", 0), "a"); got != device.ScanNone {
			t.Errorf("no device: %s", got)
		}
		d := setUpQR(t, db)
		for name, value := range map[string]string{device.QRLength: "4", device.QRValidity: "0", device.QRVersion: "v2"} {
			must(t, db, func(tx *store.Tx) error {
				return device.Learn(tx, d.ID, []device.Known{{Setting: device.Setting{Component: "webpaymentsCtrlr", Variable: name, EVSE: 2}, Value: value}})
			})
			if got := scan(t, db, 2, code("of EVSE 2", 0), name); got != device.ScanNone {
				t.Errorf("%s %s: %s", name, value, got)
			}
			if got := scan(t, db, 1, code("the station's", 0), "a"); got != device.ScanGood {
				t.Errorf("%s of another EVSE: %s", name, got)
			}
		}
	})
}

func TestASetupIsWithinBounds(t *testing.T) {
	good := device.QRSetup{Template: "https://example.org" + device.QRPath, Validity: 30 * time.Second, Length: 8}
	a, err := good.Values()
	b, _ := good.Values()
	if err != nil || len(a) != 5 || a[4].Variable != device.QRSecret || len(a[4].Value) != 40 || a[4].Value == b[4].Value {
		t.Errorf("%+v, %v", a, err)
	}
	for _, bad := range []device.QRSetup{{Validity: 5 * time.Second, Length: 8}, {Validity: 2 * time.Hour, Length: 8}, {Validity: time.Minute, Length: 5}, {Validity: time.Minute, Length: 33}, {Validity: time.Minute, Length: 8, EVSE: -1}} {
		if _, err := bad.Values(); !fail.Is(err, fail.Invalid) {
			t.Errorf("%+v: %v", bad, err)
		}
	}
}
