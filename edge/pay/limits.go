package pay

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"chargewright/base/energy"
	"chargewright/base/money"
	"chargewright/core/driver"
)

// The limits in the address of a dynamic code (2.1 C25.FR.56 to FR.58): currency of
// the tariff, Wh and s.
const (
	askedCost   = "maxcost"
	askedEnergy = "maxenergy"
	askedTime   = "maxtime"
)

var askedNames = []string{askedCost, askedEnergy, askedTime}

// maxLimitText bounds the text of one limit.
const maxLimitText = 20

// asked is what of a query names limits, for the address that it leads on to.
func asked(q url.Values) url.Values {
	out := url.Values{}
	for _, name := range askedNames {
		for _, v := range q[name] {
			if len(out[name]) < 2 && len(v) <= maxLimitText {
				out.Add(name, v)
			} else {
				out[name] = []string{""} // strange, and named so
			}
		}
	}
	return out
}

// readAsked reads the limits of an address. Those that are none are named, and
// count for nothing.
func readAsked(q url.Values, c money.Currency) (l driver.Limits, strange []string) {
	for _, name := range askedNames {
		texts := q[name]
		if len(texts) == 0 {
			continue
		}
		one, ok := driver.Limits{}, len(texts) == 1
		if ok {
			one, ok = readOne(name, texts[0], c)
		}
		if !ok {
			strange = append(strange, name)
			continue
		}
		l = driver.Limits{Cost: l.Cost + one.Cost, Energy: l.Energy + one.Energy, Time: l.Time + one.Time}
	}
	return l, strange
}

func readOne(name, text string, c money.Currency) (l driver.Limits, ok bool) {
	if len(text) > maxLimitText {
		return l, false
	}
	scale := map[string]int{askedCost: c.Exponent(), askedEnergy: 3}[name]
	n, err := money.ParseDecimal(text, scale)
	if err != nil || n <= 0 {
		return l, false
	}
	switch name {
	case askedCost:
		l.Cost = n
	case askedEnergy:
		l.Energy = energy.Energy(n) / energy.WattHour * energy.WattHour
	case askedTime:
		l.Time = time.Duration(min(n, int64(2*driver.MostTime/time.Second))) * time.Second
	}
	return l, l != driver.Limits{} && l.Check() == nil
}

// The fields of the page: major units of the currency, kWh and minutes.
const (
	fieldCost   = "cost"
	fieldEnergy = "kwh"
	fieldTime   = "minutes"
)

var fields = []string{fieldCost, fieldEnergy, fieldTime}

// wish is what a guest takes at most, as they typed it.
type wish struct {
	limits  driver.Limits
	asked   driver.Limits // at the station
	names   url.Values    // the address' own words for that
	strange []string      // of them, that are none
	texts   map[string]string
	problem map[string]string // by field, for people
}

// wishAsked is the wish of somebody who comes from the code of a station.
func wishAsked(q url.Values, p place, t words) wish {
	c := money.Currency(p.Bound.Currency)
	w := wish{names: asked(q)}
	w.asked, w.strange = readAsked(w.names, c)
	w.limits = w.asked
	if w.limits.Cost >= p.Hold { // no more than that is held anyway
		w.limits.Cost = 0
	}
	w.texts = textsOf(w.limits, c, t)
	w.judge(p, t)
	return w
}

// wishTyped is the wish that a guest typed on the page.
func wishTyped(form url.Values, p place, t words) wish {
	c := money.Currency(p.Bound.Currency)
	w := wish{names: asked(form), texts: map[string]string{}, problem: map[string]string{}}
	w.asked, w.strange = readAsked(w.names, c)
	same := textsOf(w.asked, c, t)
	for _, name := range fields {
		text := strings.TrimSpace(form.Get(name))
		if text == "" {
			continue
		}
		w.texts[name] = cut(text, maxLimitText)
		l, ok := w.asked, true
		if text != same[name] {
			l, ok = readTyped(name, text, c)
		}
		switch {
		case !ok:
			w.problem[name] = t.bounds(name, p)
		case name == fieldCost:
			w.limits.Cost = l.Cost
		case name == fieldEnergy:
			w.limits.Energy = l.Energy
		case name == fieldTime:
			w.limits.Time = l.Time
		}
	}
	w.judge(p, t)
	return w
}

// readTyped reads one field, with a comma or a point.
func readTyped(name, text string, c money.Currency) (l driver.Limits, ok bool) {
	scale := map[string]int{fieldCost: c.Exponent(), fieldEnergy: 3}[name]
	n, err := money.ParseDecimal(strings.Replace(text, ",", ".", 1), scale)
	if err != nil || n <= 0 || n > 1_000_000_000 {
		return l, false
	}
	switch name {
	case fieldCost:
		l.Cost = n
	case fieldEnergy:
		l.Energy = energy.Energy(n) * energy.WattHour
	case fieldTime:
		l.Time = time.Duration(n) * time.Minute
	}
	return l, true
}

