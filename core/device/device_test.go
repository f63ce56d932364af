package device_test

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"chargewright/base/fail"
	"chargewright/base/secret"
	"chargewright/base/store"
	"chargewright/base/store/storetest"
	"chargewright/core/access"
	"chargewright/core/device"
	"chargewright/schema"
)

const tenant = access.DefaultTenant

func try[T any](t testing.TB, db *store.DB, fn func(tx *store.Tx) (T, error)) (T, error) {
	t.Helper()
	return store.Do(t.Context(), db, "S1", fn)
}

func do[T any](t testing.TB, db *store.DB, fn func(tx *store.Tx) (T, error)) T {
	t.Helper()
	v, err := try(t, db, fn)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func done(t testing.TB, db *store.DB, fn func(tx *store.Tx) error) error {
	t.Helper()
	_, err := try(t, db, func(tx *store.Tx) (struct{}, error) { return struct{}{}, fn(tx) })
	return err
}

func must(t testing.TB, db *store.DB, fn func(tx *store.Tx) error) {
	t.Helper()
	if err := done(t, db, fn); err != nil {
		t.Fatal(err)
	}
}

// install puts a fresh device at S1.
func install(t testing.TB, db *store.DB) device.Device {
	t.Helper()
	return do(t, db, func(tx *store.Tx) (device.Device, error) { return device.Install(tx, tenant, "S1") })
}

func each(t *testing.T, fn func(t *testing.T, db *store.DB)) {
	storetest.Each(t, schema.FS, func(t *testing.T, db *store.DB) {
		must(t, db, func(tx *store.Tx) error {
			tx.Write(`INSERT INTO access_tenant (id, name, created_at) VALUES ('tn_other', 'Theirs', 0), ($1, 'Ours', 0)`, tenant)
			return nil
		})
		fn(t, db)
	})
}

func at(t testing.TB, db *store.DB) device.Device {
	t.Helper()
	return do(t, db, func(tx *store.Tx) (device.Device, error) {
		d, found, err := device.At(tx, "S1")
		if err == nil && !found {
			err = fail.New(fail.NotFound, "test", "nothing stands at S1")
		}
		return d, err
	})
}

func verifier(t testing.TB) secret.Verifier {
	t.Helper()
	k, err := secret.New(bytes.Repeat([]byte{3}, 32))
	if err != nil {
		t.Fatal(err)
	}
	return k.Verifier("station password")
}

func TestReplacingADevice(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		old := install(t, db)
		must(t, db, func(tx *store.Tx) error {
			if err := device.SetProfile(tx, old.ID, 2); err != nil {
				return err
			}
			if err := device.SetPassword(tx, verifier(t), old.ID, "0123456789abcdef"); err != nil {
				return err
			}
			_, err := device.Booted(tx, old, device.Facts{Vendor: "V", Model: "M", Serial: "1", Firmware: "1.0", MeterSerial: "m1"})
			return err
		})
		before := at(t, db)
		fresh := install(t, db)
		now := at(t, db)
		if now.ID != fresh.ID || now.ID == old.ID {
			t.Fatalf("the device is %s, not %s", now.ID, fresh.ID)
		}
		if want := (device.Device{ID: fresh.ID, Tenant: tenant, Station: "S1", InstalledAt: now.InstalledAt}); now != want {
			t.Errorf("the new one begins as %+v", now)
		}
		history := do(t, db, func(tx *store.Tx) ([]device.Device, error) { return device.History(tx, "S1") })
		if len(history) != 2 || history[0] != now {
			t.Fatalf("history %+v", history)
		}
		kept := history[1]
		if kept.RemovedAt.IsZero() || kept.RemovedAt.Before(kept.InstalledAt) {
			t.Errorf("removed at %v", kept.RemovedAt)
		}
		kept.RemovedAt = time.Time{}
		if kept != before {
			t.Errorf("the old one is kept as %+v, was %+v", kept, before)
		}
		if _, found := standing(t, db, "S2"); found {
			t.Error("a device stands at a place that has none")
		}
	})
}

func standing(t testing.TB, db *store.DB, id string) (device.Device, bool) {
	t.Helper()
	type answer struct {
		d     device.Device
		found bool
	}
	a := do(t, db, func(tx *store.Tx) (answer, error) {
		d, found, err := device.At(tx, id)
		return answer{d, found}, err
	})
	return a.d, a.found
}

func TestOneDeviceStandsAtOnce(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		var wg sync.WaitGroup
		for range 12 {
			wg.Go(func() { install(t, db) })
		}
		wg.Wait()
		history := do(t, db, func(tx *store.Tx) ([]device.Device, error) { return device.History(tx, "S1") })
		stand := 0
		for _, d := range history {
			if d.RemovedAt.IsZero() {
				stand++
			}
		}
		if len(history) != 12 || stand != 1 {
			t.Errorf("%d devices, %d of them stand", len(history), stand)
		}
		if err := done(t, db, func(tx *store.Tx) error {
			_, err := tx.Exec(`UPDATE device_device SET removed_at = NULL WHERE station_id = 'S1'`)
			return err
		}); !fail.Is(err, fail.Conflict) {
			t.Errorf("two devices at one place: %v", err)
		}
	})
}

