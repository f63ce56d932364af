package tariff

import (
	"math/big"
	"time"
)

// Period is a stretch of a session in which one set of tariff elements applies:
// an OCPI charging period.
type Period struct {
	Start  time.Time // to the nanosecond below, where a kWh border has no exact instant
	State  State
	Energy *big.Rat  // kWh
	Hours  *big.Rat  // elapsed
	Counts Dimension // what Hours count as: Time, ParkingTime, ReservationTime or nothing
}

// Periods cuts a session at every border of the tariff that falls inside it.
// The energy and hours of the periods add up to those of the session. Its
// errors are those of Rate.
func Periods(t *Tariff, s *Session) ([]Period, error) {
	if err := s.check(t); err != nil {
		return nil, err
	}
	r := rater{t: t}
	var out []Period
	var within exact
	err := walk(s, s.borders(t), func(p *piece) error {
		if p.first {
			within = exact{}
		}
		start := within.rat()
		floor := new(big.Int).Quo(start.Num(), start.Denom())
		counts := ReservationTime
		if p.seg.State != ReservedState {
			counts = r.timeOf(p.seg.State)
		}
		out = append(out, Period{
			Start: p.seg.Start.Add(time.Duration(floor.Int64())), State: p.seg.State, Counts: counts,
			Energy: over(p.energy, kilowatth), Hours: over(p.time, hour),
		})
		within = within.add(p.time)
		return nil
	})
	return out, err
}

func over(a exact, unit int64) *big.Rat {
	r := a.rat()
	return r.Quo(r, new(big.Rat).SetInt64(unit))
}
