package monitor

import (
	"context"
	"math"
	"time"

	"chargewright/base/store"
	"chargewright/core/access"
)

// Step is the length of a mean. Means begin at whole steps of UTC.
const Step = 5 * time.Minute

// sweep is how often the picture goes into the means.
const sweep = 10 * time.Second

// chunk is how many means go into one atom, so that stations are not kept
// waiting for their answers.
const chunk = 2_000

// place is what a mean is of: a station, all of a site, or all of a tenant.
type place struct{ tenant, site, station string }

// sum gathers the mean of one step.
type sum struct {
	wattSeconds float64
	known       time.Duration
	most        float64
}

func (s *sum) add(w float64, d time.Duration) {
	if s.known == 0 || w > s.most {
		s.most = w
	}
	s.wattSeconds += w * d.Seconds()
	s.known += d
}

// means gathers the step under way. One goroutine uses it.
type means struct {
	step time.Time
	last time.Time // of the sweep before
	sums map[place]*sum
}

// mean is a row that is due.
type mean struct {
	place
	at time.Time
	sum
}

// sweep takes in a picture and returns the means of a step that is over. A
// station has one only while it gives power or could.
func (m *means) sweep(p *Picture) []mean {
	var due []mean
	if step := p.At.Truncate(Step); !step.Equal(m.step) {
		due, m.step = m.take(), step
	}
	d := sweep
	if !m.last.IsZero() {
		d = min(p.At.Sub(m.last), sweep+sweep/2)
	}
	d = min(d, p.At.Sub(m.step)) // the rest was of the step before
	m.last = p.At
	if d <= 0 {
		return due
	}
	total := map[string]float64{}
	for _, s := range p.sites {
		m.stations(s, d)
		if len(s.Stations) > 0 {
			m.of(place{s.Tenant, s.ID, ""}).add(s.Power, d)
		}
		total[s.Tenant] += s.Power
	}
	for tenant, w := range total {
		m.of(place{tenant, "", ""}).add(w, d)
	}
	return due
}

func (m *means) stations(s *Site, d time.Duration) {
	for i := 0; i < len(s.EVSEs); {
		id, w, worth := s.EVSEs[i].Station, 0.0, false
		for ; i < len(s.EVSEs) && s.EVSEs[i].Station == id; i++ {
			if e := s.EVSEs[i]; e.Known {
				w += e.Power
				worth = worth || e.Session || e.Power != 0
			}
		}
		if worth {
			m.of(place{s.Tenant, s.ID, id}).add(w, d)
		}
	}
}

func (m *means) of(p place) *sum {
	s := m.sums[p]
	if s == nil {
		s = &sum{}
		m.sums[p] = s
	}
	return s
}

// take empties the step under way.
func (m *means) take() []mean {
	var out []mean
	for p, s := range m.sums {
		if s.known >= time.Second {
			out = append(out, mean{p, m.step, *s})
		}
	}
	clear(m.sums)
	return out
}

// write stores means, a chunk in one atom. A step of which a part is stored
// already, by a process before this one, takes both.
func (m *Monitor) write(ctx context.Context, due []mean) error {
	for len(due) > 0 {
		n := min(len(due), chunk)
		_, err := store.Do(ctx, m.o.DB, "monitor.means", func(tx *store.Tx) (struct{}, error) {
			for _, x := range due[:n] {
				put(tx, x)
			}
			return struct{}{}, nil
		})
		if err != nil {
			return err
		}
		due = due[n:]
	}
	return nil
}

func put(tx *store.Tx, x mean) {
	known := int64(math.Round(x.known.Seconds()))
	tx.Write(`INSERT INTO monitor_power (tenant_id, site_id, station_id, at, mean_w, max_w, known_s) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (tenant_id, site_id, station_id, at) DO UPDATE SET
			mean_w = (monitor_power.mean_w * monitor_power.known_s + excluded.mean_w * excluded.known_s) / (monitor_power.known_s + excluded.known_s),
			max_w = CASE WHEN monitor_power.max_w > excluded.max_w THEN monitor_power.max_w ELSE excluded.max_w END,
			known_s = monitor_power.known_s + excluded.known_s`,
		x.tenant, x.site, x.station, x.at, watts(x.wattSeconds/x.known.Seconds()), watts(x.most), max(known, 1))
}

// Forget deletes means after 400 days.
func Forget(tx *store.Tx) {
	tx.Write(`DELETE FROM monitor_power WHERE at < $1`, tx.Now().AddDate(0, 0, -400))
}

// Mean is the mean power of a step.
type Mean struct {
	At   time.Time
	Watt int64
	Max  int64
}

// Network returns the mean power of what a scope sees, or of one of its sites,
// in [from, to), a Mean for each step that is known, in order. The maximum of
// several sites is that of their sum only where they peaked together. At most
// 100,000 steps.
func Network(tx *store.Tx, sc access.Scope, site string, from, to time.Time) ([]Mean, error) {
	args := []any{sc.Tenant, from, to}
	where := "site_id = ''"
	switch {
	case site != "" && !sc.Sees(site):
		return nil, nil
	case site != "":
		args = append(args, site)
		where = "site_id = $4"
	case sc.Limited():
		where = "site_id <> '' AND " + sc.Within("site_id", &args)
	}
	return store.All(tx, func(r *store.Row) Mean { return Mean{r.Time(0), r.Int(1), r.Int(2)} }, `SELECT at, CAST(SUM(mean_w) AS BIGINT), CAST(SUM(max_w) AS BIGINT) FROM monitor_power
		WHERE tenant_id = $1 AND station_id = '' AND at >= $2 AND at < $3 AND `+where+` GROUP BY at ORDER BY at`, args...)
}
