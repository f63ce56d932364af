package pay

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"chargewright/base/energy"
	"chargewright/base/money"
	"chargewright/core/billing"
	"chargewright/core/driver"
	"chargewright/core/tariff"
)

func TestLimitsOfAnAddressAreReadOrNamed(t *testing.T) {
	kWh := func(n energy.Energy) driver.Limits { return driver.Limits{Energy: n * energy.KiloWattHour} }
	for query, want := range map[string]struct {
		limits  driver.Limits
		strange string
	}{
		"":                                     {},
		"maxenergy=20000":                      {kWh(20), ""},
		"maxenergy=20000.0":                    {kWh(20), ""},
		"maxenergy=20000.9":                    {kWh(20), ""},
		"maxtime=90":                           {driver.Limits{Time: 90 * time.Second}, ""},
		"maxcost=19.99":                        {driver.Limits{Cost: 1999}, ""},
		"maxcost=20":                           {driver.Limits{Cost: 2000}, ""},
		"maxcost=20&maxtime=60&maxenergy=1000": {driver.Limits{Cost: 2000, Energy: energy.KiloWattHour, Time: time.Minute}, ""},
		"maxcost=19.999":                       {strange: "maxcost"},
		"maxcost=-1":                           {strange: "maxcost"},
		"maxcost=0":                            {strange: "maxcost"},
		"maxcost=1e30":                         {strange: "maxcost"},
		"maxcost=99999999":                     {strange: "maxcost"},
		"maxcost=%00":                          {strange: "maxcost"},
		"maxenergy=":                           {strange: "maxenergy"},
		"maxenergy=1":                          {strange: "maxenergy"},
		"maxenergy=2000000":                    {strange: "maxenergy"},
		"maxenergy=20kWh":                      {strange: "maxenergy"},
		"maxenergy=20000&maxenergy=30000":      {strange: "maxenergy"},
		"maxtime=59":                           {strange: "maxtime"},
		"maxtime=604801":                       {strange: "maxtime"},
		"maxtime=1.5":                          {strange: "maxtime"},
		"maxtime=99999999999999999999":         {strange: "maxtime"},
		"maxtime=x&maxenergy=5000":             {kWh(5), "maxtime"},
		"MAXTIME=600&maxsoc=80&lang=de":        {},
	} {
		q, err := url.ParseQuery(query)
		if err != nil {
			t.Fatal(query, err)
		}
		for _, v := range []url.Values{q, asked(q)} { // as the station says it, and as the address leads on
			l, strange := readAsked(v, "EUR")
			if l != want.limits || strings.Join(strange, ",") != want.strange {
				t.Errorf("%q: %+v, strange %v", query, l, strange)
			}
		}
	}
}

func FuzzAskedLimits(f *testing.F) {
	for _, s := range []string{"maxcost=20", "maxenergy=1e4", "maxtime=60&maxtime=61", "maxcost=%ff", "maxenergy=000000000000000020000"} {
		f.Add(s, "EUR")
	}
	f.Add("maxcost=1.5", "JPY")
	f.Fuzz(func(t *testing.T, query, currency string) {
		q, err := url.ParseQuery(query)
		if err != nil {
			return
		}
		c, err := money.ParseCurrency(currency)
		if err != nil {
			c = "EUR"
		}
		next := asked(q)
		if len(next.Encode()) > 1000 {
			t.Fatalf("%q leads on to %q", query, next.Encode())
		}
		l, strange := readAsked(next, c)
		if err := l.Check(); err != nil {
			t.Fatalf("%q: %+v: %v", query, l, err)
		}
		here, same := readAsked(q, c)
		if here != l || strings.Join(same, ",") != strings.Join(strange, ",") {
			t.Fatalf("%q is %+v %v, and led on %+v %v", query, here, same, l, strange)
		}
		p := place{billing.AdHoc{Hold: 5000, Least: 200, Bound: bound(c)}}
		w := wishAsked(q, p, vocabulary["de"])
		if h := w.hold(p); h < p.Least || h > p.Hold {
			t.Fatalf("%q holds %d", query, h)
		}
	})
}

