package central

import (
	"slices"
	"time"

	"chargewright/base/energy"
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
	locationOutlet    = "Outlet"
)

// registers picks the readings of the energy register that the vehicle is
// charged through: at the outlet where stations tell, else wherever they do;
// whole, or the sum of three phases. Values that cannot be read are flagged.
func registers(rs []reading) ([]energy.Sample, session.Flags) {
	var flags session.Flags
	rs = slices.DeleteFunc(slices.Clone(rs), func(r reading) bool { return r.measurand != "" && r.measurand != registerMeasurand })
	atOutlet := slices.ContainsFunc(rs, func(r reading) bool { return r.location == "" || r.location == locationOutlet })
	var out []energy.Sample
	phases := map[time.Time]phaseSum{}
	for _, r := range rs {
		if atOutlet && r.location != "" && r.location != locationOutlet {
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
		switch r.phase {
		case "":
			out = append(out, s)
		case "L1", "L2", "L3", "L1-N", "L2-N", "L3-N":
			phases[r.at] = phases[r.at].with(s)
		}
	}
	for at, p := range phases {
		if p.n == 3 && !slices.ContainsFunc(out, func(s energy.Sample) bool { return s.At.Equal(at) }) {
			out = append(out, p.sum)
		}
	}
	slices.SortStableFunc(out, func(a, b energy.Sample) int { return a.At.Compare(b.At) })
	return out, flags
}

// phaseSum adds up the registers of single phases.
type phaseSum struct {
	n   int
	sum energy.Sample
}

func (p phaseSum) with(s energy.Sample) phaseSum {
	if p.n > 0 {
		s.Register += p.sum.Register
	}
	return phaseSum{p.n + 1, s}
}

func parseEnergy(r reading) (energy.Energy, bool, error) {
	unit := energy.WattHour
	if r.unit == "kWh" {
		unit = energy.KiloWattHour
	}
	text := r.value
	if r.multiplier != 0 {
		text += exponent(r.multiplier)
	}
	return energy.Parse(text, unit)
}

func exponent(n int64) string {
	const digits = "0123456789"
	sign := "e"
	if n < 0 {
		sign, n = "e-", -n
	}
	if n > 12 {
		return "e99" // out of range: energy.Parse refuses it
	}
	if n >= 10 {
		return sign + "1" + digits[n-10:n-9]
	}
	return sign + digits[n:n+1]
}
