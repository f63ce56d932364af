package app

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"chargewright/base/store"
	"chargewright/base/store/storetest"
	"chargewright/core/device"
	"chargewright/core/station"
	"chargewright/edge/central"
	"chargewright/schema"
	"chargewright/sim"
	"chargewright/wire/ocpp"
)

// What a 2.1 station shows as a QR code leads to the page of its EVSE, once and for
// about its time; the secret is in no log and no list.
func TestADynamicCodeLeadsToThePageOfItsEVSE(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, storetest.MigratedURL(t, schema.FS), nil)
		w.addStation("CS-1", "a password of sixteen")
		s := w.startStation(sim.Config{ID: "CS-1", Version: ocpp.V21, Password: "a password of sixteen", Seed: 1, Screen: true})
		synctest.Wait()
		open := func(address string, from string) *httptest.ResponseRecorder {
			r := httptest.NewRequest(http.MethodGet, strings.TrimPrefix(address, "https://charge.example"), nil)
			r.RemoteAddr = from + ":1234"
			out := httptest.NewRecorder()
			w.handler.ServeHTTP(out, r)
			return out
		}
		shown := func() string {
			a, err := s.QR(t.Context(), 1)
			if err != nil {
				t.Fatal(err)
			}
			return a
		}
		if a := shown(); a != "" {
			t.Fatalf("nobody set it up, and it shows %q", a)
		}
		values, err := device.QRSetup{Template: "https://charge.example" + device.QRPath, Validity: 30 * time.Second, Length: 8}.Values()
		if err != nil {
			t.Fatal(err)
		}
		c := central.NewCommander(w.DB, w.central.Effective(w.Gateway), quiet)
		w.order(c, device.SetSettings{Values: values})
		synctest.Wait()
		first := shown()
		if !strings.HasPrefix(first, "https://charge.example/pay/q/v1/CS-1/1/") {
			t.Fatalf("it shows %q", first)
		}
		w.write(func(tx *store.Tx) error { return station.Number(tx, "CS-1") })
		number := do(w, func(tx *store.Tx) (string, error) {
			n, _, err := store.One(tx, func(r *store.Row) string { return r.Text(0) }, `SELECT number FROM station_evse WHERE station_id = 'CS-1' AND evse = 1`)
			return n, err
		})
		if o := open(first, "192.0.2.1"); o.Code != http.StatusSeeOther || o.Header().Get("Location") != "/pay/"+number {
			t.Fatalf("%d to %q: %s", o.Code, o.Header().Get("Location"), o.Body)
		}
		if o := open("/pay/"+number, "192.0.2.1"); o.Code != http.StatusOK || !strings.Contains(o.Body.String(), number) {
			t.Errorf("the page: %d", o.Code)
		}
		if o := open(first, "192.0.2.2"); o.Code != http.StatusGone {
			t.Errorf("somebody else with the same code: %d", o.Code)
		}
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		if o := open(first, "192.0.2.1"); o.Code != http.StatusGone {
			t.Errorf("two minutes later: %d", o.Code)
		}
		if next := shown(); next == first || open(next, "192.0.2.3").Code != http.StatusSeeOther {
			t.Errorf("the next code: %q after %q", next, first)
		}
		for _, bad := range []string{"/pay/q/v1/CS-1/0/abcdefgh", "/pay/q/v1/CS-9/1/abcdefgh", "/pay/q/v1/CS-1/x/abcdefgh"} {
			if o := open(bad, "192.0.2.4"); o.Code != http.StatusNotFound {
				t.Errorf("%s: %d", bad, o.Code)
			}
		}
		secret := values[4].Value
		for table, rows := range map[string]string{"commands": `SELECT body FROM device_command`, "settings": `SELECT value FROM device_setting`, "secrets": `SELECT sealed || next_sealed FROM device_qr`} {
			for _, x := range do(w, func(tx *store.Tx) ([]string, error) {
				return store.All(tx, func(r *store.Row) string { return r.Text(0) }, rows)
			}) {
				if strings.Contains(x, secret) {
					t.Errorf("%s show the secret: %q", table, x)
				}
			}
		}
	})
}