func bound(c money.Currency) (b tariff.Bound) {
	b.Currency = string(c)
	return b
}

// What the page shows of a limit comes back from it unchanged, and what is typed is
// read in both ways of writing a number.
func TestAWishComesBackFromThePage(t *testing.T) {
	p := place{billing.AdHoc{Hold: 5000, Least: 200, Bound: bound("EUR")}}
	for lang, t2 := range vocabulary {
		for _, query := range []string{"maxcost=12.5", "maxenergy=7500", "maxtime=90", "maxcost=3&maxenergy=500&maxtime=3600", "maxcost=80"} {
			q, _ := url.ParseQuery(query)
			a := wishAsked(q, p, t2)
			form := url.Values{"seal": {a.seal(p)}}
			v := a.view(p, t2)
			for _, h := range v.Asked {
				form.Set(h.Name, h.Value)
			}
			for _, f := range v.Fields {
				form.Set(f.Name, f.Text)
			}
			b := wishTyped(form, p, t2)
			if b.limits != a.limits || b.asked != a.asked || b.seal(p) != a.seal(p) || b.unready(form, p, t2) != "" {
				t.Errorf("%s %s: %+v, back %+v: %q", lang, query, a, b, b.unready(form, p, t2))
			}
		}
	}
	for field, x := range map[string]map[string]driver.Limits{
		fieldCost:   {"3": {Cost: 300}, " 3,50 ": {Cost: 350}, "50": {Cost: 5000}, "1,99": {}, "50.01": {}, "x": {}, "-3": {}, "1e9": {}},
		fieldEnergy: {"0,5": {Energy: energy.KiloWattHour / 2}, "1000": {Energy: 1000 * energy.KiloWattHour}, "0.499": {}, "1000.001": {}, "1.2345": {}},
		fieldTime:   {"1": {Time: time.Minute}, "10080": {Time: 7 * 24 * time.Hour}, "10081": {}, "0": {}, "1.5": {}},
	} {
		for text, want := range x {
			w := wishTyped(url.Values{field: {text}}, p, vocabulary["en"])
			bad := want == driver.Limits{}
			if got := w.problem[field]; (got != "") != bad || !bad && w.limits != want {
				t.Errorf("%s %q: %+v, %q", field, text, w.limits, got)
			}
		}
	}
}

// Nobody pays by a hold that they did not see.
func TestAChangedLimitIsShownFirst(t *testing.T) {
	p := place{billing.AdHoc{Hold: 5000, Least: 200, Bound: bound("EUR")}}
	en := vocabulary["en"]
	none := wishTyped(url.Values{}, p, en)
	for name, x := range map[string]struct {
		form url.Values
		want string
	}{
		"no limit, by a page of before": {url.Values{}, ""},
		"no limit":                      {url.Values{"seal": {none.seal(p)}}, ""},
		"a limit that is new":           {url.Values{"seal": {none.seal(p)}, fieldCost: {"10"}}, en.LimitsTaken},
		"a limit without a seal":        {url.Values{fieldEnergy: {"10"}}, en.LimitsTaken},
		"a limit that was shown":        {url.Values{"seal": {"1000.1000.0.0"}, fieldCost: {"10"}}, ""},
		"only to look":                  {url.Values{"seal": {"1000.1000.0.0"}, fieldCost: {"10"}, showLimits: {"show"}}, en.LimitsTaken},
		"out of bounds":                 {url.Values{"seal": {"1000.1000.0.0"}, fieldCost: {"1"}}, en.LimitsWrong},
		"taken away":                    {url.Values{"seal": {"1000.1000.0.0"}}, en.LimitsTaken},
	} {
		if got := wishTyped(x.form, p, en).unready(x.form, p, en); got != x.want {
			t.Errorf("%s: %q", name, got)
		}
	}
}
