package store_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"chargewright/base/fail"
	"chargewright/base/store"
	"chargewright/base/store/storetest"
)

func eachTelemetry(t *testing.T, fn func(t *testing.T, open func() *store.Telemetry)) {
	storetest.EachURL(t, func(t *testing.T, url string) {
		db := storetest.Open(t, url, nil, store.Options{})
		dir := filepath.Join(t.TempDir(), "telemetry")
		fn(t, func() *store.Telemetry {
			tel, err := store.OpenTelemetry(t.Context(), db, dir, store.TelemetryOptions{OpenDays: 2})
			if err != nil {
				t.Fatal(err)
			}
			return tel
		})
	})
}

func ranged(t *testing.T, tel *store.Telemetry, station string, from, to time.Time) []string {
	t.Helper()
	var out []string
	err := tel.Range(t.Context(), station, from, to, func(m store.Message) error {
		out = append(out, fmt.Sprintf("%s %s %s", m.Key, m.At.Format("02T15:04"), m.Packed))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestTelemetry(t *testing.T) {
	noon := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	eachTelemetry(t, func(t *testing.T, open func() *store.Telemetry) {
		tel := open()
		put := func(station, key string, at, received time.Time) {
			t.Helper()
			if err := tel.Append(t.Context(), station, at, received, key, []byte(key+"!")); err != nil {
				t.Fatal(err)
			}
		}
		for range 2 { // the same again is nothing new
			put("a", "now", noon, noon)
			put("a", "late", noon.Add(-48*time.Hour), noon)
			put("a", "1970", time.Unix(0, 0), noon.Add(time.Second))
			put("a", "2036", noon.AddDate(10, 0, 0), noon.Add(time.Minute))
			put("a", "none", time.Time{}, noon.Add(time.Hour))
			put("b", "now", noon, noon)
		}
		put("a", "now", noon, noon.Add(26*time.Hour)) // repeated a day later
		want := "[late 18T12:00 late! 1970 01T00:00 1970! 2036 20T12:00 2036! now 20T12:00 now! none 20T13:00 none!]"
		if got := fmt.Sprint(ranged(t, tel, "a", time.Time{}, noon.AddDate(1, 0, 0))); got != want {
			t.Errorf("all:\n%s\n%s", got, want)
		}
		if got := fmt.Sprint(ranged(t, tel, "a", noon, noon.Add(time.Hour))); got != "[now 20T12:00 now!]" {
			t.Errorf("from noon, less an hour: %s", got)
		}
		if err := tel.Close(); err != nil {
			t.Fatal(err)
		}
		tel = open()
		if n, err := tel.DropBefore(t.Context(), noon); n < 1 || err != nil {
			t.Fatal(n, err)
		}
		put("a", "later", noon.Add(-47*time.Hour), noon) // into a day that was dropped
		if got := fmt.Sprint(ranged(t, tel, "a", time.Time{}, noon.Add(time.Minute))); got != "[later 18T13:00 later! 1970 01T00:00 1970! 2036 20T12:00 2036! now 20T12:00 now!]" {
			t.Errorf("after a drop: %s", got)
		}
		stop := errors.New("stop")
		if err := tel.Range(t.Context(), "a", time.Time{}, noon, func(store.Message) error { return stop }); !errors.Is(err, stop) {
			t.Error(err)
		}
		if err := tel.Append(t.Context(), "a\x00", noon, noon, "k", nil); !fail.Is(err, fail.Invalid) {
			t.Error(err)
		}
		if err := tel.Close(); err != nil {
			t.Fatal(err)
		}
		if err := tel.Append(t.Context(), "a", noon, noon, "k", nil); !fail.Is(err, fail.Unavailable) {
			t.Error(err)
		}
	})
}

func TestTelemetryOfManyStations(t *testing.T) {
	start := time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)
	eachTelemetry(t, func(t *testing.T, open func() *store.Telemetry) {
		tel := open()
		var wg sync.WaitGroup
		var failed atomic.Int64
		for s := range 100 {
			wg.Go(func() {
				for i := range 20 {
					at := start.Add(time.Duration(i) * 3 * time.Hour)
					if err := tel.Append(t.Context(), fmt.Sprint("s", s), at, at, fmt.Sprint(i), []byte{byte(i)}); err != nil {
						failed.Add(1)
					}
				}
			})
		}
		wg.Wait()
		for s := range 100 {
			if n := len(ranged(t, tel, fmt.Sprint("s", s), start, start.Add(100*time.Hour))); n != 20 || failed.Load() != 0 {
				t.Fatalf("station %d: %d of 20, %d failed", s, n, failed.Load())
			}
		}
		if err := tel.Close(); err != nil {
			t.Fatal(err)
		}
	})
}

func TestTelemetryTail(t *testing.T) {
	eachTelemetry(t, func(t *testing.T, open func() *store.Telemetry) {
		tel := open()
		defer tel.Close() //nolint:errcheck // the test is over
		noon := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
		for i := range 9 { // over three days
			at := noon.Add(time.Duration(i) * 8 * time.Hour)
			if err := tel.Append(t.Context(), "a", at, at, fmt.Sprint("k", i), []byte{byte(i)}); err != nil {
				t.Fatal(err)
			}
		}
		for _, c := range []struct {
			before time.Time
			limit  int
			want   string
		}{
			{noon.AddDate(1, 0, 0), 4, "k8 k7 k6 k5"},
			{noon.Add(24 * time.Hour), 10, "k2 k1 k0"},
			{noon, 10, ""},
			{noon.AddDate(1, 0, 0), 0, ""},
		} {
			list, err := tel.Tail(t.Context(), "a", c.before, c.limit)
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			for i, m := range list {
				if i > 0 {
					got += " "
				}
				got += m.Key
			}
			if got != c.want {
				t.Errorf("before %v, %d: %q, want %q", c.before, c.limit, got, c.want)
			}
		}
	})
}
