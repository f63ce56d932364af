// Package energy counts electrical energy in integers. The unit is the
// milliwatt-hour: fine enough for every legal meter, and an int64 of it holds
// nine petawatt-hours. Registers are running totals of a meter; a Series turns
// a run of them into energy delivered, with wraps, resets and gaps named.
package energy

import (
	"math"
	"math/big"
	"strconv"
	"strings"
	"time"

	"chargewright/base/fail"
)

// Energy is an amount of energy, or the state of a register, in mWh.
type Energy int64

// Units of energy.
const (
	MilliWattHour Energy = 1
	WattHour      Energy = 1_000
	KiloWattHour  Energy = 1_000_000
)

// WattHours returns e in Wh, rounded half away from zero.
func (e Energy) WattHours() int64 {
	if e < 0 {
		return -(-e).WattHours()
	}
	return int64((e + WattHour/2) / WattHour)
}

// String returns e in kWh with as many decimals as it needs, at least three.
func (e Energy) String() string {
	sign := ""
	if e < 0 {
		sign, e = "-", -e
	}
	s := strconv.FormatInt(int64(e%KiloWattHour), 10)
	s = strings.Repeat("0", 6-len(s)) + s
	for len(s) > 3 && s[len(s)-1] == '0' {
		s = s[:len(s)-1]
	}
	return sign + strconv.FormatInt(int64(e/KiloWattHour), 10) + "." + s + " kWh"
}

// Parse reads a decimal number of units (for example "12.345" kWh). A value
// finer than a mWh is rounded half away from zero and exact is false, so that
// the caller keeps the text. Exponents are read ("1e3"), bounded to ±12.
func Parse(text string, unit Energy) (e Energy, exact bool, err error) {
	text = strings.TrimSpace(text)
	if len(text) == 0 || len(text) > 64 || strings.ContainsAny(text, "/xXpP_") {
		return 0, false, fail.Field("energy.Parse", "value", "%.64q is not a decimal number", text)
	}
	if i := strings.IndexAny(text, "eE"); i >= 0 {
		if n, err := strconv.Atoi(text[i+1:]); err != nil || n < -12 || n > 12 {
			return 0, false, fail.Field("energy.Parse", "value", "%q has an exponent out of ±12", text)
		}
	}
	r, ok := new(big.Rat).SetString(text)
	if !ok {
		return 0, false, fail.Field("energy.Parse", "value", "%q is not a decimal number", text)
	}
	r.Mul(r, new(big.Rat).SetInt64(int64(unit)))
	exact = r.IsInt()
	n := roundRat(r)
	if !n.IsInt64() {
		return 0, false, fail.Field("energy.Parse", "value", "%q is out of range", text)
	}
	return Energy(n.Int64()), exact, nil
}

func roundRat(r *big.Rat) *big.Int {
	two := big.NewInt(2)
	n := new(big.Int).Mul(new(big.Int).Abs(r.Num()), two)
	n.Add(n, r.Denom())
	n.Quo(n, new(big.Int).Mul(r.Denom(), two))
	if r.Sign() < 0 {
		n.Neg(n)
	}
	return n
}

// Sample is one reading of a register inside a transaction.
type Sample struct {
	At       time.Time `json:"at"`
	Register Energy    `json:"mwh"`
	// Text is the value as the station sent it when it is finer than a mWh.
	Text string `json:"text,omitempty"`
	// Begin and End mark the readings that the station took as the first and
	// the last of the transaction.
	Begin bool `json:"begin,omitempty"`
	End   bool `json:"end,omitempty"`
	// Signed is the signed original, byte for byte, when the reading has one.
	Signed string `json:"signed,omitempty"`
}

// Fault is what is strange about a step between two readings.
type Fault string

// The faults. Wrap is not one: it is explained, and counted.
const (
	FaultFall Fault = "meter_fell"      // the register fell and it is no wrap
	FaultJump Fault = "meter_jumped"    // more energy than the EVSE could deliver
	FaultTime Fault = "meter_time_back" // a reading is dated before its predecessor
)

