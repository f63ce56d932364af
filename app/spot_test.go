package app

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"chargewright/base/store"
	"chargewright/base/store/storetest"
	"chargewright/core/access"
	"chargewright/core/tariff"
	"chargewright/core/tariff/tarifftest"
	"chargewright/schema"
)

const spotYAML = `indexes:
  - id: day-ahead
    currency: EUR
    time_zone: Europe/Berlin
    slot_minutes: 15
    url: URL/prices?from={from}
    header_files: {X-Key: KEY}
    format: json
    items: data
    time: t
    price: p
    unit: MWh
`

func spotFiles(t *testing.T, text, url string) string {
	t.Helper()
	dir := t.TempDir()
	key := filepath.Join(dir, "key")
	file := filepath.Join(dir, "spot.yaml")
	text = strings.ReplaceAll(strings.ReplaceAll(text, "URL", url), "KEY", key)
	for name, s := range map[string]string{key: "secret\n", file: text} {
		if err := os.WriteFile(name, []byte(s), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return file
}

func TestSpotPricesOfTheConfigurationAreFetched(t *testing.T) {
	slot := time.Now().UTC().Truncate(15 * time.Minute).Add(30 * time.Minute)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Key") != "secret" || r.FormValue("from") == "" {
			t.Errorf("asked with %q and %q", r.Header.Get("X-Key"), r.URL)
		}
		fmt.Fprintf(w, `{"data":[{"t":%q,"p":85.37}]}`, slot.Format(time.RFC3339))
	}))
	defer srv.Close()
	s, err := Open(t.Context(), Config{
		DataDir: t.TempDir(), Listen: "127.0.0.1:0", Name: "Test", Country: "DE", Currency: "EUR", Zone: "Europe/Berlin", TelemetryDays: 1, MessageLogDays: 1,
		SpotConfig: SpotConfig{SpotPrices: spotFiles(t, spotYAML, srv.URL)},
	}, logger(&bytes.Buffer{}, "error"))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer s.Stop(t.Context()) //nolint:errcheck // the test is over
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		slots, err := store.Read(t.Context(), s.DB, func(tx *store.Tx) ([]tariff.Slot, error) {
			return tariff.Slots(tx, access.DefaultTenant, "day-ahead", slot, slot.Add(time.Hour))
		})
		if err != nil {
			t.Fatal(err)
		}
		if len(slots) == 1 && slots[0].Price.String() == "0.08537" {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("not there: %v", slots)
		}
	}
}

func TestBadSpotFilesNameWhatIsWrong(t *testing.T) {
	for _, c := range []struct{ old, new, want string }{
		{"EUR", "ECU", "currency"}, {"Europe/Berlin", "Europe/Atlantis", "zone"}, {"slot_minutes: 15", "slot_minutes: 5", "slot_minutes"},
		{"unit: MWh", "unit: GWh", "unit"}, {"URL/", "ftp://x/", "url"}, {"format: json", "format: xml", "format"}, {"KEY", "/nowhere/key", "header_files"},
		{"items: data", "item: data", "item"}, {"indexes:", "index:", "index"}, {"format: json", "format: json\n    due: 25:00", "due"},
		{"format: json", "format: json\n    alarm: '12:00'", "alarm"}, {"id: day-ahead", "id: day ahead", "id"},
	} {
		text := strings.Replace(spotYAML, c.old, c.new, 1)
		if text == spotYAML {
			t.Fatalf("%q is not in the file", c.old)
		}
		err := SpotConfig{SpotPrices: spotFiles(t, text, "http://example.org")}.check()
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", c.new, err)
		}
	}
	twice := spotYAML + strings.TrimPrefix(spotYAML, "indexes:\n")
	if err := (SpotConfig{SpotPrices: spotFiles(t, twice, "http://example.org")}).check(); err == nil || !strings.Contains(err.Error(), "twice") {
		t.Error(err)
	}
	if err := (SpotConfig{SpotPrices: "/nowhere"}).check(); err == nil {
		t.Error("a file that is not there passes")
	}
}

// Prices of tomorrow that nobody has at the hour of the alarm are told each owner
// by one mail, however often the server is started.
func TestOwnersAreToldOfMissingPricesOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // at one o'clock in Berlin
		x := tariff.Index{Tenant: access.DefaultTenant, ID: "day-ahead", Currency: "EUR", Zone: "Europe/Berlin", Slot: 15 * time.Minute, Due: 13 * 60, Alarm: 18 * 60, Fed: true}
		w := newWorld(t, storetest.MigratedURL(t, schema.FS), func(c *Config) { c.Feeds = []tariff.Feed{{Index: x, Source: &tarifftest.Exchange{}}} })
		w.write(func(tx *store.Tx) error {
			for _, u := range []struct {
				email, hash string
				role        access.Role
			}{{"ada@example.org", "x", access.Owner}, {"bob@example.org", "x", access.Owner}, {"eve@example.org", "x", access.Support}, {"invited@example.org", "", access.Owner}} {
				if _, err := access.AddUser(tx, everyone, access.User{Email: u.email, Name: "N", Role: u.role}, u.hash); err != nil {
					return err
				}
			}
			return nil
		})
		told := func() (out []string) {
			synctest.Wait()
			return do(w, func(tx *store.Tx) ([]string, error) {
				return store.All(tx, func(r *store.Row) string { return r.Text(0) + ": " + r.Text(1) }, `SELECT recipient, subject FROM notify_mail WHERE kind = 'prices_missing' ORDER BY recipient`)
			})
		}
		time.Sleep(16*time.Hour + 55*time.Minute)
		if got := told(); len(got) != 0 {
			t.Errorf("before the hour of the alarm: %q", got)
		}
		want := []string{"ada@example.org: Prices of day-ahead are missing for 2000-01-02", "bob@example.org: Prices of day-ahead are missing for 2000-01-02"}
		time.Sleep(time.Hour)
		if got := told(); !slices.Equal(got, want) {
			t.Errorf("after it: %q", got)
		}
		w.restart()
		time.Sleep(3 * time.Hour)
		if got := told(); !slices.Equal(got, want) {
			t.Errorf("later on: %q", got)
		}
	})
}

// The made-up exchange has every quarter of an hour of its days, below nothing on
// some Sunday, and never a wild price.
func TestDemoExchange(t *testing.T) {
	zone, err := demoIndex.Location()
	if err != nil {
		t.Fatal(err)
	}
	negative := false
	for at := time.Date(2026, 1, 1, 0, 0, 0, 0, zone); at.Year() == 2026; at = at.Add(15 * time.Minute) {
		p := demoPrice(at)
		negative = negative || p < 0
		if p < -100_000_000 || p > 200_000_000 {
			t.Fatalf("%s costs %s", at, p)
		}
	}
	if !negative {
		t.Error("no price is negative")
	}
	now := time.Now().In(zone)
	from := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, zone)
	slots, err := demoExchange{}.Fetch(t.Context(), from, from.AddDate(0, 0, 2))
	if err != nil || len(tariff.Missing(slots, from, from.AddDate(0, 0, 1))) > 0 {
		t.Errorf("%d slots of today, %v", len(slots), err)
	}
}
