package tariff_test

import (
	"encoding/json"
	"errors"
	"io/fs"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"chargewright/base/money"
	"chargewright/core/tariff"
)

// The worked examples of OCPI, as figures. Two of them are slips of the
// specification and are corrected by name in slips.
const examples = "../../../shared/ocpi-examples"

type vector struct {
	ID       string `json:"id"`
	File     string `json:"tariff_file"`
	Currency string `json:"currency"`
	Input    struct {
		Energy        json.Number `json:"energy_kwh"`
		Charging      json.Number `json:"charging_minutes"`
		ChargingHours json.Number `json:"charging_hours"`
		Parking       json.Number `json:"parking_minutes"`
		Reservation   json.Number `json:"reservation_minutes"`
		Expired       bool        `json:"expired"`
		StartLocal    string      `json:"start_local"`
		StartTime     string      `json:"start_local_time"`
		Current       json.Number `json:"current_a"`
		Periods       []struct {
			Energy  json.Number `json:"energy_kwh"`
			Power   json.Number `json:"power_kw"`
			Minutes json.Number `json:"minutes"`
		} `json:"periods"`
	} `json:"input"`
	Expected struct {
		Net   *string `json:"total_excl_vat"`
		Gross *string `json:"total_incl_vat"`
		Lines []struct {
			Dimension string `json:"dimension"`
			Quantity  string `json:"billed_quantity"`
			Unit      string `json:"unit"`
			Price     string `json:"unit_price"`
		} `json:"lines"`
	} `json:"expected"`
}

// slips are the specification's own arithmetic errors and what its rules give:
// complex-saturday prints 2.28 for 114 min at 1.25/h, which is 2.375. The other
// conflict, energy-step-100Wh-prose, needs no correction here: the vector has
// the prose (20.5 kWh after the step); the table under it (20.45 kWh) is wrong.
var slips = map[string][2]string{"complex-saturday": {"12.375", "13.975"}}

func TestWorkedExamples(t *testing.T) {
	b, err := os.ReadFile(filepath.Join(examples, "tariff_vectors.json"))
	if errors.Is(err, fs.ErrNotExist) {
		t.Skip("the OCPI examples are not beside this checkout")
	}
	if err != nil {
		t.Fatal(err)
	}
	var all struct {
		Vectors []vector `json:"vectors"`
	}
	if err := json.Unmarshal(b, &all); err != nil {
		t.Fatal(err)
	}
	if len(all.Vectors) != 28 {
		t.Errorf("%d vectors, want 28", len(all.Vectors))
	}
	for _, dir := range []string{"2.3.0/core", "2.2.1"} {
		ran := 0
		for _, v := range all.Vectors {
			b, err := os.ReadFile(filepath.Join(examples, dir, v.File))
			if errors.Is(err, fs.ErrNotExist) {
				continue
			}
			ran++
			t.Run(dir+"/"+v.ID, func(t *testing.T) { checkVector(t, &v, b) })
		}
		if ran < 26 {
			t.Errorf("only %d examples of %s were found", ran, dir)
		}
	}
}

func checkVector(t *testing.T, v *vector, b []byte) {
	if strings.HasPrefix(v.File, "cdr") {
		var cdr struct{ Tariffs []json.RawMessage }
		if err := json.Unmarshal(b, &cdr); err != nil {
			t.Fatal(err)
		}
		b = cdr.Tariffs[0]
	}
	tf, err := tariff.Parse(b)
	if err != nil {
		t.Fatal(err)
	}
	if string(tf.Currency) != v.Currency {
		t.Errorf("currency %s, want %s", tf.Currency, v.Currency)
	}
	r, err := tariff.Rate(tf, v.session(t))
	if err != nil {
		t.Fatal(err)
	}
	if s, ok := slips[v.ID]; ok {
		v.Expected.Net, v.Expected.Gross = &s[0], &s[1]
	}
	if v.Expected.Net != nil {
		wantRat(t, "net", r.CDR.Net, *v.Expected.Net)
	} else if r.CDR.Net != nil {
		t.Errorf("net %s is derived from a tariff that does not name its taxes", r.CDR.Net.FloatString(4))
	}
	if v.Expected.Gross != nil {
		wantRat(t, "gross", r.CDR.Gross, *v.Expected.Gross)
	}
	if v.Expected.Lines != nil {
		v.checkLines(t, r.Lines)
	}
}

