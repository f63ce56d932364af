package tariff_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/big"
	"os"
	"testing"
	"time"

	"chargewright/base/money"
	"chargewright/core/tariff"

	"pgregory.net/rapid"
)

// nights are instants near which local time is odd: transitions both ways, of
// an hour and of half an hour, and zones off the full hour.
var nights = []struct{ zone, at string }{
	{"Europe/Berlin", "2026-03-29T00:00:00Z"}, {"Europe/Berlin", "2026-10-25T00:00:00Z"},
	{"Europe/Berlin", "2026-12-31T22:30:00Z"}, {"Australia/Lord_Howe", "2026-04-04T14:00:00Z"},
	{"Australia/Lord_Howe", "2026-10-03T15:00:00Z"}, {"America/New_York", "2026-03-08T06:30:00Z"},
	{"America/Sao_Paulo", "2018-11-04T02:00:00Z"}, {"Asia/Kathmandu", "2026-05-05T18:00:00Z"},
	{"Pacific/Apia", "2011-12-30T08:00:00Z"}, {"UTC", "2028-02-28T22:00:00Z"},
	{"Pacific/Chatham", "2026-04-04T13:00:00Z"}, {"Pacific/Chatham", "2026-09-26T13:00:00Z"},
	{"Africa/Casablanca", "2026-02-15T01:00:00Z"}, {"Africa/Casablanca", "2026-03-22T01:00:00Z"},
}

// decimal is a number of so many places. Every other one is drawn evenly: rapid
// prefers small ones, of which a price is nothing.
func decimal(t *rapid.T, label string, most int64, scale int) string {
	n := rapid.Int64Range(0, most).Draw(t, label)
	if rapid.Bool().Draw(t, label+" evenly") {
		n = (n*2_654_435_761 + most/3) % (most + 1)
	}
	return money.FormatDecimal(n, scale, 0)
}

func anyRestrictions(t *rapid.T, reservation bool) string {
	var parts []string
	add := func(format string, args ...any) { parts = append(parts, fmt.Sprintf(format, args...)) }
	clock := func(label string) string {
		return fmt.Sprintf("%02d:%02d", rapid.IntRange(0, 23).Draw(t, label), rapid.SampledFrom([]int{0, 15, 30, 59}).Draw(t, label+"m"))
	}
	if !reservation && rapid.IntRange(0, 4).Draw(t, "by holiday alone") == 0 {
		return fmt.Sprintf(`{"holiday":%q}`, rapid.SampledFrom([]string{"ONLY", "NOT"}).Draw(t, "holiday"))
	}
	switch rapid.IntRange(0, 3).Draw(t, "window") {
	case 0:
		a, b := clock("from"), clock("until")
		if a != b || a == "00:00" {
			add(`"start_time":%q,"end_time":%q`, a, b)
		}
	case 1:
		add(`"end_time":%q`, clock("until"))
	}
	bound := func(name string, most int64, scale int) {
		lo := rapid.Int64Range(0, most).Draw(t, name)
		hi := lo + rapid.Int64Range(1, most).Draw(t, "width")
		switch rapid.IntRange(0, 11).Draw(t, "sides") {
		case 0:
			add(`"min_%s":%s`, name, money.FormatDecimal(lo, scale, 0))
		case 1:
			add(`"max_%s":%s`, name, money.FormatDecimal(hi, scale, 0))
		case 2:
			add(`"min_%s":%s,"max_%s":%s`, name, money.FormatDecimal(lo, scale, 0), name, money.FormatDecimal(hi, scale, 0))
		}
	}
	bound("kwh", 20_000, 3)
	bound("duration", 9000, 0)
	bound("power", 20_000, 3)
	bound("current", 64_000, 3)
	switch rapid.IntRange(0, 5).Draw(t, "days") {
	case 0:
		add(`"day_of_week":["SATURDAY","SUNDAY"]`)
	case 1:
		add(`"day_of_week":["MONDAY","TUESDAY","WEDNESDAY","THURSDAY","FRIDAY"]`)
	case 2:
		add(`"start_date":"2026-03-29","end_date":"2027-01-01"`)
	}
	if rapid.IntRange(0, 3).Draw(t, "free") == 0 {
		add(`"holiday":%q`, rapid.SampledFrom([]string{"ONLY", "NOT"}).Draw(t, "holiday"))
	}
	if reservation {
		add(`"reservation":%q`, rapid.SampledFrom([]string{"RESERVATION", "RESERVATION_EXPIRES"}).Draw(t, "reservation"))
	}
	var b bytes.Buffer
	for i, p := range parts {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(p)
	}
	return "{" + b.String() + "}"
}

