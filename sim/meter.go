package sim

import "time"

// mWh of a power over a time: W × µs ÷ this.
const microJoule = 3_600_000

// meter integrates power to energy. The remainder below a mWh is kept, so that
// nothing is lost however often it is read.
type meter struct {
	mwh   int64
	rest  int64 // W·µs
	watts int64 // since last
	last  time.Time
}

// advance counts the energy up to now, at most limit mWh of it, and returns it.
func (m *meter) advance(now time.Time, limit int64) int64 {
	if m.last.IsZero() || !now.After(m.last) {
		m.last = now
		return 0
	}
	sum := m.watts*now.Sub(m.last).Microseconds() + m.rest
	m.last = now
	gained := sum / microJoule
	m.rest = sum % microJoule
	if gained > limit {
		gained, m.rest = max(limit, 0), 0
	}
	m.mwh += gained
	return gained
}

// reading is the state of a meter at one moment.
type reading struct {
	at      time.Time // as the station's clock has it
	mwh     int64
	watts   int64
	offered int64 // W the EVSE lets the vehicle take
	soc     int64 // percent; negative when not known
	context string
}

// Vehicle is what is plugged in. Its zero fields are filled in.
type Vehicle struct {
	Connector int   // of the EVSE; 1
	BatteryWh int64 // 60 000
	SoC       int64 // percent on arrival; 30. Use 1 for an empty one
	MaxW      int64 // the most it takes: 11 000 AC, 150 000 DC
	Phases    int64 // of AC: 1 to 3; 3
	WantWh    int64 // it stops asking after so much; 0: when it is full
}

// car is a vehicle while it is plugged in.
type car struct {
	Vehicle
	kind   Kind
	stored int64 // mWh in the battery
	taken  int64 // mWh since it was plugged in
}

func newCar(v Vehicle, kind Kind) *car {
	if v.Connector <= 0 {
		v.Connector = 1
	}
	if v.BatteryWh <= 0 {
		v.BatteryWh = 60_000
	}
	if v.SoC <= 0 || v.SoC > 100 {
		v.SoC = 30
	}
	if v.MaxW <= 0 {
		v.MaxW = map[Kind]int64{AC: 11_000, DC: 150_000}[kind]
	}
	if v.Phases < 1 || v.Phases > 3 {
		v.Phases = 3
	}
	return &car{Vehicle: v, kind: kind, stored: v.BatteryWh * 10 * v.SoC}
}

// room returns how much more the vehicle will take, in mWh.
func (c *car) room() int64 {
	room := c.BatteryWh*1000 - c.stored
	if c.WantWh > 0 {
		room = min(room, c.WantWh*1000-c.taken)
	}
	return max(room, 0)
}

// demand returns the power the vehicle asks for, in W. It is constant up to a
// knee (95 % for AC, 60 % for DC) and falls from there in a straight line to
// a tenth when full.
func (c *car) demand() int64 {
	if c.room() == 0 {
		return 0
	}
	knee := int64(950_000)
	if c.kind == DC {
		knee = 600_000
	}
	full := c.stored * 1_000 / c.BatteryWh // millionths
	if full <= knee {
		return c.MaxW
	}
	return max(c.MaxW-c.MaxW*9/10*(full-knee)/(1_000_000-knee), 1)
}

func (c *car) take(mwh int64) {
	c.stored += mwh
	c.taken += mwh
}

func (c *car) percent() int64 { return c.stored / (c.BatteryWh * 10) }