// checkLines compares quantities by dimension and price; we bill one line where
// the specification lists each period.
func (v *vector) checkLines(t *testing.T, lines []tariff.Line) {
	want := map[string]*big.Rat{}
	for _, l := range v.Expected.Lines {
		q, _ := new(big.Rat).SetString(l.Quantity)
		if l.Unit == "min" {
			q.Quo(q, big.NewRat(60, 1))
		}
		p, err := money.ParsePrice(l.Price)
		if err != nil {
			t.Fatal(err)
		}
		key := l.Dimension + " at " + p.String()
		if want[key] == nil {
			want[key] = new(big.Rat)
		}
		want[key].Add(want[key], q)
	}
	for i := range lines {
		key := string(lines[i].Dimension) + " at " + lines[i].UnitPrice.String()
		if want[key] == nil || want[key].Cmp(lines[i].Quantity()) != 0 {
			t.Errorf("%s: quantity %s, want %v", key, lines[i].Quantity(), want[key])
		}
		delete(want, key)
	}
	for key := range want {
		t.Errorf("no line %s", key)
	}
}

// wantRat compares at the precision at which the figure is printed.
func wantRat(t *testing.T, what string, got *big.Rat, want string) {
	t.Helper()
	_, frac, _ := strings.Cut(want, ".")
	if got == nil {
		t.Errorf("%s is not known, want %s", what, want)
	} else if s := money.FormatRat(got, len(frac)); s != want {
		t.Errorf("%s is %s (%s), want %s", what, s, got, want)
	}
}

// builder strings segments together, each beginning where the last ended.
type builder struct {
	at       time.Time
	segments []tariff.Segment
}

func (b *builder) add(state tariff.State, d time.Duration, mwh int64) *tariff.Segment {
	end := b.at.Add(d)
	b.segments = append(b.segments, tariff.Segment{Start: b.at, End: end, Energy: mwh, State: state})
	b.at = end
	return &b.segments[len(b.segments)-1]
}

func minutes(t *testing.T, n json.Number) time.Duration {
	m, err := money.ParseDecimal(n.String(), 9)
	if err != nil {
		t.Fatal(err)
	}
	return time.Duration(m) * 60
}

func millionths(t *testing.T, n json.Number) int64 {
	if n == "" {
		return 0
	}
	m, err := money.ParseDecimal(n.String(), 6)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func (v *vector) session(t *testing.T) *tariff.Session {
	in := &v.Input
	start := "2019-01-21T09:30:00"
	switch {
	case in.StartLocal != "":
		start = in.StartLocal
	case in.StartTime != "":
		start = "2019-01-21T" + in.StartTime + ":00"
	}
	zone, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		t.Fatal(err)
	}
	at, err := time.ParseInLocation("2006-01-02T15:04:05", start, zone)
	if err != nil {
		t.Fatal(err)
	}
	b := builder{at: at}
	if in.Reservation != "" {
		b.add(tariff.ReservedState, minutes(t, in.Reservation), 0)
	}
	v.charging(t, &b)
	if in.Parking != "" {
		b.add(tariff.SuspendedEV, minutes(t, in.Parking), 0)
	}
	for i := range b.segments {
		if in.Current != "" {
			amps := millionths(t, in.Current)
			b.segments[i].Current = &amps
		}
	}
	return &tariff.Session{Zone: zone, Segments: b.segments, ReservationExpired: in.Expired}
}

func (v *vector) charging(t *testing.T, b *builder) {
	in := &v.Input
	switch {
	case in.Expired:
	case in.Periods != nil:
		for _, p := range in.Periods {
			d, mwh := time.Duration(0), millionths(t, p.Energy)
			if p.Minutes != "" {
				d = minutes(t, p.Minutes)
			}
			if p.Power != "" {
				d = time.Duration(mwh*3600/millionths(t, p.Power)) * time.Second
			}
			g := b.add(tariff.Charging, d, mwh)
			if p.Power != "" {
				mw := millionths(t, p.Power)
				g.Power = &mw
			}
		}
	case in.ChargingHours != "":
		b.add(tariff.Charging, 60*minutes(t, in.ChargingHours), millionths(t, in.Energy))
	case in.Charging != "":
		b.add(tariff.Charging, minutes(t, in.Charging), millionths(t, in.Energy))
	default:
		b.add(tariff.Charging, time.Hour, millionths(t, in.Energy))
	}
}

