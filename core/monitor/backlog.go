package monitor

import (
	"slices"
	"sync"
	"time"

	"chargewright/base/energy"
)

// Bounds of what is late, in µs.
const (
	lateAfter = int64(Step / time.Microsecond)                // a younger reading was counted as it came
	lateMost  = int64(30 * 24 * time.Hour / time.Microsecond) // an older one is of a wrong clock, as in store.Telemetry
	hour      = int64(time.Hour / time.Microsecond)
)

// maxBacklog is how many hours of stations the backlog holds.
const maxBacklog = 200_000

// maxRun is how many hours of a station are settled at once.
const maxRun = 6

// backlog is the hours of stations whose means have to be made again, because
// readings of them came late. What it cannot hold is not made again. Its zero
// value is ready.
type backlog struct {
	mu    sync.Mutex
	of    map[string]map[int64]int64 // of a station, by hour since 1970: the newest reading of its late messages, µs
	queue []string                   // its stations, the longest waiting first
	hours int
}

// run is hours of a station, one after the other, whose means are to be made
// again. All in µs.
type run struct {
	station  string
	from, to int64
	until    int64 // the newest reading of the late messages: by it they are filed
}

// measured takes in the readings of a message that are dated before since.
func (b *backlog) measured(station string, received, since int64, readings []energy.Reading) {
	last, newest := int64(-1), int64(0)
	for i := range readings {
		newest = max(newest, min(readings[i].At.UnixMicro(), received))
	}
	for i := range readings {
		r := &readings[i]
		at := r.At.UnixMicro()
		if at >= since || at < received-lateMost || at/hour == last || r.EVSE <= 0 {
			continue
		}
		switch kindOf(r.Measurand) {
		case powerImport, powerExport, register:
			last = at / hour
			b.add(run{station, last * hour, last*hour + hour, newest})
		}
	}
}

// add takes in the hours of a run.
func (b *backlog) add(r run) {
	b.mu.Lock()
	defer b.mu.Unlock()
	hours := b.of[r.station]
	for h := r.from / hour; h < r.to/hour; h++ {
		until, has := hours[h]
		if !has && b.hours >= maxBacklog {
			return
		}
		if hours == nil {
			hours = map[int64]int64{}
			if b.of == nil {
				b.of = map[string]map[int64]int64{}
			}
			b.of[r.station] = hours
			b.queue = append(b.queue, r.station)
		}
		if !has {
			b.hours++
		}
		hours[h] = max(until, r.until)
	}
}

// take removes all hours of the stations that wait longest, at least so many
// hours where there are.
func (b *backlog) take(least int) []run {
	b.mu.Lock()
	defer b.mu.Unlock()
	var out []run
	for n := 0; n < least && len(b.queue) > 0; {
		station := b.queue[0]
		b.queue = b.queue[1:]
		hours := make([]int64, 0, len(b.of[station]))
		for h := range b.of[station] {
			hours = append(hours, h)
		}
		slices.Sort(hours)
		for _, h := range hours {
			at, until := h*hour, b.of[station][h]
			if i := len(out) - 1; i >= 0 && out[i].station == station && out[i].to == at && at-out[i].from < maxRun*hour {
				out[i].to, out[i].until = at+hour, max(out[i].until, until)
				continue
			}
			out = append(out, run{station, at, at + hour, until})
		}
		delete(b.of, station)
		n += len(hours)
		b.hours -= len(hours)
	}
	return out
}
