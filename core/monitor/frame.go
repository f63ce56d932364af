package monitor

import (
	"math"
	"strconv"

	"chargewright/base/energy"
)

// What is kept of the measurands of OCPP.
const (
	powerImport = iota
	powerExport
	powerOffered
	currentImport
	currentExport
	currentOffered
	voltage
	soc
	temperature
	register
	slots
)

// kindOf returns the slot of a measurand and what its units count in, -1 for
// one that is not kept. An absent measurand is the energy register.
func kindOf(measurand string) int {
	switch measurand {
	case "Power.Active.Import":
		return powerImport
	case "Power.Active.Export":
		return powerExport
	case "Power.Offered":
		return powerOffered
	case "Current.Import":
		return currentImport
	case "Current.Export":
		return currentExport
	case "Current.Offered":
		return currentOffered
	case "Voltage":
		return voltage
	case "SoC":
		return soc
	case "Temperature":
		return temperature
	case "", "Energy.Active.Import.Register":
		return register
	}
	return -1
}

// slot is one measurand at its newest instant in a message: the value of the
// whole where the station gave it, else made of its phases.
type slot struct {
	at    int64 // µs of the station's clock; 0: nothing
	rank  int8  // 2 at the outlet, 1 anywhere else
	whole bool
	value float64 // of the whole
	sum   float64 // of the phases
	most  float64 // of the phases
	seen  uint8   // bits of L1, L2, L3; 8: line to line
}

// frame is what a message measured.
type frame [slots]slot

// add takes a reading in; one that cannot be read, or that no EVSE can show, is
// passed over.
func (f *frame) add(r *energy.Reading) {
	k := kindOf(r.Measurand)
	if k < 0 {
		return
	}
	v, ok := number(k, r.Value, r.Unit)
	if !ok {
		return
	}
	f.take(k, r, v)
}

func (f *frame) take(k int, r *energy.Reading, v float64) {
	at, rank := r.At.UnixMicro(), int8(1)
	if r.Location == "" || r.Location == "Outlet" || k == soc {
		rank = 2
	}
	s := &f[k]
	switch {
	case at < s.at, at == s.at && rank < s.rank:
		return
	case at > s.at, rank > s.rank:
		*s = slot{at: at, rank: rank}
	}
	bit, single := phaseBit(r.Phase)
	switch {
	case r.Phase == "":
		if !s.whole {
			s.whole, s.value = true, v
		}
	case !single || s.seen&bit != 0:
	default:
		if s.seen == 0 || math.Abs(v) > math.Abs(s.most) {
			s.most = v
		}
		s.seen |= bit
		s.sum += v
	}
}

// phaseBit is the bit of a single phase; of one against another, and of the
// neutral, there is none.
func phaseBit(phase string) (uint8, bool) {
	switch phase {
	case "L1", "L1-N":
		return 1, true
	case "L2", "L2-N":
		return 2, true
	case "L3", "L3-N":
		return 4, true
	}
	return 0, false
}

func (s *slot) phases() int {
	return int(s.seen&1 + s.seen>>1&1 + s.seen>>2&1)
}

// read returns the value of a slot: powers and registers of phases add up, of
// currents the highest phase counts, voltages are the mean to neutral.
func (f *frame) read(k int) (float64, bool) {
	s := &f[k]
	switch {
	case s.at == 0:
		return 0, false
	case s.whole:
		return s.value, true
	case s.seen == 0:
		return 0, false
	}
	switch k {
	case currentImport, currentExport, currentOffered:
		return s.most, true
	case voltage, temperature, soc:
		return s.sum / float64(s.phases()), true
	case register:
		return s.sum, s.seen == 7
	}
	return s.sum, true
}

// signed is import less export of one instant, and when that was; an export
// alone is negative.
func (f *frame) signed(in, out int) (v float64, at int64, ok bool) {
	a, hasIn := f.read(in)
	b, hasOut := f.read(out)
	switch {
	case hasIn && hasOut && f[in].at == f[out].at:
		return a - math.Abs(b), f[in].at, true
	case hasIn && (!hasOut || f[in].at > f[out].at):
		return a, f[in].at, true
	case hasOut:
		return -math.Abs(b), f[out].at, true
	}
	return 0, 0, false
}

// mostOf bounds what is believed, either side of zero: W, A, V, percent, °C, Wh.
var mostOf = [slots]float64{
	powerImport: 2e7, powerExport: 2e7, powerOffered: 2e7, currentImport: 1e4, currentExport: 1e4, currentOffered: 1e4,
	voltage: 1e5, soc: 100, temperature: 1000, register: 1e12,
}

// number reads a value in the base unit of its slot. Units that do not belong to
// the measurand are refused, an absent one is OCPP's default.
func number(k int, value, unit string) (float64, bool) {
	v, err := strconv.ParseFloat(value, 64)
	if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
		return 0, false
	}
	switch k {
	case powerImport, powerExport, powerOffered:
		switch unit {
		case "kW", "kVA":
			v *= 1000
		case "", "W", "VA", "Wh": // an absent unit is OCPP's default of the register, Wh
		default:
			return 0, false
		}
	case register:
		switch unit {
		case "kWh":
			v *= 1000
		case "", "Wh":
		default:
			return 0, false
		}
	case temperature:
		switch unit {
		case "Fahrenheit":
			v = (v - 32) / 1.8
		case "K":
			v -= 273.15
		}
	}
	return v, math.Abs(v) <= mostOf[k] && (k != soc || v >= 0)
}
