package tariff

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"time"

	"chargewright/base/money"
)

// Severity says how much a finding matters.
type Severity string

// The severities, the gravest first.
const (
	Fault   Severity = "error"   // the tariff may not be offered so, or never works
	Warning Severity = "warning" // it hardly does what it was meant to
	Advice  Severity = "advice"  // worth a second look
)

// Finding is what the linter remarks on. Its message is Finding.Message.
type Finding struct {
	Code     string // a stable word; see docs/money.md
	Severity Severity
	Path     string         // of the member: "elements[1].price_components[0]"
	Other    string         // path of the member that is the reason; "" for none
	When     *Restrictions  // the times and amounts it is about; nil for none
	Args     map[string]any // of the message: Price, Percent, Dimension, int64 or string

	currency money.Currency
}

// Venue is the place for which a tariff is looked at. The zero value is none in
// particular.
type Venue struct {
	Now      time.Time      // zero: nothing is past
	Profile  Profile        // legal profile of the EVSE
	Power    int64          // rated power in mW; 0 is not known
	Language string         // of the site, ISO 639-1; "" is not known
	VAT      *money.Percent // the rate that holds there; nil is not known
}

// Bounds of the linter.
const (
	MaxFindings = 200
	lintWork    = 2_000_000 // comparisons of regions; about a quarter of a second
)

// Lint looks for what a tariff hardly means: prices that never apply and times
// without one, step sizes that overcharge, prices that are not allowed at a
// place or look mistaken, limits and texts that contradict. It is pure. What it
// calls unreachable never prices anything, and what it calls a gap is free; of
// a tariff too complex to be sure it says that not all was checked. The gravest
// come first, at most MaxFindings.
func Lint(t *Tariff, at Venue) []Finding {
	l := linter{t: t, at: at, todo: work{left: lintWork}, dead: map[[2]int]bool{}}
	return l.run()
}

func (l *linter) run() []Finding {
	for _, rule := range []func(*linter){
		(*linter).adHoc, (*linter).reach, (*linter).gaps, (*linter).steps, (*linter).kinds, (*linter).taxes, (*linter).limits, (*linter).prices,
		(*linter).parking, (*linter).validity, (*linter).texts,
	} {
		rule(l)
	}
	if l.partial || len(l.out) >= MaxFindings {
		l.out = append(l.out[:min(len(l.out), MaxFindings-1)], Finding{Code: "not_all_checked", Severity: Advice, Path: "elements"})
	}
	rank := map[Severity]int{Fault: 0, Warning: 1, Advice: 2}
	slices.SortStableFunc(l.out, func(a, b Finding) int { return cmp.Compare(rank[a.Severity], rank[b.Severity]) })
	for i := range l.out {
		l.out[i].currency = l.t.Currency
	}
	return l.out
}

type linter struct {
	t       *Tariff
	at      Venue
	todo    work
	out     []Finding
	dead    map[[2]int]bool // element and component that never apply
	partial bool
}

func (l *linter) find(code string, s Severity, path string, args ...any) *Finding {
	f := Finding{Code: code, Severity: s, Path: path, Args: map[string]any{}}
	for i := 0; i+1 < len(args); i += 2 {
		f.Args[args[i].(string)] = args[i+1]
	}
	l.out = append(l.out, f)
	return &l.out[len(l.out)-1]
}

func elementPath(i int) string { return fmt.Sprintf("elements[%d]", i) }

func (u use) path() string {
	return fmt.Sprintf("elements[%d].price_components[%d]", u.element, u.component)
}

// each calls f for the components that can apply.
func (l *linter) each(f func(u use, c *Component, r *Restrictions)) {
	for i := range l.t.Elements {
		e := &l.t.Elements[i]
		for j := range e.Components {
			if !l.dead[[2]int{i, j}] {
				f(use{element: i, component: j}, &e.Components[j], &e.Restrictions)
			}
		}
	}
}

var dimensions = []Dimension{Energy, Time, ParkingTime, Flat}

// reach finds what never applies: a component that an earlier one of its
// dimension covers, alone or with others.
func (l *linter) reach() {
	reason := map[[2]int]string{}
	for _, kind := range []Reservation{NoReservation, Reserved, ReservationExpires} {
		for _, d := range dimensions {
			l.reachOf(l.t.uses(d, kind), kind != NoReservation && (d == Energy || d == ParkingTime), reason)
		}
	}
	for i := range l.t.Elements {
		l.reportElement(i, reason)
	}
}

