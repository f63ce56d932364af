package web

import (
	"math"
	"net/url"
	"strings"
	"testing"
	"time"

	"chargewright/base/energy"
	"chargewright/base/money"
	"chargewright/core/billing"
	"chargewright/core/session"
	"chargewright/core/station"

	"pgregory.net/rapid"
)

func parse(t *testing.T, code string) money.Currency {
	t.Helper()
	c, err := money.ParseCurrency(code)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestWords(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{amount(120437, "EUR"), "€1,204.37"},
		{amount(-500, "USD"), "−$5.00"},
		{amount(1230, "CHF"), "CHF\u00a012.30"},
		{amount(500, "JPY"), "¥500"},
		{amount(5, "KWD"), "KWD\u00a00.005"},
		{amount(math.MinInt64, "EUR"), "−€92,233,720,368,547,758.08"},
		{unitPrice("0.5", "EUR"), "€0.50"},
		{unitPrice("0.4875", "EUR"), "€0.4875"},
		{unitPrice("39", "JPY"), "¥39"},
		{unitPrice("free", "EUR"), "free"},
		{grouped("1234567.891234"), "1,234,567.891234"},
		{grouped("-1234"), "−1,234"},
		{grouped("n/a"), "n/a"},
		{kwh(41_286_000), "41.29"},
		{kwh(-1_000_000), "−1.00"},
		{register(21_640_512_000), "21,640.512\u00a0kWh"},
		{kw(96_449), "96.4"},
		{kw(0), "0.0"},
		{age(42 * time.Second), "42\u00a0s"},
		{age(-time.Second), "0\u00a0s"},
		{age(70 * time.Minute), "1\u00a0h\u00a010\u00a0min"},
		{age(80 * time.Hour), "3\u00a0d"},
		{span(67 * time.Minute), "1:07"},
		{span(-time.Minute), "0′00″"}, {span(185 * time.Second), "3′05″"}, {span(10 * time.Minute), "0:10"},
		{hint("04aabbcc7f2c"), "…7F2C"},
		{hint("abc"), "…C"},
		{hint(""), ""},
		{counted(1, "station"), "1 station"},
		{counted(1200, "station"), "1,200 stations"},
		{sentence("PARKING_TIME"), "Parking time"},
		{brief("4"), "4"},
		{plug(2, 1), "2"},
		{plug(2, 3), "2.3"},
		{plug(0, 0), ""},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}

func TestMeanPower(t *testing.T) {
	for _, c := range []struct {
		e    energy.Energy
		d    time.Duration
		want int64
	}{
		{22 * energy.KiloWattHour, time.Hour, 22_000}, {11 * energy.KiloWattHour, 30 * time.Minute, 22_000},
		{0, time.Hour, 0}, {energy.KiloWattHour, 0, 0}, {-energy.KiloWattHour, time.Hour, 0}, {energy.KiloWattHour, -time.Hour, 0},
	} {
		if got := meanPower(c.e, c.d); got != c.want {
			t.Errorf("%s over %s is %d W, want %d", c.e, c.d, got, c.want)
		}
	}
}

func TestPeriodNamesWhatDiffers(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	at := func(s string) time.Time {
		v, err := time.Parse(time.RFC3339, s)
		if err != nil {
			t.Fatal(err)
		}
		return v.In(berlin)
	}
	for _, c := range [][3]string{
		{"2026-11-19T16:21:04Z", "2026-11-19T17:28:19Z", "19 Nov 2026, 17:21:04 to 18:28:19 CET"},
		{"2026-11-19T22:50:00Z", "2026-11-19T23:10:00Z", "19 Nov 2026, 23:50:00 to 20 Nov 2026, 00:10:00 CET"},
		{"2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z", "25 Oct 2026, 02:30:00 CEST to 02:30:00 CET"},
	} {
		if got := period(at(c[0]), at(c[1])); got != c[2] {
			t.Errorf("got %q, want %q", got, c[2])
		}
	}
}

func TestOutcome(t *testing.T) {
	cost := int64(100)
	for _, c := range []struct {
		s         session.Session
		word, why string
	}{
		{session.Session{State: session.Closed, Settled: true, CostMinor: &cost}, "Billed", ""},
		{session.Session{State: session.Closed, Settled: true, CostMinor: &cost, Estimated: true}, "Billed", "estimated"},
		{session.Session{State: session.Closed, Flags: session.Flags{session.FlagJump}}, "In review", "Meter jumped"},
		{session.Session{State: session.Closed, Estimated: true}, "Provisional", "no stop yet"},
		{session.Session{State: session.Closed, Flags: session.Flags{session.FlagGaps}}, "Being billed", ""},
	} {
		if s, why := outcome(c.s); s.Word != c.word || why != c.why {
			t.Errorf("%v is %q %q, want %q %q", c.s.State, s.Word, why, c.word, c.why)
		}
	}
}

func TestConnectorState(t *testing.T) {
	idle := &session.Session{Flow: session.FlowIdle}
	for _, c := range []struct {
		status station.Status
		s      *session.Session
		want   string
	}{
		{station.Charging, nil, "charging"}, {station.Occupied, nil, "preparing"}, {station.Occupied, idle, "finishing"},
		{station.Unknown, idle, "finishing"}, {station.Unknown, nil, "unknown"}, {"", nil, "unknown"}, {"nonsense", nil, "unknown"},
		{station.Faulted, idle, "faulted"}, {station.SuspendedEV, nil, "suspended-ev"},
	} {
		if got := connectorState(station.Connector{Status: c.status}, c.s).Key; got != c.want {
			t.Errorf("%q with a session %v is %s, want %s", c.status, c.s != nil, got, c.want)
		}
	}
}

// A session that charges and has sent no meter value for long shows an old one.
func TestOldValuesAreMarked(t *testing.T) {
	now := time.Date(2026, 11, 20, 13, 0, 0, 0, time.UTC)
	n := &network{at: now, stations: []station.Station{{ID: "S1", Connected: true}}}
	for _, c := range []struct {
		silent time.Duration
		want   string
	}{{15 * time.Minute, ""}, {17 * time.Minute, "17\u00a0min"}} {
		s := session.Session{StartedAt: now.Add(-time.Hour), LastAt: now.Add(-c.silent), Energy: energy.KiloWattHour}
		r := n.row(n.stations[0], station.Connector{EVSE: 1, Status: station.Charging}, &s)
		if r.Stale != c.want || r.Span != "1:00" {
			t.Errorf("after %s: stale %q, span %q", c.silent, r.Stale, r.Span)
		}
	}
}

func TestManyRowsComeInPages(t *testing.T) {
	n := &network{at: time.Now()}
	for i := range 250 {
		n.stations = append(n.stations, station.Station{ID: string(rune('A'+i/26)) + string(rune('A'+i%26))})
	}
	v := n.view(filter{Page: 2, State: "offline"})
	if len(v.Rows) != 100 || v.From != 101 || v.To != 200 || v.Count != 250 {
		t.Errorf("page 2 has %d rows, %d to %d of %d", len(v.Rows), v.From, v.To, v.Count)
	}
	if v.Prev != "/?state=offline" || v.Next != "/?page=3&state=offline" {
		t.Errorf("it links to %q and %q", v.Prev, v.Next)
	}
	if v := n.view(filter{Page: 3}); v.Next != "" || len(v.Rows) != 50 {
		t.Errorf("the last page has %d rows and leads to %q", len(v.Rows), v.Next)
	}
}

func TestTwoConnectorsAndLooseSessions(t *testing.T) {
	n := &network{
		at: time.Now(), stations: []station.Station{{ID: "S1", Connected: true}},
		connectors: map[string][]station.Connector{"S1": {{EVSE: 1, ID: 1, Status: station.Available}, {EVSE: 1, ID: 2, Status: station.Occupied}}},
		open:       map[string][]session.Session{"S1": {{ID: "new", EVSE: 1, Connector: 2, Flow: session.FlowCharging}, {ID: "lost", EVSE: 7, Flow: session.FlowIdle}}},
	}
	var got []string
	for _, r := range n.rows() {
		got = append(got, r.Key+" "+r.State.Key)
	}
	if want := "S1/1 available, S1/1.2 charging, lost finishing"; strings.Join(got, ", ") != want {
		t.Errorf("got %s, want %s", strings.Join(got, ", "), want)
	}
}

func TestStationWithAStateOfItsOwn(t *testing.T) {
	n := &network{
		at: time.Now(), stations: []station.Station{{ID: "S1", Connected: true, Status: station.Faulted}, {ID: "S2", Connected: true, Status: station.Available}},
		connectors: map[string][]station.Connector{"S1": {{EVSE: 1, ID: 1, Status: station.Available}}, "S2": {{EVSE: 1, ID: 1, Status: station.Available}}},
	}
	v := n.view(filter{State: "faulted"})
	if len(v.Rows) != 1 || v.Rows[0].Key != "S1/" || v.Rows[0].Wait != "the whole station" {
		t.Errorf("the faulted rows are %+v", v.Rows)
	}
	if all := n.rows(); len(all) != 3 {
		t.Errorf("there are %d rows, not 3", len(all))
	}
}

// Whatever the stretches, what is drawn lies within the session, in order, and
// drawn time and holes add up to the whole.
func TestStretchesCoverOnlyWhatWasMeasured(t *testing.T) {
	from := time.Date(2026, 11, 20, 13, 0, 0, 0, time.UTC)
	rapid.Check(t, func(t *rapid.T) {
		to := from.Add(time.Duration(rapid.Int64Range(1, 1e6).Draw(t, "s")) * time.Second)
		power := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) billing.Power {
			return billing.Power{
				Start: from.Add(time.Duration(rapid.Int64Range(-1e6, 2e6).Draw(t, "a")) * time.Second),
				End:   from.Add(time.Duration(rapid.Int64Range(-1e6, 2e6).Draw(t, "b")) * time.Second),
				Watt:  rapid.Int64Range(-10, 500_000).Draw(t, "w"),
			}
		}), 0, 30).Draw(t, "power")
		s := stretches(power, from, to)
		at := from
		for _, p := range s {
			if p.Start.Before(at) || !p.End.After(p.Start) || p.End.After(to) || p.Watt < 0 {
				t.Fatalf("%v lies outside %s to %s or overlaps", p, at, to)
			}
			at = p.End
		}
		if h := holes(s, from, to); h < 0 || h > to.Sub(from) {
			t.Fatalf("holes of %s in %s", h, to.Sub(from))
		}
		if c := draw(s, from, to, time.UTC, 640); strings.Contains(c.Area+c.Line+c.Major+c.Minor, "NaN") || len(c.Labels) > 20 || len(c.Minor) > 4000 {
			t.Fatalf("the curve is not bounded: %d labels, %d bytes of ticks", len(c.Labels), len(c.Minor))
		}
	})
}

