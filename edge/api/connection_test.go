package api

import (
	"bufio"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"chargewright/base/store"
	"chargewright/base/store/storetest"
	"chargewright/core/access"
	"chargewright/schema"
)

// Over real connections: an answer, a body that is too long, a stream that is
// read as it comes and ends with the server.
func TestOverRealConnections(t *testing.T) {
	storetest.Each(t, schema.FS, func(t *testing.T, db *store.DB) {
		h := newHarness(t, db)
		h.watched()
		server := httptest.NewServer(h.handler)
		defer server.Close()
		ask := func(method, path, body string) *http.Response {
			t.Helper()
			q, err := http.NewRequestWithContext(t.Context(), method, server.URL+path, strings.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			q.Header.Set("Authorization", "bearer "+h.keys[access.Owner])
			r, err := server.Client().Do(q)
			if err != nil {
				t.Fatal(err)
			}
			return r
		}
		for _, c := range []struct {
			method, path, body string
			code               int
		}{
			{get, prefix + "/status", "", 200},
			{put, prefix + "/stations/OURS", strings.Repeat(" ", MaxBody+1), 413},
			{put, prefix + "/stations/A%2FB", "{}", 200},
			{get, prefix + "/stations/A%2FB", "", 200},
			{get, "/api/docs", "", 200},
			{get, "/api/other", "", 404},
		} {
			r := ask(c.method, c.path, c.body)
			if r.StatusCode != c.code {
				t.Errorf("%s %s: %d, want %d", c.method, c.path, r.StatusCode, c.code)
			}
			io.Copy(io.Discard, r.Body) //nolint:errcheck // its status counts
			r.Body.Close()              //nolint:errcheck // it was read
		}
		r := ask(get, eventsPath, "")
		defer r.Body.Close() //nolint:errcheck // it ends with the server
		lines := bufio.NewScanner(r.Body)
		next := func(want string) {
			t.Helper()
			for lines.Scan() {
				if strings.HasPrefix(lines.Text(), "event: ") {
					if lines.Text() != "event: "+want {
						t.Fatalf("read %q, want %s", lines.Text(), want)
					}
					return
				}
			}
			t.Fatalf("the stream ended before %s: %v", want, lines.Err())
		}
		next("snapshot")
		h.live.Publish("station", []byte("OURS"))
		next("station")
		server.CloseClientConnections()
		for lines.Scan() {
			if strings.HasPrefix(lines.Text(), "event: ") {
				t.Errorf("after the end: %q", lines.Text())
			}
		}
	})
}