// reachOf marks the dead among the components of one dimension; unused are those
// of a dimension that a reservation does not have.
func (l *linter) reachOf(uses []use, unused bool, reason map[[2]int]string) {
	var covered []region
	var live []use
	for _, u := range uses {
		id := [2]int{u.element, u.component}
		if unused {
			l.dead[id] = true
			continue
		}
		left, ok := l.todo.remains(u.at, covered)
		if !ok {
			l.partial = true
			return
		}
		if len(left) == 0 {
			l.dead[id], reason[id] = true, l.coveredBy(u, live)
			continue
		}
		if u.exact {
			covered = append(covered, u.at...)
			live = append(live, u)
		}
	}
}

// coveredBy is the path of the first use that alone covers u, "" for none.
func (l *linter) coveredBy(u use, live []use) string {
	for _, v := range live {
		if left, ok := l.todo.remains(u.at, v.at); ok && len(left) == 0 {
			if v.element != u.element {
				return elementPath(v.element)
			}
			return v.path()
		}
	}
	return ""
}

// reportElement reports what is dead in element i: as one where all of it is.
func (l *linter) reportElement(i int, reason map[[2]int]string) {
	e := &l.t.Elements[i]
	whole, others := true, map[string]bool{}
	for j := range e.Components {
		id := [2]int{i, j}
		whole = whole && l.dead[id]
		others[reason[id]] = true
	}
	if whole && len(others) == 1 && e.Restrictions.Reservation == NoReservation {
		code, other := "unreachable", reason[[2]int{i, 0}]
		for k := range i {
			if alike(&l.t.Elements[k], e) {
				code, other = "duplicate_element", elementPath(k)
				break
			}
		}
		l.find(code, Warning, elementPath(i)).Other = other
		return
	}
	for j := range e.Components {
		if id := [2]int{i, j}; l.dead[id] {
			c, u := &e.Components[j], use{element: i, component: j}
			if _, covered := reason[id]; !covered {
				l.find("reservation_component", Warning, u.path(), "dimension", c.Dimension)
				continue
			}
			l.find("unreachable", Warning, u.path(), "dimension", c.Dimension).Other = reason[id]
		}
	}
}

func alike(a, b *Element) bool {
	return a.Restrictions == b.Restrictions && slices.EqualFunc(a.Components, b.Components, func(x, y Component) bool {
		return x.Dimension == y.Dimension && x.Price == y.Price && x.Step == y.Step && reflect.DeepEqual(x.Spot, y.Spot) && slices.Equal(x.Taxes, y.Taxes)
	})
}

// maxGaps is the most gaps that are named per dimension.
const maxGaps = 8

// gaps finds when a dimension that is priced elsewhere has no price.
func (l *linter) gaps() {
	for _, d := range dimensions {
		uses := l.t.uses(d, NoReservation)
		if !slices.ContainsFunc(uses, func(u use) bool { c, _ := l.t.of(u); return c.costs() }) {
			continue
		}
		var by []region
		first := int64(endless)
		for _, u := range uses {
			by = append(by, u.at...)
			_, r := l.t.of(u)
			first = min(first, r.Duration.Min)
		}
		all := l.universe()
		if d != Energy { // a time that is free at the beginning is grace
			all.on[ofDuration].lo = first
		}
		left, ok := l.todo.remains([]region{all}, by)
		if !ok {
			l.partial = true
			continue
		}
		l.reportGaps(d, all, joined(left))
	}
}

// universe is where the tariff can be asked: its validity, as far as it is not
// past, and up to the rated power.
func (l *linter) universe() region {
	a := everywhere()
	since := l.at.Now
	if l.t.ValidFrom.After(since) {
		since = l.t.ValidFrom
	}
	if !since.IsZero() {
		a.on[ofDate].lo = int64(Date(since.UTC()))
	}
	if until := l.t.ValidUntil; !until.IsZero() { // in whatever zone its last day ends
		a.on[ofDate].hi = max(int64(Date(until.UTC().Add(-12*time.Hour).AddDate(0, 0, 1))), a.on[ofDate].lo+1)
	}
	if l.at.Power > 0 {
		a.on[ofPower].hi = l.at.Power + 1
	}
	return a
}