func TestBoot(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		install(t, db)
		full := device.Facts{Vendor: "V", Model: "M", Serial: "1", Firmware: "1", MeterType: "T", MeterSerial: "m", ICCID: "i", IMSI: "s"}
		for _, c := range []struct {
			name    string
			say     device.Facts
			want    device.Facts
			swapped bool
		}{
			{"nothing", device.Facts{}, device.Facts{}, false},
			{"everything", full, full, false},
			{"nothing again", device.Facts{}, full, false},
			{"firmware", device.Facts{Firmware: "2"}, with(full, "1", "2"), false},
			{"the same serial", device.Facts{Serial: "1"}, with(full, "1", "2"), false},
			{"another serial", device.Facts{Serial: "2"}, with(full, "2", "2"), true},
			{"and again the same", device.Facts{Serial: "2"}, with(full, "2", "2"), false},
		} {
			d := at(t, db)
			swapped := do(t, db, func(tx *store.Tx) (bool, error) { return device.Booted(tx, d, c.say) })
			d = at(t, db)
			got := device.Facts{Vendor: d.Vendor, Model: d.Model, Serial: d.Serial, Firmware: d.Firmware, MeterType: d.MeterType, MeterSerial: d.MeterSerial, ICCID: d.ICCID, IMSI: d.IMSI}
			if got != c.want || swapped != c.swapped {
				t.Errorf("%s: %+v, swapped %v", c.name, got, swapped)
			}
		}
	})
}

func with(f device.Facts, serial, firmware string) device.Facts {
	f.Serial, f.Firmware = serial, firmware
	return f
}

func TestPasswordsHaveTheReadingsStationsGive(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		d, v := install(t, db), verifier(t)
		for _, c := range []struct {
			password string
			twice    bool
		}{
			{"12345678", false},
			{"0123456789abcdef", false},                        // 8 bytes: too few to be a key in hex
			{"0123456789abcdef0123456789abcde", false},         // odd
			{"0123456789abcdef0123456789abcdef", true},         // 16 bytes
			{"0123456789ABCDEF0123456789ABCDEF01234567", true}, // 20 bytes
			{"0123456789abcdef0123456789abcdefg0", false},      // no hex
			{strings.Repeat("ab", 21), false},                  // 21 bytes
			{strings.Repeat("a", 64), false},                   // 32 bytes
			{"pässwörter", false},
		} {
			must(t, db, func(tx *store.Tx) error { return device.SetPassword(tx, v, d.ID, c.password) })
			stored := at(t, db).Verifier
			if strings.Contains(stored, c.password) || !v.Check(stored, []byte(c.password)) || v.Check(stored, []byte(c.password+"x")) {
				t.Errorf("%q is kept as %q", c.password, stored)
			}
			raw, err := hex.DecodeString(c.password)
			if err == nil && v.Check(stored, raw) != c.twice {
				t.Errorf("%q: its bytes are taken: %v", c.password, !c.twice)
			}
		}
		before := at(t, db)
		for _, bad := range []string{"", "1234567", strings.Repeat("a", 65)} {
			if err := done(t, db, func(tx *store.Tx) error { return device.SetPassword(tx, v, d.ID, bad) }); !fail.Is(err, fail.Invalid) {
				t.Errorf("a password of %d characters: %v", len(bad), err)
			}
		}
		if at(t, db) != before {
			t.Error("a refused password changed the device")
		}
	})
}

func TestProvedProfilesOnlyRise(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		d := install(t, db)
		for _, c := range []struct{ proved, want int64 }{{1, 1}, {0, 1}, {3, 3}, {2, 3}, {3, 3}, {-1, 3}} {
			must(t, db, func(tx *store.Tx) error { device.RaiseProfile(tx, d.ID, c.proved); return nil })
			if got := at(t, db).SecurityProfile; got != c.want {
				t.Errorf("after %d it is %d, want %d", c.proved, got, c.want)
			}
		}
		for _, p := range []int64{-1, 4, 1 << 40} {
			if err := done(t, db, func(tx *store.Tx) error { return device.SetProfile(tx, d.ID, p) }); !fail.Is(err, fail.Invalid) {
				t.Errorf("profile %d: %v", p, err)
			}
		}
	})
}