// The four cases that the specification gives in prose only.
func TestProseExamples(t *testing.T) {
	at := func(clock string) time.Time {
		v, err := time.Parse(time.RFC3339, "2026-03-02T"+clock+":00Z")
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	energy := func(step string) string {
		return `{"currency":"EUR","elements":[{"price_components":[{"type":"ENERGY","price":0.25,"step_size":` + step + `}]}]}`
	}
	for _, c := range []struct {
		name, tariff, start string
		build               func(*builder)
		net                 string
		quantity            map[string]string // dimension and price to kWh or h
	}{
		{
			"step-energy-two-prices", `{"currency":"EUR","elements":[
			{"price_components":[{"type":"ENERGY","price":0.20,"step_size":500}],"restrictions":{"end_time":"17:00"}},
			{"price_components":[{"type":"ENERGY","price":0.27,"step_size":500}]}]}`, "16:00",
			func(b *builder) {
				b.add(tariff.Charging, time.Hour, 4_300_000)
				b.add(tariff.Charging, time.Hour, 1_100_000)
			},
			"1.184", map[string]string{"ENERGY 0.20": "4.3", "ENERGY 0.27": "1.2"},
		}, {
			"step-time-two-prices", `{"currency":"EUR","elements":[
			{"price_components":[{"type":"TIME","price":5,"step_size":600}],"restrictions":{"end_time":"17:00"}},
			{"price_components":[{"type":"TIME","price":7,"step_size":600}]}]}`, "16:54",
			func(b *builder) { b.add(tariff.Charging, 28*time.Minute, 0) },
			"3.30", map[string]string{"TIME 5.00": "6/60", "TIME 7.00": "24/60"},
		}, {
			"step-time-then-parking", `{"currency":"EUR","elements":[{"price_components":[
			{"type":"TIME","price":1,"step_size":600},{"type":"PARKING_TIME","price":2,"step_size":600}]}]}`, "10:00",
			func(b *builder) {
				b.add(tariff.Charging, 21*time.Minute, 0)
				b.add(tariff.SuspendedEV, 16*time.Minute, 0)
			},
			"1.0167", map[string]string{"TIME 1.00": "21/60", "PARKING_TIME 2.00": "20/60"},
		},
		{"step-wh-1", energy("1"), "10:00", func(b *builder) { b.add(tariff.Charging, time.Hour, 115_200) }, "0.029", map[string]string{"ENERGY 0.25": "0.116"}},
		{"step-wh-25", energy("25"), "10:00", func(b *builder) { b.add(tariff.Charging, time.Hour, 115_200) }, "0.03125", map[string]string{"ENERGY 0.25": "0.125"}},
		{"step-wh-500", energy("500"), "10:00", func(b *builder) { b.add(tariff.Charging, time.Hour, 115_200) }, "0.125", map[string]string{"ENERGY 0.25": "0.5"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			tf, err := tariff.Parse([]byte(c.tariff))
			if err != nil {
				t.Fatal(err)
			}
			b := builder{at: at(c.start)}
			c.build(&b)
			r, err := tariff.Rate(tf, &tariff.Session{Zone: time.UTC, Segments: b.segments})
			if err != nil {
				t.Fatal(err)
			}
			wantRat(t, "net", r.CDR.Net, c.net)
			for i := range r.Lines {
				key := string(r.Lines[i].Dimension) + " " + r.Lines[i].UnitPrice.String()
				want, ok := new(big.Rat).SetString(c.quantity[key])
				if !ok || want.Cmp(r.Lines[i].Quantity()) != 0 {
					t.Errorf("%s: quantity %s, want %s", key, r.Lines[i].Quantity(), c.quantity[key])
				}
			}
			if len(r.Lines) != len(c.quantity) {
				t.Errorf("%d lines, want %d", len(r.Lines), len(c.quantity))
			}
		})
	}
}