func anyFormula(t *rapid.T) string {
	f := fmt.Sprintf(`{"index":%q,"factor":%q,"margin":%q`, rapid.SampledFrom([]string{"a", "b", "none"}).Draw(t, "index"),
		decimal(t, "factor", 2_500_000, 6), money.FormatDecimal(rapid.Int64Range(-300_000, 300_000).Draw(t, "margin"), 6, 0))
	low := rapid.Int64Range(0, 200_000).Draw(t, "floor")
	if rapid.Bool().Draw(t, "floored") {
		f += fmt.Sprintf(`,"floor":%q`, money.FormatDecimal(low, 6, 0))
	}
	if rapid.Bool().Draw(t, "capped") {
		f += fmt.Sprintf(`,"cap":%q`, money.FormatDecimal(low+rapid.Int64Range(0, 500_000).Draw(t, "cap"), 6, 0))
	}
	return f + "}"
}

// someSlots are those of two indexes around an instant: a few prices that come
// again, exact ties, gaps, negative ones, and lengths that fit no clock.
func someSlots(t *rapid.T, around time.Time) map[string][]tariff.Slot {
	out := map[string][]tariff.Slot{}
	for _, index := range []string{"a", "b"} {
		at := around.Add(time.Duration(rapid.IntRange(-20_000, 0).Draw(t, "first")) * time.Second)
		length := time.Duration(rapid.SampledFrom([]int{900, 1800, 3600, 777}).Draw(t, "slot")) * time.Second
		for range rapid.IntRange(0, 40).Draw(t, "slots") {
			price := rapid.OneOf(rapid.Int64Range(-400_000_000, 900_000_000), rapid.SampledFrom([]int64{0, 500, 1500, -500, 84_000_500})).Draw(t, "spot")
			out[index] = append(out[index], tariff.Slot{Start: at, End: at.Add(length), Price: tariff.Spot(price)})
			at = at.Add(length)
			if rapid.IntRange(0, 9).Draw(t, "hole") == 0 {
				at = at.Add(length)
			}
		}
	}
	return out
}