// Meter is what is known about the register and the EVSE behind it.
type Meter struct {
	// Modulus is where the register wraps to zero; 0 when unknown, and then the
	// usual ones are tried.
	Modulus Energy
	// MaxPower is the most the EVSE can deliver, in W; 0 when unknown, and then
	// what hardly any can is the limit.
	MaxPower int64
}

// unknownPower is the most that an EVSE is believed to deliver whose power nobody
// entered, in W: a charger for trucks beyond it wants its power entered.
const unknownPower = 1_000_000

// usual register widths: 5, 6 and 7 digits of kWh, and 32 bits of Wh.
var usual = [...]Energy{1e5 * KiloWattHour, 1e6 * KiloWattHour, 1 << 32 * WattHour, 1e7 * KiloWattHour}

// Step returns the energy between two readings. A fall of less than a Wh is
// rounding (OCPP 1.6 gives meterStop in whole Wh) and counts zero; one from the
// top 1 % to the bottom 1 % of the modulus is a wrap; any other fall is FaultFall and counts
// zero; more than MaxPower × time × 1.1 + 0.5 kWh is FaultJump, with the energy
// as the register has it. (Money policy, rule 7.)
func (m Meter) Step(from, to Sample) (Energy, Fault) {
	d := to.Register - from.Register
	if d < 0 && d > -WattHour {
		return 0, ""
	}
	if d < 0 {
		w := m.wrap(from.Register, to.Register)
		if w == 0 {
			return 0, FaultFall
		}
		d = to.Register + (w - from.Register)
	}
	if to.At.Before(from.At) {
		return d, FaultTime
	}
	if d > m.most(to.At.Sub(from.At)) {
		return d, FaultJump
	}
	return d, ""
}

func (m Meter) wrap(from, to Energy) Energy {
	try := usual[:]
	if m.Modulus > 0 {
		try = []Energy{m.Modulus}
	}
	for _, w := range try {
		if from < w && from >= w-w/100 && to <= w/100 {
			return w
		}
	}
	return 0
}

// most is the largest believable energy over d: power × time × 1.1 + 0.5 kWh.
func (m Meter) most(d time.Duration) Energy {
	power := m.MaxPower
	if power <= 0 {
		power = unknownPower
	}
	// W × µs ÷ 3.6e6 = mWh; 64 bits hold 10 MW over 23 hours, and beyond go by the big way.
	if us := d.Microseconds(); us < math.MaxInt64/11/power {
		return Energy(power*us*11/36_000_000) + KiloWattHour/2
	}
	n := new(big.Int).Mul(big.NewInt(power), big.NewInt(d.Microseconds()))
	n.Mul(n, big.NewInt(11))
	n.Quo(n, big.NewInt(36_000_000))
	if !n.IsInt64() {
		return 1<<62 - 1
	}
	return Energy(n.Int64()) + KiloWattHour/2
}

// Share returns e × part ÷ whole, rounded down: how much of an evenly spread
// energy falls into a part of its time. It is zero when whole is not positive.
func Share(e Energy, part, whole time.Duration) Energy {
	if whole <= 0 {
		return 0
	}
	n := new(big.Int).Mul(big.NewInt(int64(e)), big.NewInt(int64(part)))
	return Energy(n.Quo(n, big.NewInt(int64(whole))).Int64())
}

// Over returns the mean power in W of an energy delivered over d, rounded half
// away from zero; 0 when d is not positive.
func (e Energy) Over(d time.Duration) int64 {
	us := d.Microseconds()
	if us <= 0 {
		return 0
	}
	n := new(big.Int).Mul(big.NewInt(int64(e)), big.NewInt(3_600_000))
	return roundRat(new(big.Rat).SetFrac(n, big.NewInt(us))).Int64()
}

// Sum returns a+b, both not negative; fits is false, and the sum the largest
// Energy, when it does not fit.
func Sum(a, b Energy) (sum Energy, fits bool) {
	if sum = a + b; sum < a {
		return 1<<63 - 1, false
	}
	return sum, true
}
