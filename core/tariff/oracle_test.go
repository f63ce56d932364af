package tariff_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"math/big"
	"slices"
	"strings"
	"time"
)

// The oracle prices a rate file by other means than the product: it slices the
// session at every whole minute and every threshold, judges each slice at its
// middle, and does everything in rationals straight from the JSON.

type object = map[string]any

func frac(v any) *big.Rat {
	s, ok := v.(string)
	if n, isNumber := v.(json.Number); isNumber {
		s, ok = n.String(), true
	}
	if !ok {
		return nil
	}
	r, _ := new(big.Rat).SetString(s)
	return r
}

func whole(n int64) *big.Rat { return new(big.Rat).SetInt64(n) }

func plus(a, b *big.Rat) *big.Rat  { return new(big.Rat).Add(a, b) }
func minus(a, b *big.Rat) *big.Rat { return new(big.Rat).Sub(a, b) }
func times(a, b *big.Rat) *big.Rat { return new(big.Rat).Mul(a, b) }
func over(a, b *big.Rat) *big.Rat  { return new(big.Rat).Quo(a, b) }

// nearest rounds half away from zero by floor(|x| + 1/2).
func nearest(x *big.Rat) *big.Rat {
	y := plus(new(big.Rat).Abs(x), big.NewRat(1, 2))
	q := new(big.Rat).SetInt(new(big.Int).Div(y.Num(), y.Denom()))
	if x.Sign() < 0 {
		q.Neg(q)
	}
	return q
}

type oracleLine struct {
	dimension     string
	price, vat    *big.Rat // vat nil: none
	used, covered *big.Rat // kWh or h
}

type oracle struct {
	in       object
	tariff   object
	zone     *time.Location
	lines    []*oracleLine
	lastStep map[string]*big.Rat // dimension → step in kWh or h
	lastLine map[string]*oracleLine
	left     *big.Rat // kWh of the plan
	fallback *big.Rat // kWh for which a formula found no slot
}

func newOracle(file []byte) *oracle {
	d := json.NewDecoder(bytes.NewReader(file))
	d.UseNumber()
	o := &oracle{lastStep: map[string]*big.Rat{}, lastLine: map[string]*oracleLine{}, fallback: new(big.Rat)}
	if err := d.Decode(&o.in); err != nil {
		panic(err)
	}
	o.tariff = o.in["tariff"].(object)
	var err error
	if o.zone, err = time.LoadLocation(o.in["time_zone"].(string)); err != nil {
		panic(err)
	}
	if p, ok := o.in["plan"].(object); ok {
		o.left = over(minus(frac(p["included_wh"]), frac(p["used_wh"])), whole(1000))
		if o.left.Sign() < 0 {
			o.left = new(big.Rat)
		}
	}
	o.slice()
	o.roundUp("ENERGY")
	if o.lastLine["PARKING_TIME"] != nil {
		o.roundUp("PARKING_TIME")
	} else {
		o.roundUp("TIME")
	}
	o.roundUp("RESERVATION_TIME")
	return o
}

func instant(v any) time.Time {
	t, err := time.Parse(time.RFC3339, v.(string))
	if err != nil {
		panic(err)
	}
	return t
}