// judge finds the limits that are out of bounds.
func (w *wish) judge(p place, t words) {
	if w.problem == nil {
		w.problem = map[string]string{}
	}
	l := w.limits
	for name, bad := range map[string]bool{
		fieldCost:   l.Cost != 0 && (l.Cost < p.Least || l.Cost > p.Hold),
		fieldEnergy: driver.Limits{Energy: l.Energy}.Check() != nil,
		fieldTime:   driver.Limits{Time: l.Time}.Check() != nil,
	} {
		if bad {
			w.problem[name] = t.bounds(name, p)
		}
	}
}

// hold is what a card holds for somebody with that wish.
func (w wish) hold(p place) int64 {
	if l := w.limits.Cost; l > 0 && w.problem[fieldCost] == "" {
		return min(p.Hold, l)
	}
	return p.Hold
}

// seal is what a guest was shown of their limits and the hold.
func (w wish) seal(p place) string {
	l := w.limits
	return fmt.Sprintf("%d.%d.%d.%d", w.hold(p), l.Cost, l.Energy.WattHours(), int64(l.Time/time.Second))
}

// showLimits is the button by which a guest sees what their limits mean before they pay.
const showLimits = "limits"

// unready says why a guest does not go on to pay yet, "" if they do: a limit is out
// of bounds, or they were not shown what theirs means.
func (w wish) unready(form url.Values, p place, t words) string {
	seen := form.Get("seal")
	switch {
	case len(w.problem) > 0:
		return t.LimitsWrong
	case form.Has(showLimits), seen != w.seal(p) && (seen != "" || w.limits != driver.Limits{}):
		return t.LimitsTaken
	}
	return ""
}

// bounds says between what a limit has to be.
func (t words) bounds(field string, p place) string {
	switch field {
	case fieldCost:
		c := money.Currency(p.Bound.Currency)
		return fmt.Sprintf(t.Between, t.amount(p.Least, c), t.amount(p.Hold, c))
	case fieldEnergy:
		return fmt.Sprintf(t.Between, t.kWh(driver.LeastEnergy), t.kWh(driver.MostEnergy))
	}
	return fmt.Sprintf(t.Between, t.minutes(driver.LeastTime), t.minutes(driver.MostTime))
}

func (t words) kWh(e energy.Energy) string {
	return t.number(money.FormatDecimal(e.WattHours(), 3, 0)) + " kWh"
}

// minutes writes a time as whole minutes, with seconds where there are some.
func (t words) minutes(d time.Duration) string {
	s := strconv.FormatInt(int64(d/time.Minute), 10) + " min"
	if rest := d % time.Minute; rest > 0 {
		s += " " + strconv.FormatInt(int64(rest/time.Second), 10) + " s"
	}
	return s
}

// textsOf fills the fields of the page.
func textsOf(l driver.Limits, c money.Currency, t words) map[string]string {
	out := map[string]string{}
	if l.Cost > 0 {
		out[fieldCost] = t.number(money.Amount{Minor: l.Cost, Currency: c}.Decimal())
	}
	if l.Energy > 0 {
		out[fieldEnergy] = t.number(money.FormatDecimal(l.Energy.WattHours(), 3, 0))
	}
	if l.Time > 0 { // a whole minute more, where there are seconds
		out[fieldTime] = strconv.FormatInt(int64((l.Time+time.Minute-1)/time.Minute), 10)
	}
	return out
}

// stops says at what a session stops, a line for each limit.
func (t words) stops(l driver.Limits, c money.Currency) (out []string) {
	if l.Cost > 0 {
		out = append(out, t.amount(l.Cost, c))
	}
	if l.Energy > 0 {
		out = append(out, t.kWh(l.Energy))
	}
	if l.Time > 0 {
		out = append(out, t.minutes(l.Time))
	}
	return out
}

// limitField is one field of the page.
type limitField struct{ Name, Label, Unit, Text, Problem string }

// limits is the part of the page on which a guest says what they take at most.
type limits struct {
	Fields  []limitField
	Asked   []hidden // the words of the station's address
	Strange string   // those that say nothing
	Stops   string   // what is chosen, in words
	Seal    string
	Open    bool
}

type hidden struct{ Name, Value string }

func (w wish) view(p place, t words) *limits {
	c := money.Currency(p.Bound.Currency)
	out := &limits{Seal: w.seal(p), Stops: strings.Join(t.stops(w.limits, c), t.Or), Open: w.limits != driver.Limits{} || len(w.problem) > 0}
	unit := map[string]string{fieldCost: string(c), fieldEnergy: "kWh", fieldTime: t.MinutesUnit}
	for _, name := range fields {
		out.Fields = append(out.Fields, limitField{name, t.LimitFields[name], unit[name], w.texts[name], w.problem[name]})
	}
	for _, name := range askedNames {
		if v := w.names[name]; len(v) == 1 && !slices.Contains(w.strange, name) {
			out.Asked = append(out.Asked, hidden{name, v[0]})
		}
	}
	if len(w.strange) > 0 {
		out.Strange = fmt.Sprintf(t.StrangeLimit, strings.Join(w.strange, ", "))
	}
	return out
}