func (l *linter) reportGaps(d Dimension, all region, left []region) {
	severity := Advice
	if d == Energy {
		severity = Warning
	}
	n := 0
	for _, r := range overnight(left, all) {
		if d != Energy && (r.Energy.used() || r.Power.used() || r.Current.used() || r.Duration.used()) {
			continue
		}
		if n++; n > maxGaps {
			l.partial = true
			return
		}
		l.find("gap", severity, "elements", "dimension", d).When = &r
	}
}

// overnight returns regions as restrictions, without the bounds of all; two
// that meet at midnight are one.
func overnight(left []region, all region) []Restrictions {
	for i := range left {
		for axis := range left[i].on {
			s := &left[i].on[axis]
			if axis != ofMinute && s.lo == all.on[axis].lo {
				s.lo = 0
			}
			if axis != ofMinute && s.hi == all.on[axis].hi {
				s.hi = endless
			}
		}
	}
	var out []Restrictions
	gone := make([]bool, len(left))
	for i := range left {
		if gone[i] {
			continue
		}
		r := left[i].restrictions()
		for k := range left {
			a, b := left[i], left[k]
			evening, morning := a.on[ofMinute], b.on[ofMinute]
			a.on[ofMinute] = morning
			if k != i && !gone[k] && a == b && evening.hi == dayLength && morning.lo == 0 {
				r.Until, gone[k] = int(morning.hi), true
			} else if k != i && !gone[k] && a == b && morning.hi == dayLength && evening.lo == 0 {
				r.From, gone[k] = int(morning.lo), true
				r.Until = int(evening.hi)
			}
		}
		out = append(out, r)
	}
	return out
}

// kinds looks at which dimensions are priced at all.
func (l *linter) kinds() {
	sessions, reserves, priced := false, false, false
	for i := range l.t.Elements {
		reserved := l.t.Elements[i].Restrictions.Reservation != NoReservation
		sessions, reserves = sessions || !reserved, reserves || reserved
	}
	l.each(func(_ use, c *Component, _ *Restrictions) { priced = priced || c.costs() })
	switch {
	case !priced && l.t.Min == nil:
		l.find("free", Advice, "elements")
	case !sessions && reserves:
		l.find("reservation_alone", Warning, "elements")
	case len(l.t.uses(Energy, NoReservation)) == 0 && !slices.ContainsFunc(l.out, func(f Finding) bool { return f.Code == "adhoc_energy" }):
		l.find("no_energy_price", Warning, "elements")
	}
}

// adHoc applies CheckAdHoc, and names every fee that may not be.
func (l *linter) adHoc() {
	if CheckAdHoc(l.t, l.at.Profile, l.at.Power) == nil {
		return
	}
	severity := Fault
	if l.t.Type != "" && l.t.Type != "AD_HOC_PAYMENT" { // offered by contract only
		severity = Advice
	}
	profile := string(l.at.Profile)
	if !l.t.any(func(c *Component) bool { return c.Dimension == Energy }) {
		l.find("adhoc_energy", severity, "elements", "profile", profile)
	}
	if l.at.Profile != AFIR {
		return
	}
	if l.t.Min != nil {
		l.find("adhoc_min_price", severity, "min_price", "profile", profile)
	}
	l.each(func(u use, c *Component, _ *Restrictions) {
		if c.Dimension == Flat && c.Price != 0 {
			l.find("adhoc_session_fee", severity, u.path(), "profile", profile, "price", c.Price)
		}
	})
}

// validity finds what is past.
func (l *linter) validity() {
	t, now := l.t, l.at.Now
	if !t.ValidFrom.IsZero() && !t.ValidUntil.IsZero() && !t.ValidUntil.After(t.ValidFrom) {
		l.find("valid_never", Fault, "end_date_time")
	} else if !now.IsZero() && !t.ValidUntil.IsZero() && !t.ValidUntil.After(now) {
		l.find("valid_past", Warning, "end_date_time", "until", t.ValidUntil.UTC().Format("2006-01-02 15:04"))
	}
	for i := range t.Elements {
		r := &t.Elements[i].Restrictions
		if !now.IsZero() && r.EndDate != 0 && r.EndDate < Date(now.UTC()) {
			l.find("season_past", Advice, elementPath(i)+".restrictions.end_date", "until", date(r.EndDate))
		}
		if l.at.Power > 0 && r.Power.Min > l.at.Power {
			l.find("power_unreached", Advice, elementPath(i)+".restrictions.min_power", "power", kilowatts(l.at.Power), "from", kilowatts(r.Power.Min))
		}
	}
}

func kilowatts(mW int64) string { return money.FormatDecimal(mW, 6, 0) }