func (o *oracle) slice() {
	segments := o.in["session"].(object)["segments"].([]any)
	expired := true
	for _, s := range segments {
		expired = expired && s.(object)["state"] == "RESERVED"
	}
	taken := new(big.Rat)
	origin := whole(instant(segments[0].(object)["start"]).Unix())
	begun := false
	for _, s := range segments {
		g := s.(object)
		state := g["state"].(string)
		from, to := whole(instant(g["start"]).Unix()), whole(instant(g["end"]).Unix())
		if !begun && state != "RESERVED" {
			origin, begun = from, true
		}
		energy := over(frac(g["energy_wh"]), whole(1000))
		power := over(energy, over(minus(to, from), whole(3600)))
		if g["power_kw"] != nil {
			power = frac(g["power_kw"])
		}
		current := new(big.Rat)
		if g["current_a"] != nil {
			current = frac(g["current_a"])
		}
		marks := o.marks(from, to, origin, taken, energy)
		for i := 1; i < len(marks); i++ {
			part := over(minus(marks[i], marks[i-1]), minus(to, from))
			middle := times(plus(marks[i], marks[i-1]), big.NewRat(1, 2))
			at := moment{
				local: time.Unix(new(big.Int).Div(middle.Num(), middle.Denom()).Int64(), 0).In(o.zone),
				at:    middle, elapsed: minus(middle, origin), power: power, current: current,
				taken: plus(taken, times(energy, over(minus(middle, from), minus(to, from)))),
			}
			o.add(state, expired, at, times(energy, part), over(minus(marks[i], marks[i-1]), whole(3600)))
		}
		taken = plus(taken, energy)
	}
}

// marks are all whole minutes inside a segment, its ends, and the instants of
// its thresholds.
func (o *oracle) marks(from, to, origin, taken, energy *big.Rat) []*big.Rat {
	marks := []*big.Rat{from, to}
	first := new(big.Int).Div(from.Num(), big.NewInt(60)).Int64() + 1
	for m := whole(first * 60); m.Cmp(to) < 0; m = plus(m, whole(60)) {
		marks = append(marks, m)
	}
	slots, _ := o.in["slots"].(object)
	for _, list := range slots {
		for _, s := range list.([]any) {
			marks = append(marks, whole(instant(s.(object)["start"]).Unix()), whole(instant(s.(object)["end"]).Unix()))
		}
	}
	for _, e := range o.tariff["elements"].([]any) {
		r, _ := e.(object)["restrictions"].(object)
		for _, name := range []string{"min_duration", "max_duration"} {
			if d := frac(r[name]); d != nil {
				marks = append(marks, plus(origin, d))
			}
		}
		for _, name := range []string{"min_kwh", "max_kwh"} {
			if k := frac(r[name]); k != nil && energy.Sign() > 0 {
				marks = append(marks, plus(from, times(minus(to, from), over(minus(k, taken), energy))))
			}
		}
	}
	marks = slices.DeleteFunc(marks, func(m *big.Rat) bool { return m.Cmp(from) < 0 || m.Cmp(to) > 0 })
	slices.SortFunc(marks, (*big.Rat).Cmp)
	return slices.CompactFunc(marks, func(a, b *big.Rat) bool { return a.Cmp(b) == 0 })
}

type moment struct {
	local                              time.Time
	at, elapsed, taken, power, current *big.Rat
}

func (o *oracle) holds(e object, kind any, at moment) bool {
	r, _ := e["restrictions"].(object)
	if r["reservation"] != kind {
		return false
	}
	between := func(name string, x *big.Rat) bool {
		lo, hi := frac(r["min_"+name]), frac(r["max_"+name])
		return (lo == nil || x.Cmp(lo) >= 0) && (hi == nil || x.Cmp(hi) < 0)
	}
	if !between("kwh", at.taken) || !between("duration", at.elapsed) || !between("power", at.power) || !between("current", at.current) {
		return false
	}
	if days, ok := r["day_of_week"].([]any); ok && !slices.Contains(days, any(strings.ToUpper(at.local.Weekday().String()))) {
		return false
	}
	date := at.local.Format("2006-01-02")
	if h, ok := r["holiday"].(string); ok {
		if free, _ := o.in["holidays"].([]any); slices.Contains(free, any(date)) != (h == "ONLY") {
			return false
		}
	}
	if d, ok := r["start_date"].(string); ok && date < d {
		return false
	}
	if d, ok := r["end_date"].(string); ok && date >= d {
		return false
	}
	clock := at.local.Format("15:04")
	start, _ := r["start_time"].(string)
	end, ok := r["end_time"].(string)
	if !ok || end == "00:00" {
		end = "24:00"
	}
	if start <= end {
		return clock >= start && clock < end
	}
	return clock >= start || clock < end
}