func slotsJSON(slots map[string][]tariff.Slot) string {
	type row struct {
		Start time.Time   `json:"start"`
		End   time.Time   `json:"end"`
		Price json.Number `json:"price"`
	}
	out := map[string][]row{}
	for index, list := range slots {
		for _, s := range list {
			out[index] = append(out[index], row{s.Start, s.End, json.Number(s.Price.String())})
		}
	}
	b, err := json.Marshal(out)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// someHolidays are local dates near an instant.
func someHolidays(t *rapid.T, around time.Time) []string {
	out := []string{"2020-02-29"}
	for _, d := range []int{-1, 0, 1} {
		if rapid.Bool().Draw(t, "free day") {
			out = append(out, around.AddDate(0, 0, d).Format(time.DateOnly))
		}
	}
	return out
}

func anyElement(t *rapid.T, taxed bool, last bool) string {
	var b bytes.Buffer
	for i := range rapid.IntRange(1, 3).Draw(t, "components") {
		if i > 0 {
			b.WriteByte(',')
		}
		kind := rapid.SampledFrom([]string{"ENERGY", "ENERGY", "FLAT", "TIME", "PARKING_TIME"}).Draw(t, "type")
		fmt.Fprintf(&b, `{"type":%q,"price":%s,"step_size":%d`, kind, decimal(t, "price", 3_000_000, 6),
			rapid.SampledFrom([]int{1, 1, 60, 300, 900, 500}).Draw(t, "step"))
		if kind == "ENERGY" && rapid.Bool().Draw(t, "dynamic") {
			fmt.Fprintf(&b, `,"spot":%s`, anyFormula(t))
		}
		if taxed {
			fmt.Fprintf(&b, `,"vat":%s`, rapid.SampledFrom([]string{"19", "7.0", "5.2", "8.875"}).Draw(t, "vat"))
		}
		b.WriteString("}")
	}
	restrictions := ""
	if !last {
		restrictions = `,"restrictions":` + anyRestrictions(t, rapid.IntRange(0, 3).Draw(t, "reserved") == 0)
	}
	return fmt.Sprintf(`{"price_components":[%s]%s}`, b.String(), restrictions)
}

func anyTariff(t *rapid.T) string {
	currency := rapid.SampledFrom([]string{"EUR", "JPY", "KWD"}).Draw(t, "currency")
	mode := rapid.SampledFrom([]string{"NO", "YES", "N/A"}).Draw(t, "tax")
	limits := ""
	if mode != "N/A" && rapid.Bool().Draw(t, "capped") {
		limits = `"max_price":{"before_taxes":7.5,"after_taxes":8.991},`
		if rapid.Bool().Draw(t, "floored") {
			limits += `"min_price":{"before_taxes":0.5,"after_taxes":0.6},`
		}
	}
	var elements bytes.Buffer
	n := rapid.IntRange(1, 5).Draw(t, "elements")
	for i := range n {
		if i > 0 {
			elements.WriteByte(',')
		}
		elements.WriteString(anyElement(t, mode != "N/A", i == n-1 && rapid.IntRange(0, 3).Draw(t, "open") > 0))
	}
	return fmt.Sprintf(`{"id":"T","currency":%q,"tax_included":%q,%s"elements":[%s]}`, currency, mode, limits, elements.String())
}

func anySession(t *rapid.T, start time.Time) string {
	var b bytes.Buffer
	at := start.Add(time.Duration(rapid.IntRange(-7200, 10_800).Draw(t, "start")) * time.Second)
	reserving := rapid.IntRange(0, 3).Draw(t, "reserving") == 0
	for i := range rapid.IntRange(1, 5).Draw(t, "segments") {
		state := "RESERVED"
		if i > 0 || !reserving {
			state = rapid.SampledFrom([]string{"CHARGING", "CHARGING", "SUSPENDED_EV", "SUSPENDED_EVSE", "PAUSED"}).Draw(t, "state")
		}
		end := at.Add(time.Duration(rapid.IntRange(1, 9000).Draw(t, "length")) * time.Second)
		energy := "0"
		if state == "CHARGING" || state == "PAUSED" {
			energy = decimal(t, "energy", 30_000_000, 3)
		}
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"start":%q,"end":%q,"energy_wh":%s,"state":%q,"current_a":%s`, at.Format(time.RFC3339), end.Format(time.RFC3339),
			energy, state, decimal(t, "amps", 96_000, 3))
		if rapid.Bool().Draw(t, "metered") {
			fmt.Fprintf(&b, `,"power_kw":%s`, decimal(t, "power", 50_000, 3))
		}
		b.WriteString("}")
		at = end.Add(time.Duration(rapid.SampledFrom([]int{0, 0, 0, 77}).Draw(t, "gap")) * time.Second)
	}
	return `{"segments":[` + b.String() + `]}`
}

// anyFile is a rate file; extra is inserted before its end.
func anyFile(t *rapid.T, extra string) []byte {
	night := rapid.SampledFrom(nights).Draw(t, "night")
	start, err := time.Parse(time.RFC3339, night.at)
	if err != nil {
		t.Fatal(err)
	}
	free, err := json.Marshal(someHolidays(t, start))
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Appendf(nil, `{"time_zone":%q,"tariff":%s,"session":%s,"holidays":%s,"slots":%s%s}`,
		night.zone, anyTariff(t), anySession(t, start), free, slotsJSON(someSlots(t, start)), extra)
}

type rated struct {
	Currency string
	Lines    []struct {
		Dimension string
		Minor     int64 `json:"amount_minor"`
		Taxes     []struct {
			Minor int64 `json:"amount_minor"`
		}
	}
	CDR struct {
		Net   string `json:"excl_vat"`
		Gross string `json:"incl_vat"`
	} `json:"cdr_total_cost"`
	Invoice struct {
		Groups []struct {
			Net   int64 `json:"net_minor"`
			Tax   int64 `json:"tax_minor"`
			Gross int64 `json:"gross_minor"`
		} `json:"tax_groups"`
		Net   int64 `json:"net_minor"`
		Tax   int64 `json:"tax_minor"`
		Gross int64 `json:"gross_minor"`
	}
	Host     int64       `json:"host_minor"`
	Platform int64       `json:"platform_minor"`
	Operator int64       `json:"operator_minor"`
	Fee      int64       `json:"fee_minor"`
	Left     json.Number `json:"included_wh_after"`
	Fallback *string     `json:"fallback_kwh"`
}

func rateFile(t *rapid.T, file []byte) rated {
	b, err := tariff.RateFile(bytes.NewReader(file))
	if err != nil {
		t.Fatalf("%v\n%s", err, file)
	}
	var out rated
	if err := json.Unmarshal(b, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

func checkTotals(t *rapid.T, file []byte, o *oracle, got rated) {
	net, gross := o.cdr()
	if w := nearest(times(net, whole(10_000))); w.Cmp(times(frac(got.CDR.Net), whole(10_000))) != 0 {
		t.Fatalf("CDR net %s, oracle %s\n%s", got.CDR.Net, net.FloatString(8), file)
	}
	if w := nearest(times(gross, whole(10_000))); w.Cmp(times(frac(got.CDR.Gross), whole(10_000))) != 0 {
		t.Fatalf("CDR gross %s, oracle %s\n%s", got.CDR.Gross, gross.FloatString(8), file)
	}
	net, gross = o.invoice(int64(money.Currency(got.Currency).Exponent()))
	if net.Cmp(whole(got.Invoice.Net)) != 0 || gross.Cmp(whole(got.Invoice.Gross)) != 0 {
		t.Fatalf("invoice %d / %d, oracle %s / %s\n%s", got.Invoice.Net, got.Invoice.Gross, net, gross, file)
	}
}

// checkSums are the invariants of every invoice.
func checkSums(t *rapid.T, file []byte, gross bool, got rated) {
	var lines, lineTaxes, net, tax, sum int64
	for _, l := range got.Lines {
		lines += l.Minor
		for _, x := range l.Taxes {
			lineTaxes += x.Minor
		}
	}
	for _, g := range got.Invoice.Groups {
		net, tax, sum = net+g.Net, tax+g.Tax, sum+g.Gross
		if g.Net < 0 || g.Tax < 0 || g.Net+g.Tax != g.Gross {
			t.Fatalf("a tax group is %+v\n%s", g, file)
		}
	}
	v := got.Invoice
	if net != v.Net || tax != v.Tax || sum != v.Gross || v.Net+v.Tax != v.Gross {
		t.Fatalf("groups add up to %d + %d = %d, invoice is %+v\n%s", net, tax, sum, v, file)
	}
	want := v.Net
	if gross {
		want = v.Gross
	}
	if lines != want || lineTaxes != v.Tax {
		t.Fatalf("lines add up to %d with tax %d, invoice is %+v\n%s", lines, lineTaxes, v, file)
	}
}

// sessionsOfOracle is how many sessions the oracle prices: a hundred thousand where
// CHARGEWRIGHT_ORACLE is whole (make oracle).
func sessionsOfOracle() int {
	if os.Getenv("CHARGEWRIGHT_ORACLE") == "whole" {
		return 100_000
	}
	return 2_000
}

// checkMany checks a property of at least so many draws.
func checkMany(t *testing.T, n int, prop func(*rapid.T)) {
	t.Helper()
	for done := 0; done < n && !t.Failed(); {
		rapid.Check(t, func(t *rapid.T) { done++; prop(t) })
	}
}

func TestRateFileEqualsOracle(t *testing.T) {
	seen := map[string]int{}
	checkMany(t, sessionsOfOracle(), func(t *rapid.T) {
		file := anyFile(t, "")
		o := newOracle(file)
		got := rateFile(t, file)
		checkTotals(t, file, o, got)
		if got.Fallback != nil && nearest(times(o.fallback, whole(1e9))).Cmp(times(frac(*got.Fallback), whole(1e9))) != 0 {
			t.Fatalf("%s kWh at a fallback, oracle %s\n%s", *got.Fallback, o.fallback.FloatString(9), file)
		}
		if got.Fallback == nil && o.fallback.Sign() != 0 {
			t.Fatalf("nothing is said of a fallback, oracle %s kWh\n%s", o.fallback.FloatString(9), file)
		}
		checkSums(t, file, o.gross(), got)
		seen[got.Currency]++
		seen[o.zone.String()]++
		if got.Invoice.Gross > 0 {
			seen["paid"]++
		}
	})
	t.Logf("%v", seen)
	for _, n := range nights {
		if seen[n.zone] == 0 {
			t.Errorf("no session was in %s", n.zone)
		}
	}
	if seen["EUR"] == 0 || seen["JPY"] == 0 || seen["KWD"] == 0 || seen["paid"] < (seen["EUR"]+seen["JPY"]+seen["KWD"])/2 {
		t.Errorf("the sessions prove little: %v", seen)
	}
}

func TestTermsEqualOracle(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		used := rapid.IntRange(0, 30_000).Draw(t, "used")
		discount := rapid.Int64Range(0, 900).Draw(t, "discount")
		fixed := rapid.Int64Range(0, 60).Draw(t, "fixed")
		file := anyFile(t, fmt.Sprintf(`,"plan":{"included_wh":20000,"used_wh":%d,"percent_off_energy":"12.5"},
			"discount":{"gross_minor":%d},
			"split":{"fee_fixed_minor":%d,"fee_percent":"1.5","host_percent":"70","platform_percent":"7.5"}`, used, discount, fixed))
		o := newOracle(file)
		got := rateFile(t, file)
		net, gross := o.invoice(int64(money.Currency(got.Currency).Exponent()))
		taken := minus(gross, whole(got.Invoice.Gross))
		if taken.Cmp(whole(discount)) != 0 && !(got.Invoice.Gross == 0 && gross.Cmp(whole(discount)) <= 0) {
			t.Fatalf("gross %d after a discount of %d from %s\n%s", got.Invoice.Gross, discount, gross, file)
		}
		if whole(got.Invoice.Net).Cmp(net) > 0 {
			t.Fatalf("net %d grew from %s by a discount\n%s", got.Invoice.Net, net, file)
		}
		checkSums(t, file, o.gross(), got)
		checkShares(t, file, fixed, got)
		if left := over(frac(got.Left), whole(1000)); minus(o.left, left).Cmp(big.NewRat(1, 1_000_000)) >= 0 || left.Cmp(o.left) > 0 {
			t.Fatalf("%s Wh left of the plan, oracle %s kWh\n%s", got.Left, o.left.FloatString(9), file)
		}
	})
}

func checkShares(t *rapid.T, file []byte, fixed int64, got rated) {
	v := got.Invoice
	fee := whole(0)
	if v.Gross > 0 {
		fee = plus(whole(fixed), nearest(times(whole(v.Gross), big.NewRat(15, 1000))))
	}
	base := minus(whole(v.Net), fee)
	host, platform := whole(0), whole(0)
	if base.Sign() > 0 {
		host, platform = nearest(times(base, big.NewRat(7, 10))), nearest(times(base, big.NewRat(75, 1000)))
	}
	operator := minus(base, plus(host, platform))
	if v.Gross == 0 {
		operator = whole(0)
	}
	for _, c := range []struct {
		name string
		got  int64
		want *big.Rat
	}{{"fee", got.Fee, fee}, {"host", got.Host, host}, {"platform", got.Platform, platform}, {"operator", got.Operator, operator}} {
		if c.want.Cmp(whole(c.got)) != 0 {
			t.Fatalf("%s %d, want %s of %+v\n%s", c.name, c.got, c.want, v, file)
		}
	}
}
