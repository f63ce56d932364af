package notifytest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"chargewright/base/fail"
	"chargewright/core/notify"
)

// RunPoster checks that a Poster does what the port promises. open gives one
// and the address under which the handler is reached.
func RunPoster(t *testing.T, open func(t *testing.T, h http.Handler) (notify.Poster, string)) {
	body := []byte(`{"type":"x","data":{"a":"ü\u0000"}}`)
	header := http.Header{"Webhook-Id": {"evt_1"}, "Content-Type": {"application/json"}}
	soon := func(t *testing.T) context.Context {
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		t.Cleanup(cancel)
		return ctx
	}
	t.Run("arrives byte for byte", func(t *testing.T) {
		var mu sync.Mutex
		var got *http.Request
		var read []byte
		p, url := open(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			b, _ := io.ReadAll(r.Body) //nolint:errcheck // what is missing shows
			mu.Lock()
			got, read = r, b
			mu.Unlock()
			w.WriteHeader(http.StatusAccepted)
			io.WriteString(w, "thanks") //nolint:errcheck // what is missing shows
		}))
		r, err := p.Post(t.Context(), notify.Request{URL: url, Header: header, Body: body})
		mu.Lock()
		defer mu.Unlock()
		if err != nil || r.Status != http.StatusAccepted || string(r.Body) != "thanks" {
			t.Fatalf("%+v, %v", r, err)
		}
		if got.Method != http.MethodPost || !bytes.Equal(read, body) || got.Header.Get("webhook-id") != "evt_1" || got.Header.Get("Content-Type") != "application/json" {
			t.Errorf("%s %v %q", got.Method, got.Header, read)
		}
	})
	t.Run("every status is an answer", func(t *testing.T) {
		for _, status := range []int{200, 204, 301, 307, 400, 401, 410, 429, 500, 503} {
			calls := 0
			p, url := open(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				calls++
				w.Header().Set("Location", "/elsewhere")
				w.WriteHeader(status)
			}))
			if r, err := p.Post(t.Context(), notify.Request{URL: url, Header: header, Body: body}); err != nil || r.Status != status || calls != 1 {
				t.Errorf("%d: %+v, %v after %d calls", status, r, err, calls)
			}
		}
	})
	t.Run("a huge answer is cut", func(t *testing.T) {
		p, url := open(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			for range 1000 {
				if _, err := io.WriteString(w, strings.Repeat("x", 64<<10)); err != nil {
					return
				}
			}
		}))
		r, err := p.Post(t.Context(), notify.Request{URL: url, Header: header, Body: body})
		if err != nil || r.Status != http.StatusOK || len(r.Body) != notify.MaxReply {
			t.Errorf("%d with %d bytes, %v", r.Status, len(r.Body), err)
		}
	})
	t.Run("no answer in time", func(t *testing.T) {
		p, url := open(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { wait(r) }))
		if _, err := p.Post(soon(t), notify.Request{URL: url, Header: header, Body: body}); !fail.Is(err, fail.Timeout) {
			t.Error(err)
		}
	})
	t.Run("a body that does not end", func(t *testing.T) {
		p, url := open(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(http.StatusOK)
			io.WriteString(w, "slow") //nolint:errcheck // what is missing shows
			if f, ok := w.(http.Flusher); ok {
				f.Flush()
			}
			wait(r)
		}))
		r, err := p.Post(soon(t), notify.Request{URL: url, Header: header, Body: body})
		if err != nil || r.Status != http.StatusOK || string(r.Body) != "slow" {
			t.Errorf("%+v, %v", r, err)
		}
	})
	t.Run("a receiver that hangs up", func(t *testing.T) {
		p, url := open(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
		if _, err := p.Post(t.Context(), notify.Request{URL: url, Header: header, Body: body}); !fail.Is(err, fail.Unavailable) {
			t.Error(err)
		}
	})
}

// wait holds a request until its sender gives up.
func wait(r *http.Request) {
	io.Copy(io.Discard, r.Body) //nolint:errcheck // a server notices a sender's leaving after the body
	<-r.Context().Done()
}

// Poster is a network of one receiver, in memory.
type Poster struct{ Receiver http.Handler }

// Post implements notify.Poster.
func (p Poster) Post(ctx context.Context, r notify.Request) (notify.Reply, error) {
	q := httptest.NewRequestWithContext(ctx, http.MethodPost, r.URL, bytes.NewReader(r.Body))
	q.Header = r.Header.Clone()
	a := &answer{header: http.Header{}}
	done := make(chan error, 1)
	go func() {
		defer func() {
			if v := recover(); v != nil {
				done <- errors.New("the receiver hung up")
				return
			}
			done <- nil
		}()
		p.Receiver.ServeHTTP(a, q)
	}()
	select {
	case err := <-done:
		if err != nil {
			return notify.Reply{}, fail.Wrap(fail.Unavailable, "notifytest", err)
		}
		a.WriteHeader(http.StatusOK)
	case <-ctx.Done():
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.status == 0 {
		return notify.Reply{}, fail.Wrap(fail.Timeout, "notifytest", ctx.Err())
	}
	return notify.Reply{Status: a.status, Body: append([]byte(nil), a.body...)}, nil
}

// answer is what a receiver has said so far.
type answer struct {
	mu     sync.Mutex
	header http.Header
	status int
	body   []byte
}

func (a *answer) Header() http.Header { return a.header }

func (a *answer) WriteHeader(status int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.status == 0 {
		a.status = status
	}
}

func (a *answer) Write(b []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	a.mu.Lock()
	defer a.mu.Unlock()
	a.body = append(a.body, b[:min(len(b), notify.MaxReply-len(a.body))]...)
	return len(b), nil
}
