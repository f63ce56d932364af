package spotprice_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"chargewright/base/fail"
	"chargewright/core/tariff"
	"chargewright/core/tariff/tarifftest"
	"chargewright/plug/spotprice"
)

func zone(t *testing.T, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func source(t *testing.T, o spotprice.Options) *spotprice.Source {
	t.Helper()
	if o.Zone == nil {
		o.Zone = zone(t, "Europe/Berlin")
	}
	if o.Unit == "" {
		o.Unit = "kWh"
	}
	if o.Slot == 0 {
		o.Slot = 15 * time.Minute
	}
	s, err := spotprice.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// stand is a server of prices: it writes the slots asked for, and misbehaves.
type stand struct {
	write func(http.ResponseWriter, []tariff.Slot)
	gone  chan struct{}

	mu    sync.Mutex // a request given up may still be on its way here
	slots []tariff.Slot
	next  tarifftest.Behaviour
}

func (s *stand) set(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
}

func (s *stand) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var b tarifftest.Behaviour
	var slots []tariff.Slot
	s.set(func() { b, slots, s.next = s.next, s.slots, tarifftest.Well })
	from, err1 := time.Parse(time.RFC3339, r.FormValue("from"))
	until, err2 := time.Parse(time.RFC3339, r.FormValue("until"))
	if err1 != nil || err2 != nil || r.Header.Get("X-Key") != "secret" {
		http.Error(w, "bad request", http.StatusBadRequest)
		return
	}
	switch b {
	case tarifftest.Down:
		http.Error(w, "closed", http.StatusServiceUnavailable)
		return
	case tarifftest.Nonsense:
		fmt.Fprint(w, "<html>not found</html>")
		return
	case tarifftest.Hangs:
		<-s.gone
		return
	}
	var out []tariff.Slot
	for _, x := range slots {
		if x.End.After(from) && x.Start.Before(until.Add(time.Hour)) { // more than was asked for
			out = append(out, x)
		}
	}
	if b == tarifftest.Contradicts && len(out) > 0 {
		twice := out[0]
		twice.Price++
		out = append(out, twice)
	}
	s.write(w, out)
}

func TestHTTPSources(t *testing.T) {
	for name, c := range map[string]struct {
		o     spotprice.Options
		write func(http.ResponseWriter, []tariff.Slot)
	}{
		"a list of objects, per kWh, in RFC 3339": {
			spotprice.Options{Format: "json", Items: "data.prices", Time: "when.start", End: "when.end", Price: "value"},
			func(w http.ResponseWriter, slots []tariff.Slot) {
				items := []any{}
				for _, s := range slots {
					items = append(items, map[string]any{"when": map[string]any{"start": s.Start, "end": s.End}, "value": json.Number(s.Price.String())})
				}
				json.NewEncoder(w).Encode(map[string]any{"data": map[string]any{"prices": items}})
			},
		},
		"lists side by side, per MWh, in seconds": {
			spotprice.Options{Format: "json", Time: "unix_seconds", Price: "price", Layout: "unix", Unit: "MWh"},
			func(w http.ResponseWriter, slots []tariff.Slot) {
				at, price := []int64{}, []json.Number{}
				for _, s := range slots {
					at, price = append(at, s.Start.Unix()), append(price, json.Number(perMWh(s.Price)))
				}
				json.NewEncoder(w).Encode(map[string]any{"unix_seconds": at, "price": price})
			},
		},
		"pairs in milliseconds": {
			spotprice.Options{Format: "json", Items: "0", Time: "0", Price: "1", Layout: "unix_ms"},
			func(w http.ResponseWriter, slots []tariff.Slot) {
				items := [][]any{}
				for _, s := range slots {
					items = append(items, []any{s.Start.UnixMilli(), json.Number(s.Price.String())})
				}
				json.NewEncoder(w).Encode([]any{items})
			},
		},
		"CSV in local time, with decimal commas": {
			spotprice.Options{Format: "csv", Time: "Von", Price: "Preis", DecimalComma: true, Unit: "MWh", Layout: "02.01.2006 15:04"},
			func(w http.ResponseWriter, slots []tariff.Slot) {
				fmt.Fprint(w, "\ufeffNr;Von;Preis\r\n")
				for i, s := range slots {
					fmt.Fprintf(w, "%d;%s;%s\r\n", i, s.Start.In(zone(t, "Europe/Berlin")).Format("02.01.2006 15:04"), strings.Replace(perMWh(s.Price), ".", ",", 1))
				}
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			tarifftest.RunSource(t, func(t *testing.T) tarifftest.SourceCase {
				at := &stand{write: c.write, gone: make(chan struct{})}
				srv := httptest.NewServer(at)
				t.Cleanup(func() { close(at.gone); srv.Close() })
				c.o.URL, c.o.Header = srv.URL+"/prices?from={from}&until={until}&key=hidden", map[string]string{"X-Key": "secret"}
				return tarifftest.SourceCase{
					Source: source(t, c.o), Publish: func(s []tariff.Slot) { at.set(func() { at.slots = s }) },
					Next: func(b tarifftest.Behaviour) bool { at.set(func() { at.next = b }); return true },
				}
			})
		})
	}
}

// perMWh writes a price per MWh: a billionth per kWh is a millionth of it.
func perMWh(s tariff.Spot) string {
	n, sign := int64(s), ""
	if n < 0 {
		n, sign = -n, "-"
	}
	return fmt.Sprintf("%s%d.%06d", sign, n/1_000_000, n%1_000_000)
}

func TestFileSource(t *testing.T) {
	tarifftest.RunSource(t, func(t *testing.T) tarifftest.SourceCase {
		path := filepath.Join(t.TempDir(), "prices.csv")
		var good []byte
		write := func(b []byte) {
			if err := os.WriteFile(path, b, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		return tarifftest.SourceCase{
			Source: source(t, spotprice.Options{File: path, Format: "csv"}),
			Publish: func(slots []tariff.Slot) {
				good = []byte("start,end,price\n")
				for _, s := range slots {
					good = fmt.Appendf(good, "%s,%s,%s\n", s.Start.Format(time.RFC3339), s.End.Format(time.RFC3339), s.Price)
				}
				write(good)
			},
			Next: func(b tarifftest.Behaviour) bool {
				switch b {
				case tarifftest.Well:
					write(good)
				case tarifftest.Down:
					os.Remove(path)
				case tarifftest.Nonsense:
					write([]byte("a,b\n1,2\n"))
				case tarifftest.Contradicts:
					first := strings.Split(string(good), "\n")[1]
					write(append(good, first+"1\n"...))
				default:
					return false
				}
				return true
			},
		}
	})
}

func read(t *testing.T, o spotprice.Options, text string) ([]tariff.Slot, error) {
	t.Helper()
	o.File = filepath.Join(t.TempDir(), "prices")
	if err := os.WriteFile(o.File, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return source(t, o).Fetch(t.Context(), time.Unix(0, 0), time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC))
}

// Local days of 23 and 25 hours, as an exchange writes them: every slot of the
// day, in order, without a zone.
func TestNightsOfTheClockChange(t *testing.T) {
	for _, c := range []struct {
		zone  string
		y     int
		m     time.Month
		d     int
		slot  time.Duration
		hours time.Duration
		ends  bool
	}{
		{"Europe/Berlin", 2026, 3, 29, 15 * time.Minute, 23 * time.Hour, false}, {"Europe/Berlin", 2026, 10, 25, 15 * time.Minute, 25 * time.Hour, false},
		{"Europe/Berlin", 2026, 3, 29, time.Hour, 23 * time.Hour, true}, {"Europe/Berlin", 2026, 10, 25, time.Hour, 25 * time.Hour, true},
		{"Europe/Lisbon", 2026, 10, 25, 30 * time.Minute, 25 * time.Hour, true}, {"Australia/Lord_Howe", 2026, 4, 5, 30 * time.Minute, 24*time.Hour + 30*time.Minute, false},
		{"America/New_York", 2026, 11, 1, time.Hour, 25 * time.Hour, false}, {"Europe/Berlin", 2026, 6, 1, 15 * time.Minute, 24 * time.Hour, true},
	} {
		z := zone(t, c.zone)
		midnight := time.Date(c.y, c.m, c.d, 0, 0, 0, 0, z)
		text, n := "start,end,price\n", 0
		if !c.ends {
			text = "start,price\n"
		}
		for at := midnight; at.Before(midnight.Add(c.hours)); at = at.Add(c.slot) {
			text += at.Format("2006-01-02 15:04") + ","
			if c.ends {
				// By the clock as people write it: an hour from the hour.
				shown := time.Date(at.Year(), at.Month(), at.Day(), at.Hour(), at.Minute(), 0, 0, time.UTC).Add(c.slot)
				text += shown.Format("2006-01-02 15:04") + ","
			}
			text += fmt.Sprintf("0.%03d\n", n)
			n++
		}
		got, err := read(t, spotprice.Options{Format: "csv", Zone: z, Slot: c.slot}, text)
		if err != nil {
			t.Errorf("%+v: %v", c, err)
			continue
		}
		if len(got) != n || n != int(c.hours/c.slot) {
			t.Errorf("%+v: %d slots, want %d", c, len(got), n)
			continue
		}
		for i, s := range got {
			if !s.Start.Equal(midnight.Add(time.Duration(i)*c.slot)) || s.Price != tariff.Spot(i*1_000_000) {
				t.Errorf("%+v: slot %d is %v", c, i, s)
				break
			}
		}
	}
}

func TestOddAnswers(t *testing.T) {
	csv := spotprice.Options{Format: "csv"}
	list := spotprice.Options{Format: "json", Items: "a", Time: "t", Price: "p"}
	for name, c := range map[string]struct {
		o    spotprice.Options
		text string
		want int // slots; -1: refused
	}{
		"nothing":                        {csv, "", 0},
		"names alone":                    {csv, "start,price\n", 0},
		"a gap between":                  {csv, "start,price\n2026-01-01 00:00,1\n2026-01-01 00:30,1\n", 2},
		"a price that is missing":        {csv, "start,price\n2026-01-01 00:00,\n2026-01-01 00:15,1\n", 1},
		"a price that is null":           {list, `{"a":[{"t":"2026-01-01T00:00Z","p":null},{"t":"2026-01-01T00:15Z","p":-1e-3}]}`, 1},
		"given twice":                    {csv, "start,price\n2026-01-01 00:00,1\n2026-01-01 00:00,1\n", -1},
		"overlapping":                    {csv, "start,price\n2026-01-01 00:00,1\n2026-01-01 00:10,1\n", -1},
		"an hour that does not come":     {csv, "start,price\n2026-03-29 02:15,1\n", -1},
		"local times that go back":       {csv, "start,price\n2026-01-02 00:00,1\n2026-01-01 00:00,1\n", -1},
		"times with a zone in any order": {csv, "start,price\n2026-01-02T00:00:00Z,1\n2026-01-01T01:00:00+01:00,1\n", 2},
		"ENTSO-E's way of a slot":        {csv, "start,price\n01.06.2026 00:00 - 01.06.2026 00:15,1\n", 1},
		"tabs":                           {csv, "start\tprice\n2026-01-01 00:00\t0.1\n", 1},
		"another length":                 {csv, "start,end,price\n2026-01-01 00:00,2026-01-01 01:00,1\n", -1},
		"no such column":                 {csv, "from,price\n2026-01-01 00:00,1\n", -1},
		"a row too short":                {csv, "start,price\n2026-01-01 00:00\n", -1},
		"ten decimals":                   {csv, "start,price\n2026-01-01 00:00,0.0123456789\n", -1},
		"seven decimals per MWh":         {spotprice.Options{Format: "csv", Unit: "MWh"}, "start,price\n2026-01-01 00:00,85.1234567\n", -1},
		"more than a million":            {csv, "start,price\n2026-01-01 00:00,1000001\n", -1},
		"a price that is text":           {csv, "start,price\n2026-01-01 00:00,NaN\n", -1},
		"no JSON":                        {list, `{"a":[`, -1},
		"two answers":                    {list, `{"a":[]} {}`, -1},
		"another shape":                  {list, `{"b":[]}`, -1},
		"an item without its time":       {list, `{"a":[{"p":1}]}`, -1},
		"an item that is an object":      {list, `{"a":[{"t":{},"p":1}]}`, -1},
		"lists of two lengths":           {spotprice.Options{Format: "json", Time: "t", Price: "p"}, `{"t":[1],"p":[]}`, -1},
		"too long":                       {csv, "start,price\n" + strings.Repeat("\n", 9<<20), -1},
	} {
		got, err := read(t, c.o, c.text)
		if c.want < 0 {
			if !fail.Is(err, fail.Invalid) || got != nil || strings.ContainsAny(err.Error(), "\n") {
				t.Errorf("%s: %v, %v", name, got, err)
			}
			continue
		}
		if err != nil || len(got) != c.want {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
}

func TestPricesAreExact(t *testing.T) {
	for per, prices := range map[string]map[string]tariff.Spot{
		"kWh": {"0.08537": 85_370_000, "-0.000000001": -1, "1e-9": 1, "0": 0, "12": 12_000_000_000},
		"MWh": {"85.37": 85_370_000, "-500": -500_000_000, "0.000001": 1, "8.537E1": 85_370_000, "4000": 4_000_000_000},
	} {
		for s, want := range prices {
			got, err := read(t, spotprice.Options{Format: "csv", Unit: per}, "start,price\n2026-01-01 00:00,"+s+"\n")
			if err != nil || len(got) != 1 || got[0].Price != want {
				t.Errorf("%s per %s: %v, %v, want %d", s, per, got, err, want)
			}
		}
	}
}

// A key does not follow a redirect to another host, and no error shows the address.
func TestKeysStayWithTheirHost(t *testing.T) {
	other := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("the other host was asked, with the key %q", r.Header.Get("X-Key"))
	}))
	defer other.Close()
	first := httptest.NewServer(http.RedirectHandler(other.URL, http.StatusFound))
	s := source(t, spotprice.Options{URL: first.URL + "?key=hidden", Header: map[string]string{"X-Key": "secret"}, Format: "csv"})
	for range 2 {
		_, err := s.Fetch(t.Context(), time.Now(), time.Now())
		if !fail.Is(err, fail.Unavailable) || strings.Contains(fmt.Sprintf("%v %+v", err, err), "hidden") {
			t.Error(err)
		}
		first.Close() // and then there is nobody
	}
}

func TestOptionsAreChecked(t *testing.T) {
	good := spotprice.Options{URL: "https://example.org/{from}", Format: "json", Time: "t", Price: "p", Zone: time.UTC, Unit: "MWh", Slot: time.Hour}
	if _, err := spotprice.New(good); err != nil {
		t.Fatal(err)
	}
	for field, spoil := range map[string]func(*spotprice.Options){
		"url": func(o *spotprice.Options) { o.URL = "ftp://example.org" }, "url ": func(o *spotprice.Options) { o.File = "x" },
		"url  ": func(o *spotprice.Options) { o.URL = "file:///etc/passwd" }, "url   ": func(o *spotprice.Options) { o.URL = "" },
		"format": func(o *spotprice.Options) { o.Format = "xml" }, "time": func(o *spotprice.Options) { o.Time = "" },
		"zone": func(o *spotprice.Options) { o.Zone = nil }, "unit": func(o *spotprice.Options) { o.Unit = "Wh" },
		"slot_minutes": func(o *spotprice.Options) { o.Slot = time.Minute },
	} {
		o := good
		spoil(&o)
		_, err := spotprice.New(o)
		if e, ok := err.(*fail.Error); !ok || e.Kind != fail.Invalid || e.Field != strings.TrimSpace(field) {
			t.Errorf("%s: %v", field, err)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte("start,price\n2026-10-25 02:00,1\n2026-10-25 02:00,2\n"), "kWh")
	f.Add([]byte("start;end;price\n2026-01-01T00:00:00Z;2026-01-01T00:15:00Z;-1e-3\n"), "MWh")
	x := tariff.Index{ID: "x", Zone: "Europe/Berlin", Slot: 15 * time.Minute}
	f.Fuzz(func(t *testing.T, b []byte, per string) {
		got, err := spotprice.Read(x, per, b)
		if err != nil {
			if fail.KindOf(err) != fail.Invalid || strings.ContainsAny(err.Error(), "\n\r") {
				t.Errorf("%v", err)
			}
			return
		}
		for i, s := range got {
			if s.End.Sub(s.Start) != x.Slot || i > 0 && s.Start.Before(got[i-1].End) || s.Price > tariff.MaxSpot || s.Price < -tariff.MaxSpot {
				t.Errorf("%v", got)
			}
		}
	})
}
