package central

import (
	"context"
	"sync"
	"time"

	"chargewright/base/store"
	"chargewright/core/device"
	"chargewright/wire/ocpp"
)

// findings remembers which findings were written lately, so that a station
// that errs in every message costs one write in ten minutes and not one a
// message. It is a cache: what it forgets is written once more.
type findings struct {
	mu   sync.Mutex
	seen map[findingKey]time.Time
}

type findingKey struct {
	station, action, path string
	kind                  ocpp.FindingKind
}

const (
	findingEvery = 10 * time.Minute
	findingCache = 20_000
)

// due returns those of fs that were not written lately.
func (f *findings) due(station, action string, fs []ocpp.Finding, now time.Time) []device.Finding {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.seen == nil || len(f.seen) > findingCache {
		f.seen = map[findingKey]time.Time{}
	}
	var out []device.Finding
	for _, x := range fs {
		k := findingKey{station, action, x.Path, x.Kind}
		if now.Sub(f.seen[k]) < findingEvery {
			continue
		}
		f.seen[k] = now
		out = append(out, device.Finding{Action: action, Kind: string(x.Kind), Path: x.Path, Detail: x.Detail})
	}
	return out
}

// record writes findings of a message. They are no part of the message's atom:
// losing one loses nothing but a hint.
func (c *Central) record(ctx context.Context, in *inbound, fs []ocpp.Finding) {
	list := c.found.due(in.StationID, in.Call.Action, fs, time.Now())
	if len(list) == 0 {
		return
	}
	_, err := store.Do(ctx, c.o.DB, in.StationID, func(tx *store.Tx) (done, error) {
		d, ok, err := device.At(tx, in.StationID)
		if err != nil || !ok {
			return done{}, err
		}
		return done{}, device.Found(tx, d.ID, list)
	})
	if err != nil {
		c.log.WarnContext(ctx, "findings not recorded", "station", in.StationID, "err", err)
	}
}
