package central

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"testing"
	"time"

	"chargewright/base/link"
	"chargewright/base/store"
	"chargewright/base/store/storetest"
	"chargewright/schema"
)

func TestSearchOfTheLog(t *testing.T) {
	storetest.Each(t, schema.FS, func(t *testing.T, db *store.DB) {
		frames, err := store.OpenTelemetry(t.Context(), db, t.TempDir(), store.TelemetryOptions{Name: "frame", ByTime: true})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { frames.Close() })
		log := slog.New(slog.NewTextHandler(t.Output(), nil))
		told := 0
		l := NewLog(frames, log, func(string, time.Time) { told++ })
		noon := time.Now().UTC().Truncate(24 * time.Hour).Add(-12 * time.Hour)
		const n = 1_200
		for i := range n {
			x := Exchange{At: noon.Add(time.Duration(i) * time.Minute), MessageID: fmt.Sprint("m", i), Action: []string{"Heartbeat", "StatusNotification"}[i%2], FromUs: i%4 == 0, Request: fmt.Appendf(nil, `{"Number":"N%dX"}`, i)}
			if i%100 == 0 {
				x.Error = &link.CallError{Code: "InternalError"}
			}
			if i%600 == 1 { // two at one time
				x.At = noon.Add(time.Duration(i-1) * time.Minute)
			}
			l.add(fmt.Sprintf("CS%d", i%3), x)
		}
		l.Close()
		if told != n || !slices.Equal(l.Actions(), []string{"Heartbeat", "StatusNotification"}) {
			t.Errorf("told of %d; actions %v", told, l.Actions())
		}
		if again := NewLog(frames, log, nil); len(again.Actions()) != 2 {
			t.Errorf("after a restart: %v", again.Actions())
		} else {
			again.Close()
		}
		in := false
		end := noon.Add(n * time.Minute)
		for name, c := range map[string]struct {
			q    Search
			want int
		}{
			"all": {Search{}, n}, "a station": {Search{Station: "CS1"}, n / 3}, "an action": {Search{Action: "Heartbeat"}, n / 2}, "from the stations": {Search{FromUs: &in}, n * 3 / 4},
			"errors": {Search{Errors: true}, 12}, "a text": {Search{Text: "n77x"}, 1}, "an id": {Search{Text: "M1199"}, 1}, "nothing": {Search{Text: "zzz"}, 0},
			"some stations": {Search{Sees: func(context.Context, []string) (map[string]bool, error) { return map[string]bool{"CS2": true}, nil }}, n / 3},
		} {
			var got []string
			q := c.q
			for q.Before, q.Limit = end, 37; ; {
				f, err := l.Search(t.Context(), q)
				if err != nil {
					t.Fatal(err)
				}
				if !slices.IsSortedFunc(f.Items, func(a, b FoundExchange) int { return b.At.Compare(a.At) }) {
					t.Errorf("%s: not newest first", name)
				}
				for _, x := range f.Items {
					got = append(got, x.MessageID)
				}
				if !f.More {
					break
				}
				q.Before = f.Next
			}
			if slices.Sort(got); len(got) != c.want || len(slices.Compact(got)) != c.want {
				t.Errorf("%s: %d found, want %d", name, len(got), c.want)
			}
		}
	})
}
