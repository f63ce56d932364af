package monitor

import (
	"context"
	"errors"
	"math"
	"time"

	"chargewright/base/energy"
	"chargewright/base/store"
	"chargewright/core/station"
)

// settling is how often late readings go into the means.
const settling = 2 * time.Second

// settleLeast is about how many hours of stations are settled at a time.
const settleLeast = 200

// settle makes the means anew where readings came late, of the stations that
// wait longest, and reports whether to go on at once. What fails is tried again
// the next time, and what reaches into the step under way once that is over.
func (m *Monitor) settle(ctx context.Context) (more bool) {
	before := m.means.step
	if before.IsZero() {
		before = time.Now().Truncate(Step)
	}
	failed := 0
	var why error
	runs := m.late.take(settleLeast)
	for _, r := range runs {
		open, err := m.again(ctx, r, before.UnixMicro())
		switch {
		case err != nil:
			m.late.add(r)
			failed, why = failed+1, err
		case open:
			m.later.add(r)
		}
	}
	if failed > 0 && ctx.Err() == nil {
		m.o.Log.ErrorContext(ctx, "late power was not recorded yet", "runs", failed, "err", why)
	}
	return len(runs) > 0 && failed == 0
}

// stepOver lets what waited for the end of a step be settled.
func (m *Monitor) stepOver() {
	for _, r := range m.later.take(maxBacklog) {
		m.late.add(r)
	}
}

// again makes the means of a station anew for the steps that pieces touching the
// run reach into, up to a time; open says that some reach over it.
func (m *Monitor) again(ctx context.Context, r run, before int64) (open bool, err error) {
	t := tape{from: r.from - 2*deriveMost, to: r.to + 2*deriveMost, evses: map[int64]*track{}}
	n := 0
	err = m.o.Telemetry.Range(ctx, r.station, time.UnixMicro(t.from), time.UnixMicro(max(t.to, r.until+slack)), func(x store.Message) error {
		if n++; n > maxMessages {
			return errFull
		}
		readings, err := energy.Unpack(x.Packed)
		if err == nil {
			t.message(x.ReceivedAt.UnixMicro(), readings)
		}
		return err
	})
	if err != nil && !errors.Is(err, errFull) {
		return false, err
	}
	by, peaks := t.pieces()
	lo, hi := extent(by, r.from, r.to)
	if lo >= hi {
		return false, nil
	}
	const step = int64(Step / time.Microsecond)
	lo -= lo % step
	means, most := steps(by), steps(peaks)
	rows := map[int64]stored{}
	for at := lo; at < min(hi, before); at += step {
		if s := means[at]; s != nil {
			s.most = most[at].most
			rows[at] = rowOf(*s)
		}
	}
	if len(rows) > 0 {
		_, err = store.Do(ctx, m.o.DB, "monitor.means", func(tx *store.Tx) (struct{}, error) { return struct{}{}, replace(tx, r.station, lo, hi, rows) })
	}
	return hi > before, err
}

// stored is a mean as its row has it.
type stored struct{ mean, most, known int64 } // W, W, s

func rowOf(s sum) stored {
	known := max(int64(math.Round(s.known.Seconds())), 1)
	mean := watts(s.wattSeconds / float64(known))
	return stored{mean, max(watts(s.most), mean), known}
}

// wattSeconds is the energy under a mean. Several processes may each have known
// the power of the whole step.
func (s stored) wattSeconds() int64 { return s.mean * min(s.known, int64(Step/time.Second)) }

// replace stores what the means of a station are now, of steps in [lo, hi). One
// that knew clearly more stays. The means of its site and tenant change by as
// much energy.
func replace(tx *store.Tx, id string, lo, hi int64, rows map[int64]stored) error {
	st, found, err := station.Find(tx, id)
	if err != nil || !found {
		return err
	}
	own := place{st.Tenant, st.Site, id}
	was, err := between(tx, own, lo, hi)
	if err != nil {
		return err
	}
	var changed []int64
	for at, row := range rows {
		if old := was[at]; row != old && row.known+int64(2*sweep/time.Second) >= old.known {
			changed = append(changed, at)
			keep(tx, own, at, row)
		}
	}
	if len(changed) == 0 {
		return nil
	}
	for _, p := range []place{{st.Tenant, st.Site, ""}, {st.Tenant, "", ""}} {
		all, err := between(tx, p, lo, hi)
		if err != nil {
			return err
		}
		for _, at := range changed {
			if now := all[at].after(was[at], rows[at]); now != all[at] {
				keep(tx, p, at, now)
			}
		}
	}
	return nil
}

// after is the mean of a site once that of one of its stations has changed. Its
// highest power does not follow from means: it is at least the station's, and
// what it was.
func (s stored) after(was, is stored) stored {
	known := max(min(s.known, int64(Step/time.Second)), is.known)
	mean := watts(float64(s.wattSeconds()+is.wattSeconds()-was.wattSeconds()) / float64(known))
	most := max(is.most, mean)
	if s.known > 0 {
		most = max(most, s.most)
	}
	return stored{mean, most, known}
}

// between reads the means of a place in [lo, hi).
func between(tx *store.Tx, p place, lo, hi int64) (map[int64]stored, error) {
	out := map[int64]stored{}
	err := tx.Each(func(r *store.Row) error {
		out[r.Int(0)] = stored{r.Int(1), r.Int(2), r.Int(3)}
		return nil
	}, `SELECT at, mean_w, max_w, known_s FROM monitor_power WHERE tenant_id = $1 AND site_id = $2 AND station_id = $3 AND at >= $4 AND at < $5`,
		p.tenant, p.site, p.station, lo, hi)
	return out, err
}

func keep(tx *store.Tx, p place, at int64, s stored) {
	tx.Write(`INSERT INTO monitor_power (tenant_id, site_id, station_id, at, mean_w, max_w, known_s) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (tenant_id, site_id, station_id, at) DO UPDATE SET mean_w = excluded.mean_w, max_w = excluded.max_w, known_s = excluded.known_s`,
		p.tenant, p.site, p.station, at, s.mean, s.most, s.known)
}