func (o *oracle) component(dimension string, kind any, at moment) object {
	for _, e := range o.tariff["elements"].([]any) {
		for _, c := range e.(object)["price_components"].([]any) {
			if c.(object)["type"] == dimension && o.holds(e.(object), kind, at) {
				return c.(object)
			}
		}
	}
	return nil
}

func (o *oracle) add(state string, expired bool, at moment, kwh, hours *big.Rat) {
	if state == "RESERVED" {
		o.addReserved(expired, at, hours)
		return
	}
	if o.lastLine["FLAT"] == nil {
		o.book("FLAT", o.component("FLAT", nil, at), whole(1), 1)
	}
	if kwh.Sign() > 0 {
		if l := o.book("ENERGY", o.spot(o.component("ENERGY", nil, at), at, kwh), kwh, 1000); l != nil {
			o.cover(l, kwh)
		}
	}
	switch state {
	case "SUSPENDED_EV":
		o.book("PARKING_TIME", o.component("PARKING_TIME", nil, at), hours, 3600)
	case "CHARGING", "SUSPENDED_EVSE":
		o.book("TIME", o.component("TIME", nil, at), hours, 3600)
	}
}

// spot is a component with the price that its formula has at a moment.
func (o *oracle) spot(c object, at moment, kwh *big.Rat) object {
	f, ok := c["spot"].(object)
	if !ok {
		return c
	}
	slots, _ := o.in["slots"].(object)
	list, _ := slots[f["index"].(string)].([]any)
	for _, s := range list {
		from, to := whole(instant(s.(object)["start"]).Unix()), whole(instant(s.(object)["end"]).Unix())
		if from.Cmp(at.at) > 0 || to.Cmp(at.at) <= 0 {
			continue
		}
		p := plus(times(frac(s.(object)["price"]), frac(f["factor"])), frac(f["margin"]))
		for _, b := range []struct {
			limit *big.Rat
			sign  int
		}{{whole(0), 1}, {frac(f["floor"]), 1}, {frac(f["cap"]), -1}} {
			if b.limit != nil && b.limit.Cmp(p) == b.sign {
				p = b.limit
			}
		}
		c = maps.Clone(c)
		c["price"] = json.Number(over(nearest(times(p, whole(1_000_000))), whole(1_000_000)).FloatString(6))
		return c
	}
	o.fallback.Add(o.fallback, kwh)
	return c
}

func (o *oracle) addReserved(expired bool, at moment, hours *big.Rat) {
	pick := func(dimension string) object {
		if expired {
			if c := o.component(dimension, "RESERVATION_EXPIRES", at); c != nil {
				return c
			}
		}
		return o.component(dimension, "RESERVATION", at)
	}
	if o.lastLine["RESERVATION_FLAT"] == nil {
		o.book("RESERVATION_FLAT", pick("FLAT"), whole(1), 1)
	}
	o.book("RESERVATION_TIME", pick("TIME"), hours, 3600)
}

func (o *oracle) book(dimension string, c object, q *big.Rat, perUnit int64) *oracleLine {
	if c == nil {
		return nil
	}
	price, vat := frac(c["price"]), frac(c["vat"])
	var line *oracleLine
	for _, l := range o.lines {
		if l.dimension == dimension && l.price.Cmp(price) == 0 && same(l.vat, vat) {
			line = l
		}
	}
	if line == nil {
		line = &oracleLine{dimension, price, vat, new(big.Rat), new(big.Rat)}
		o.lines = append(o.lines, line)
	}
	line.used.Add(line.used, q)
	o.lastLine[dimension] = line
	o.lastStep[dimension] = over(frac(c["step_size"]), whole(perUnit))
	return line
}

func same(a, b *big.Rat) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Cmp(b) == 0
}