func TestGapsStayGaps(t *testing.T) {
	from := time.Date(2026, 11, 20, 13, 0, 0, 0, time.UTC)
	to := from.Add(40 * time.Minute)
	s := []billing.Power{
		{Start: from, End: from.Add(10 * time.Minute), Watt: 10_000}, {Start: from.Add(10 * time.Minute), End: from.Add(20 * time.Minute), Watt: 5_000},
		{Start: from.Add(30 * time.Minute), End: to, Watt: 10_000},
	}
	c := draw(s, from, to, time.UTC, 640)
	if want := "M0.0 14.0H160.0V38.0H320.0M480.0 14.0H640.0"; c.Line != want {
		t.Errorf("the line is %s, want %s", c.Line, want)
	}
}

func FuzzFilter(f *testing.F) {
	f.Add("state=faulted&site=a&q=KRN&page=2")
	f.Add("page=-1&q=%00%ff")
	f.Fuzz(func(t *testing.T, query string) {
		u := filterOf(values(query))
		if again := filterOf(values(strings.TrimPrefix(u.address(), "/?"))); u.address() != "/" && again != u {
			t.Errorf("%q reads as %+v, its own address as %+v", query, u, again)
		}
	})
}

func values(query string) url.Values {
	v, err := url.ParseQuery(query)
	if err != nil {
		return url.Values{}
	}
	return v
}
