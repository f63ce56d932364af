package central

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"chargewright/base/energy"
	"chargewright/base/fail"
	"chargewright/core/session"
)

// reading is one sampled value of any version.
type reading struct {
	at         time.Time
	value      string
	measurand  string
	phase      string
	location   string
	context    string
	unit       string
	multiplier int64 // power of ten
	signed     string
}

const (
	registerMeasurand = "Energy.Active.Import.Register" // also what an absent measurand means
	contextBegin      = "Transaction.Begin"
	contextEnd        = "Transaction.End"
	contextPeriodic   = "Sample.Periodic" // also what an absent context means
	locationOutlet    = "Outlet"          // also what an absent location means
)

// mostEnergy is the highest register that is believed, either side of zero.
const mostEnergy = 1e12 * energy.WattHour

// registers picks the readings of the energy register that the vehicle is
// charged through: at the outlet where stations tell, else wherever they do;
// whole, or the sum of three phases. Values that cannot be read, or that no
// meter shows, are flagged.
func registers(rs []reading) ([]energy.Sample, session.Flags) {
	var flags session.Flags
	rs = slices.DeleteFunc(slices.Clone(rs), func(r reading) bool { return r.measurand != "" && r.measurand != registerMeasurand })
	atOutlet := slices.ContainsFunc(rs, reading.outlet)
	var out []energy.Sample
	apart := phases{at: map[phaseKey]int{}}
	for _, r := range rs {
		if atOutlet && !r.outlet() {
			continue
		}
		e, exact, err := parseEnergy(r)
		if err != nil {
			flags = flags.With(session.FlagUnit)
			continue
		}
		s := energy.Sample{At: r.at, Register: e, Begin: r.context == contextBegin, End: r.context == contextEnd, Signed: r.signed}
		if !exact {
			s.Text = r.value
		}
		if r.phase == "" {
			out = append(out, s)
		} else {
			apart.add(r, s)
		}
	}
	out = append(out, apart.sums(out)...)
	slices.SortStableFunc(out, func(a, b energy.Sample) int { return a.At.Compare(b.At) })
	return out, flags
}

// endsUnread reports whether a message that begins or ends a transaction has a
// register that cannot be read, and none before it, or after it, that can: what was
// delivered is not known then.
func endsUnread(k session.Kind, rs []reading, read []energy.Sample) bool {
	return slices.ContainsFunc(rs, func(r reading) bool {
		if r.measurand != "" && r.measurand != registerMeasurand {
			return false
		}
		if _, _, err := parseEnergy(r); err == nil {
			return false
		}
		return !slices.ContainsFunc(read, func(s energy.Sample) bool {
			return k == session.Started && !s.At.After(r.at) || k == session.Ended && !s.At.Before(r.at)
		})
	})
}

func (r reading) outlet() bool { return r.location == "" || r.location == locationOutlet }

// phaseNumber is the phase that a reading is of: 1 to 3, 0 for what is no single
// phase (line to line, neutral).
func (r reading) phaseNumber() int {
	return 1 + slices.Index([]string{"L1", "L2", "L3"}, strings.TrimSuffix(r.phase, "-N"))
}

// phases adds up the registers of single phases: those of one instant, context
// and location, each phase once.
type phases struct {
	list []phaseSum
	at   map[phaseKey]int // index into list
}

type phaseKey struct {
	at                int64 // µs
	context, location string
}

type phaseSum struct {
	sum  energy.Sample
	seen [3]bool
}

func (p *phases) add(r reading, s energy.Sample) {
	n := r.phaseNumber()
	if n == 0 {
		return
	}
	key := phaseKey{at: r.at.UnixMicro(), context: cmp.Or(r.context, contextPeriodic)}
	if !r.outlet() {
		key.location = r.location
	}
	i, found := p.at[key]
	if !found {
		i, p.at[key] = len(p.list), len(p.list)
		p.list = append(p.list, phaseSum{sum: energy.Sample{At: s.At, Begin: s.Begin, End: s.End}})
	}
	x := &p.list[i]
	if x.seen[n-1] {
		return
	}
	x.seen[n-1] = true
	x.sum.Register += s.Register // three of at most 10¹² Wh stay far from the end of int64
	x.sum.Signed = cmp.Or(x.sum.Signed, s.Signed)
}

// sums returns the sums of all three phases at instants that have no whole
// reading: those that begin or end the transaction, else one for the instant.
func (p *phases) sums(whole []energy.Sample) []energy.Sample {
	taken := map[int64]bool{}
	for _, s := range whole {
		taken[s.At.UnixMicro()] = true
	}
	var out, plain []energy.Sample
	for _, x := range p.list {
		switch {
		case x.seen != [3]bool{true, true, true} || taken[x.sum.At.UnixMicro()]:
		case x.sum.Begin || x.sum.End:
			out = append(out, x.sum)
		default:
			plain = append(plain, x.sum)
		}
	}
	for _, s := range out {
		taken[s.At.UnixMicro()] = true
	}
	for _, s := range plain {
		if at := s.At.UnixMicro(); !taken[at] {
			taken[at] = true
			out = append(out, s)
		}
	}
	return out
}

// parseEnergy reads a register in Wh or kWh. The multiplier and an exponent of
// the value's own are powers of ten alike.
func parseEnergy(r reading) (energy.Energy, bool, error) {
	var unit energy.Energy
	switch {
	case r.unit == "" || strings.EqualFold(r.unit, "Wh"):
		unit = energy.WattHour
	case strings.EqualFold(r.unit, "kWh"):
		unit = energy.KiloWattHour
	default:
		return 0, false, fail.Field("central.parseEnergy", "unit", "%.20q is neither Wh nor kWh", r.unit)
	}
	text, err := scaled(strings.TrimSpace(r.value), r.multiplier)
	if err != nil {
		return 0, false, err
	}
	e, exact, err := energy.Parse(text, unit)
	if err == nil && (e < -mostEnergy || e > mostEnergy) {
		err = fail.Field("central.parseEnergy", "value", "%.64q is more than any meter shows", r.value)
	}
	return e, exact, err
}

// scaled multiplies a decimal number by a power of ten.
func scaled(text string, power int64) (string, error) {
	if power == 0 {
		return text, nil
	}
	digits, own := text, int64(0)
	if i := strings.IndexAny(text, "eE"); i >= 0 {
		n, err := strconv.ParseInt(text[i+1:], 10, 16)
		if err != nil {
			return "", fail.Field("central.parseEnergy", "value", "%.64q is not a decimal number", text)
		}
		digits, own = text[:i], n
	}
	power = max(-mostPower, min(power, mostPower))
	return digits + "e" + strconv.FormatInt(own+power, 10), nil
}

// mostPower is beyond every power of ten that energy.Parse reads.
const mostPower = 1 << 20