func (o *oracle) cover(l *oracleLine, kwh *big.Rat) {
	if o.left == nil || l.price.Sign() == 0 {
		return
	}
	q := new(big.Rat).Set(kwh)
	if q.Cmp(o.left) > 0 {
		q.Set(o.left)
	}
	l.covered.Add(l.covered, q)
	o.left = minus(o.left, q)
}

func (o *oracle) roundUp(dimension string) {
	step, last := o.lastStep[dimension], o.lastLine[dimension]
	if last == nil || step.Sign() == 0 {
		return
	}
	sum := new(big.Rat)
	for _, l := range o.lines {
		if l.dimension == dimension {
			sum.Add(sum, l.used)
		}
	}
	n := over(sum, step)
	up := new(big.Rat).SetInt(new(big.Int).Neg(new(big.Int).Div(new(big.Int).Neg(n.Num()), n.Denom())))
	extra := minus(times(up, step), sum)
	last.used.Add(last.used, extra)
	if dimension == "ENERGY" {
		o.cover(last, extra)
	}
}

func (o *oracle) gross() bool { return o.tariff["tax_included"] == "YES" }

// factor is 1 + vat.
func factor(vat *big.Rat) *big.Rat {
	if vat == nil {
		return whole(1)
	}
	return plus(whole(1), over(vat, whole(100)))
}

// bounds applies limits that give both sides.
func (o *oracle) bounds(net, gross *big.Rat) (*big.Rat, *big.Rat) {
	for _, l := range []struct {
		name string
		sign int
	}{{"min_price", 1}, {"max_price", -1}} {
		p, ok := o.tariff[l.name].(object)
		if !ok {
			continue
		}
		if b := frac(p["before_taxes"]); b.Cmp(net) == l.sign {
			net = b
		}
		if b := frac(p["after_taxes"]); b.Cmp(gross) == l.sign {
			gross = b
		}
	}
	return net, gross
}

// cdr are the exact totals.
func (o *oracle) cdr() (net, gross *big.Rat) {
	net, gross = new(big.Rat), new(big.Rat)
	for _, l := range o.lines {
		a := times(l.used, l.price)
		if o.gross() {
			net, gross = plus(net, over(a, factor(l.vat))), plus(gross, a)
		} else {
			net, gross = plus(net, a), plus(gross, times(a, factor(l.vat)))
		}
	}
	return o.bounds(net, gross)
}

// invoice are the totals of the rounded lines after plan and limits, before a
// discount, in minor units.
func (o *oracle) invoice(exponent int64) (net, gross *big.Rat) {
	minor := new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(exponent), nil))
	off := whole(1)
	if p, ok := o.in["plan"].(object); ok {
		off = minus(off, over(frac(p["percent_off_energy"]), whole(100)))
	}
	type group struct{ vat, sum *big.Rat }
	var groups []group
	for _, l := range o.lines {
		a := times(times(minus(l.used, l.covered), l.price), minor)
		if l.dimension == "ENERGY" {
			a = times(a, off)
		}
		i := slices.IndexFunc(groups, func(g group) bool { return same(g.vat, l.vat) })
		if i < 0 {
			groups = append(groups, group{l.vat, new(big.Rat)})
			i = len(groups) - 1
		}
		groups[i].sum = plus(groups[i].sum, nearest(a))
	}
	net, gross = new(big.Rat), new(big.Rat)
	for _, g := range groups {
		if o.gross() {
			tax := nearest(times(g.sum, minus(whole(1), over(whole(1), factor(g.vat)))))
			net, gross = plus(net, minus(g.sum, tax)), plus(gross, g.sum)
		} else {
			tax := nearest(times(g.sum, minus(factor(g.vat), whole(1))))
			net, gross = plus(net, g.sum), plus(gross, plus(g.sum, tax))
		}
	}
	net, gross = o.bounds(over(net, minor), over(gross, minor))
	return nearest(times(net, minor)), nearest(times(gross, minor))
}
