package central

import (
	"bytes"
	"context"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"chargewright/base/store"
)

// Search narrows what is read of the message log of all stations. Zero fields do
// not narrow.
type Search struct {
	Station string
	Action  string
	FromUs  *bool
	Errors  bool   // only those answered by an error, or not at all
	Text    string // part of the message id, the action, the request or the answer, whatever its case
	Before  time.Time
	Limit   int
	// Sees, if set, says which of some stations the reader sees.
	Sees func(ctx context.Context, stations []string) (map[string]bool, error)
}

// Found is what a Search found.
type Found struct {
	Items   []FoundExchange // newest first; of one time all or none
	Scanned int             // exchanges looked at
	More    bool            // older ones remain that were not looked at, from Next on
	Next    time.Time       // with More: Before of the next Search
}

// FoundExchange is an exchange and its station.
type FoundExchange struct {
	Station string
	Exchange
}

// Bounds of a Search.
const (
	maxScanned = 5_000               // exchanges looked at
	maxWindow  = 31 * 24 * time.Hour // back from Before
	scanBatch  = 500
)

// Search reads the newest exchanges of all stations that fit, looking at
// maxScanned at most.
func (l *Log) Search(ctx context.Context, q Search) (Found, error) {
	var f Found
	q.Text = strings.ToLower(q.Text)
	before, from := q.Before, q.Before.Add(-maxWindow)
	for f.Scanned < maxScanned {
		batch, err := l.batch(ctx, q, from, before)
		if err != nil || len(batch) == 0 {
			return f, err
		}
		f.Scanned += len(batch)
		before = batch[len(batch)-1].At
		if err := q.keep(ctx, &f, batch); err != nil || f.More {
			return f, err
		}
		if len(batch) < scanBatch {
			return f, nil
		}
	}
	f.More, f.Next = true, before
	return f, nil
}

// batch reads scanBatch exchanges, and those of the same time as the last.
func (l *Log) batch(ctx context.Context, q Search, from, before time.Time) ([]FoundExchange, error) {
	var out []FoundExchange
	var last time.Time
	take := func(station string, m store.Message) (bool, error) {
		if len(out) >= scanBatch && !m.At.Equal(last) {
			return false, nil
		}
		last = m.At
		x, ok := unpack(m.Packed)
		if !ok {
			x = Exchange{Failure: "it cannot be read"}
		}
		x.At = m.At
		out = append(out, FoundExchange{station, x})
		return true, nil
	}
	if q.Station == "" {
		_, err := l.to.Across(ctx, from, before, 2*scanBatch, take)
		return out, err
	}
	rows, err := l.to.Tail(ctx, q.Station, before, scanBatch)
	for _, m := range rows {
		if m.At.Before(from) {
			break
		}
		if _, err := take(q.Station, m); err != nil {
			return nil, err
		}
	}
	return out, err
}

// keep adds what fits of a batch to f until the page is full.
func (q Search) keep(ctx context.Context, f *Found, batch []FoundExchange) error {
	fits := slices.DeleteFunc(slices.Clone(batch), func(x FoundExchange) bool { return !q.fits(x.Exchange) })
	if q.Sees != nil && len(fits) > 0 {
		names := map[string]bool{}
		for _, x := range fits {
			names[x.Station] = true
		}
		sees, err := q.Sees(ctx, slices.Sorted(maps.Keys(names)))
		if err != nil {
			return err
		}
		fits = slices.DeleteFunc(fits, func(x FoundExchange) bool { return !sees[x.Station] })
	}
	for _, x := range fits {
		if n := len(f.Items); n >= q.Limit && !x.At.Equal(f.Items[n-1].At) {
			f.More, f.Next = true, f.Items[n-1].At
			return nil
		}
		f.Items = append(f.Items, x)
	}
	return nil
}

func (q Search) fits(x Exchange) bool {
	switch {
	case q.Action != "" && x.Action != q.Action,
		q.FromUs != nil && x.FromUs != *q.FromUs,
		q.Errors && x.Error == nil && x.Failure == "":
		return false
	case q.Text == "":
		return true
	}
	part := []byte(q.Text)
	return strings.Contains(strings.ToLower(x.MessageID), q.Text) || strings.Contains(strings.ToLower(x.Action), q.Text) ||
		bytes.Contains(bytes.ToLower(x.Request), part) || bytes.Contains(bytes.ToLower(x.Response), part)
}

// names are the actions seen, maxNames at most.
type names struct {
	mu   sync.Mutex
	seen map[string]bool
}

const maxNames = 500

func (n *names) add(action string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if !n.seen[action] && len(n.seen) < maxNames && len(action) <= 60 {
		if n.seen == nil {
			n.seen = map[string]bool{}
		}
		n.seen[action] = true
	}
}

// Actions names the actions of the exchanges since the start of the process and
// of the newest before it, sorted.
func (l *Log) Actions() []string {
	l.actions.mu.Lock()
	defer l.actions.mu.Unlock()
	return slices.Sorted(maps.Keys(l.actions.seen))
}

// remember names the actions of the newest exchanges of an earlier process.
func (l *Log) remember() {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	now := time.Now()
	_, err := l.to.Across(ctx, now.Add(-maxWindow), now.Add(time.Minute), maxScanned, func(_ string, m store.Message) (bool, error) {
		if x, ok := unpack(m.Packed); ok {
			l.actions.add(x.Action)
		}
		return true, nil
	})
	if err != nil {
		l.log.Debug("the message log was not read", "err", err)
	}
}