func TestFindingsAreCountedAndBounded(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		d := install(t, db)
		found := func(device string, fs ...device.Finding) { must(t, db, foundIn(device, fs)) }
		var many []device.Finding
		for i := range 520 {
			many = append(many, device.Finding{Action: "MeterValues", Kind: "unknown_member", Path: fmt.Sprintf("/x%03d", i), Detail: "first"})
		}
		found(d.ID, many...)
		found(d.ID, device.Finding{Action: "MeterValues", Kind: "unknown_member", Path: "/x007", Detail: "second"}, many[519])
		fs := do(t, db, func(tx *store.Tx) ([]device.Finding, error) { return device.Findings(tx, d.ID) })
		if len(fs) != 500 {
			t.Fatalf("%d findings", len(fs))
		}
		times := int64(0)
		for _, f := range fs {
			times += f.Times
		}
		if times != 501 || fs[0].Path != "/x007" || fs[0].Times != 2 || fs[0].Detail != "second" || fs[0].LastAt.Before(fs[0].FirstAt) {
			t.Errorf("%d times, the latest %+v", times, fs[0])
		}
		if slices.ContainsFunc(fs, func(f device.Finding) bool { return f.Path == "/x519" }) {
			t.Error("one beyond the bound is kept")
		}
		other := install(t, db)
		found(other.ID, many[519])
		if fs := do(t, db, func(tx *store.Tx) ([]device.Finding, error) { return device.Findings(tx, other.ID) }); len(fs) != 1 {
			t.Errorf("the new device has %d findings", len(fs))
		}
		if err := done(t, db, foundIn("none", many[:1])); err == nil {
			t.Error("a finding of no device")
		}
	})
}

func foundIn(id string, fs []device.Finding) func(tx *store.Tx) error {
	return func(tx *store.Tx) error { return device.Found(tx, id, fs) }
}

func TestNoticesAreOneADay(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		d := install(t, db)
		evening := time.Date(2026, 3, 1, 23, 59, 59, 999_999_000, time.UTC)
		note := func(action, body string, at time.Time) {
			must(t, db, func(tx *store.Tx) error {
				return device.Note(tx, d.ID, device.Notice{Action: action, Body: body, ReceivedAt: at})
			})
		}
		list := func(action string) []device.Notice {
			return do(t, db, func(tx *store.Tx) ([]device.Notice, error) { return device.Notices(tx, d.ID, action, 100) })
		}
		for range 3 {
			note("A", `{"a":1}`, evening)
		}
		note("A", `{"a":1}`, evening.Add(-23*time.Hour))
		note("A", `{"a":1}`, evening.In(time.FixedZone("", 14*3600))) // the day is UTC's
		if n := list(""); len(n) != 1 || !n[0].ReceivedAt.Equal(evening) || n[0].Body != `{"a":1}` {
			t.Errorf("one notice, repeated, is %+v", n)
		}
		note("A", `{"a":2}`, evening)
		note("B", `{"a":1}`, evening)
		note("A", `{"a":1}`, evening.Add(time.Microsecond)) // the next day
		if len(list("")) != 4 || len(list("A")) != 3 || len(list("B")) != 1 || len(list("C")) != 0 {
			t.Errorf("%d, %d, %d, %d notices", len(list("")), len(list("A")), len(list("B")), len(list("C")))
		}
		var paged []device.Notice
		var key device.NoticeKey
		for range 10 {
			var keys []device.NoticeKey
			page := do(t, db, func(tx *store.Tx) (n []device.Notice, err error) {
				n, keys, err = device.NoticesBefore(tx, d.ID, "", key, 1)
				return n, err
			})
			if len(page) == 0 {
				break
			}
			paged, key = append(paged, page...), keys[0]
		}
		if len(paged) != 4 || paged[0] != list("")[0] {
			t.Errorf("pages show %+v", paged)
		}
		must(t, db, func(tx *store.Tx) error { device.Forget(tx); return nil })
		if len(list("")) != 4 {
			t.Error("forgotten before their term")
		}
		note("old", "{}", time.Now().AddDate(0, 0, -401))
		must(t, db, func(tx *store.Tx) error { device.Forget(tx); return nil })
		if len(list("old")) != 0 {
			t.Error("kept beyond their term")
		}
	})
}

func TestStandingAtShowsOurs(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		install(t, db)
		d := install(t, db)
		do(t, db, func(tx *store.Tx) (device.Device, error) { return device.Install(tx, "tn_other", "S2") })
		ds := do(t, db, func(tx *store.Tx) ([]device.Device, error) {
			return device.StandingAt(tx, access.Scope{Tenant: tenant}, "S0", "S9")
		})
		if len(ds) != 1 || ds[0].ID != d.ID {
			t.Errorf("%+v", ds)
		}
	})
}

// What an operator orders holds, upwards and downwards.
func TestOperatorsMayLowerTheProfile(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		d := install(t, db)
		for _, p := range []int64{2, 0, 3, 1} {
			must(t, db, func(tx *store.Tx) error { return device.SetProfile(tx, d.ID, p) })
			if got := at(t, db).SecurityProfile; got != p {
				t.Errorf("ordered %d, on file %d", p, got)
			}
		}
	})
}
