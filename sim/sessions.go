package sim

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // the files hold local times, and a host may lack the zones

	"chargewright/base/fail"
	"chargewright/wire/ocpp"
)

// Session is one recorded charging session.
type Session struct {
	ID       string // tells the sessions of a station apart
	Station  string
	EVSE     int // the outlet, from 1; 0 when the file does not say
	Kind     Kind
	Start    time.Time // the vehicle was plugged in
	End      time.Time // and left; never before Start
	EnergyWh int64
}

// maxSessions bounds the rows of a file.
const maxSessions = 1_000_000

// The epoch of files cut into five-minute periods, and the zone of files with
// local times.
const (
	periodZone   = "America/Los_Angeles"
	periodLength = 5 * time.Minute
	localZone    = "Europe/Zurich"
	localStation = "DESL"
)

// ReadSessions reads a CSV file of recorded sessions with a header line. It
// knows three sets of columns: station_id with arrival and departure (RFC
// 3339); station_id with arrival_period and departure_period (steps of five
// minutes since 2019-03-01 00:00 in Los Angeles); plug with arrival_local and
// departure_local (Zurich wall clock). Energy (energy_kwh) is rounded half away
// from zero to the Wh. An error names the line and the column.
func ReadSessions(r io.Reader) ([]Session, error) {
	const op = "sim.read_sessions"
	in := csv.NewReader(r)
	in.ReuseRecord = true
	head, err := in.Read()
	if err != nil {
		return nil, fail.Wrap(fail.Invalid, op, err)
	}
	columns := map[string]int{}
	for i, name := range head {
		columns[strings.TrimSpace(strings.TrimPrefix(name, "\ufeff"))] = i
	}
	read, err := layout(columns)
	if err != nil {
		return nil, fail.Wrap(fail.Invalid, op, err)
	}
	var out []Session
	for {
		record, err := in.Read()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, fail.Wrap(fail.Invalid, op, err)
		}
		line, _ := in.FieldPos(0)
		s, err := read(row{columns, record})
		if err == nil && s.End.Before(s.Start) {
			err = errors.New("the departure is before the arrival")
		}
		if err == nil && len(out) == maxSessions {
			err = fmt.Errorf("more than %d sessions", maxSessions)
		}
		if err != nil {
			return nil, fail.New(fail.Invalid, op, "line %d: %v", line, err)
		}
		out = append(out, s)
	}
}

// row gives the fields of a record by name.
type row struct {
	columns map[string]int
	record  []string
}

func (r row) text(name string) string {
	if i, ok := r.columns[name]; ok && i < len(r.record) {
		return strings.Clone(strings.TrimSpace(r.record[i]))
	}
	return ""
}

// layout returns the reader for a set of columns.
func layout(columns map[string]int) (func(row) (Session, error), error) {
	has := func(names ...string) bool {
		for _, n := range names {
			if _, ok := columns[n]; !ok {
				return false
			}
		}
		return true
	}
	switch {
	case !has("session_id", "energy_kwh"):
	case has("station_id", "arrival", "departure"):
		return zonedTimes, nil
	case has("station_id", "arrival_period", "departure_period"):
		return periods()
	case has("plug", "arrival_local", "departure_local"):
		return localTimes()
	}
	return nil, errors.New("the header has none of the known sets of columns")
}

// common reads what all layouts share.
func (r row) common() (Session, error) {
	s := Session{ID: r.text("session_id"), Station: r.text("station_id")}
	text := r.text("energy_kwh")
	n, err := ocpp.ParseNumber(text)
	if err != nil {
		return s, fmt.Errorf("energy_kwh: %w", err)
	}
	wh, ok := n.Rounded(3)
	if !ok || wh < 0 || wh > 1e9 {
		return s, fmt.Errorf("energy_kwh: %q is not an energy of a session", text)
	}
	s.EnergyWh = wh
	if s.ID == "" {
		return s, errors.New("session_id is empty")
	}
	return s, nil
}

func zonedTimes(r row) (s Session, err error) {
	if s, err = r.common(); err != nil {
		return s, err
	}
	if s.Station == "" {
		return s, errors.New("station_id is empty")
	}
	for name, to := range map[string]*time.Time{"arrival": &s.Start, "departure": &s.End} {
		at, err := time.Parse(time.RFC3339Nano, r.text(name))
		if err != nil {
			return s, fmt.Errorf("%s: %q is not a time of RFC 3339", name, r.text(name))
		}
		*to = at.UTC()
	}
	return s, nil
}

func periods() (func(row) (Session, error), error) {
	zone, err := time.LoadLocation(periodZone)
	if err != nil {
		return nil, err
	}
	epoch := time.Date(2019, 3, 1, 0, 0, 0, 0, zone).UTC()
	return func(r row) (s Session, err error) {
		if s, err = r.common(); err != nil {
			return s, err
		}
		if s.Station == "" {
			return s, errors.New("station_id is empty")
		}
		for name, to := range map[string]*time.Time{"arrival_period": &s.Start, "departure_period": &s.End} {
			n, err := strconv.Atoi(r.text(name))
			if err != nil || n < 0 || n > 1<<24 {
				return s, fmt.Errorf("%s: %q is not a number of periods", name, r.text(name))
			}
			*to = epoch.Add(time.Duration(n) * periodLength)
		}
		return s, nil
	}, nil
}

func localTimes() (func(row) (Session, error), error) {
	zone, err := time.LoadLocation(localZone)
	if err != nil {
		return nil, err
	}
	return func(r row) (s Session, err error) {
		if s, err = r.common(); err != nil {
			return s, err
		}
		s.Station, s.Kind = localStation, DC
		plug := r.text("plug")
		s.EVSE, err = strconv.Atoi(strings.TrimLeft(plug, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
		if err != nil || s.EVSE < 1 || s.EVSE > 99 {
			return s, fmt.Errorf("plug: %q has no number", plug)
		}
		for name, to := range map[string]*time.Time{"arrival_local": &s.Start, "departure_local": &s.End} {
			at, err := time.ParseInLocation("2006-01-02T15:04:05", r.text(name), zone)
			if err != nil {
				return s, fmt.Errorf("%s: %q is not a local time", name, r.text(name))
			}
			*to = at.UTC()
		}
		return s, nil
	}, nil
}
