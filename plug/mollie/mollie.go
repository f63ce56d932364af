package mollie

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"chargewright/base/fail"
	"chargewright/core/payment"
)

// Options configure a Provider.
type Options struct {
	Key     string           // API key, live_… or test_…
	Reports string           // organization access token, access_…, with balances.read, for Movements; "" is none
	Hook    string           // address that Mollie calls; "" is none. One of Secrets is added as ?key=
	Secrets []string         // of that address, 16 characters at least; the first is used, all are accepted
	URL     string           // of the API; "" is https://api.mollie.com
	Client  *http.Client     // nil is one that waits 30 s for an answer
	Log     *slog.Logger     // calls at level debug, without their content; nil is none
	Now     func() time.Time // nil is time.Now
}

// Provider is a payment.Provider.
type Provider struct {
	o      Options
	client http.Client
}

var (
	_ payment.Provider = (*Provider)(nil)
	_ payment.Saver    = (*Provider)(nil)
	_ payment.Hooker   = (*Provider)(nil)
	_ payment.Reporter = (*Provider)(nil)
)

// Bounds of a conversation.
const (
	answerTime = 30 * time.Second
	maxAnswer  = 4 << 20
)

// New returns a Provider. A key or an address that cannot be one is Invalid.
func New(o Options) (*Provider, error) {
	no := func(field, why string) error { return fail.Field("mollie.New", field, "%s", why) }
	if !strings.HasPrefix(o.Key, "live_") && !strings.HasPrefix(o.Key, "test_") {
		return nil, no("key", "it does not begin with live_ or test_")
	}
	if o.Reports != "" && !strings.HasPrefix(o.Reports, "access_") {
		return nil, no("reports", "it does not begin with access_")
	}
	for _, s := range o.Secrets {
		if len(s) < 16 {
			return nil, no("secrets", "one is shorter than 16 characters")
		}
	}
	if o.URL == "" {
		o.URL = "https://api.mollie.com"
	}
	if u, err := url.Parse(o.URL); err != nil || u.Host == "" || u.User != nil || u.Scheme != "https" && u.Scheme != "http" {
		return nil, no("url", "it is no address of a server")
	}
	if u, err := url.Parse(o.Hook); o.Hook != "" && (err != nil || u.Host == "" || u.RawQuery != "" || len(o.Secrets) == 0) {
		return nil, no("hook", "it is no address without a query, or there is no secret for it")
	}
	if o.Client == nil {
		o.Client = &http.Client{Timeout: answerTime}
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	p := &Provider{o, *o.Client}
	p.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return p, nil
}

// call is one request. A key makes it idempotent; in is sent as JSON unless nil;
// out is filled unless nil.
func (p *Provider) call(ctx context.Context, method, path, key string, in, out any) error {
	var body []byte
	var err error
	if in != nil {
		if body, err = json.Marshal(in); err != nil {
			return fail.Wrap(fail.Internal, "mollie", err)
		}
	}
	for n := 0; ; n++ {
		err = p.once(ctx, method, path, key, body, out)
		if key == "" || n == patience || !errors.Is(err, errTwin) {
			return err
		}
		if wait(ctx, 100*time.Millisecond<<n) != nil {
			return lost(ctx.Err())
		}
	}
}

// patience is how often a call waits for its twin under the same key: 0.1, 0.2,
// 0.4 and 0.8 s.
const patience = 4

// errTwin marks an answer with status 409.
var errTwin = errors.New("status 409")

func wait(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

func (p *Provider) once(ctx context.Context, method, path, key string, body []byte, out any) error {
	r, err := http.NewRequestWithContext(ctx, method, strings.TrimSuffix(p.o.URL, "/")+"/v2"+path, bytes.NewReader(body))
	if err != nil {
		return fail.New(fail.Internal, "mollie", "the request cannot be written")
	}
	token := p.o.Key
	if strings.HasPrefix(path, "/balances/") {
		token = p.o.Reports
	}
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("User-Agent", "Chargewright")
	r.Header.Set("Accept", "application/hal+json")
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	if key != "" {
		r.Header.Set("Idempotency-Key", key)
	}
	began := time.Now()
	a, err := p.client.Do(r)
	if err != nil {
		return lost(err)
	}
	defer a.Body.Close()
	p.o.Log.DebugContext(ctx, "mollie", "method", method, "path", r.URL.Path, "status", a.StatusCode, "took", time.Since(began))
	text, err := io.ReadAll(io.LimitReader(a.Body, maxAnswer))
	switch {
	case a.StatusCode >= 300:
		return refusal(a.StatusCode, text)
	case err != nil:
		return lost(err)
	case out != nil && json.Unmarshal(text, out) != nil:
		return fail.New(fail.Unavailable, "mollie", "Mollie gave an answer that cannot be read") // what it was may name a buyer
	}
	return nil
}

// lost is a call whose outcome is not known.
func lost(err error) error {
	var wire *url.Error // without the address
	if errors.As(err, &wire) {
		err = wire.Err
	}
	return &fail.Error{Kind: fail.Timeout, Op: "mollie", Text: "Mollie did not answer; the outcome is not known", Err: err}
}

// refusal gives an error of Mollie its kind (docs.mollie.com/reference/handling-errors).
func refusal(status int, body []byte) error {
	var e struct {
		Title  string `json:"title"`
		Detail string `json:"detail"`
		Field  string `json:"field"`
	}
	if json.Unmarshal(body, &e) != nil || e.Title == "" {
		e.Title, e.Detail, e.Field = http.StatusText(status), "", ""
	}
	if e.Detail == "" || strings.Contains(e.Field, "mail") {
		e.Detail = "Mollie does not take " + e.Field + " (" + e.Title + ")"
	}
	out := &fail.Error{Op: "mollie", Text: clip(e.Detail, 200), Err: fmt.Errorf("%d %s, field %q", status, clip(e.Title, 60), clip(e.Field, 60))}
	switch {
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		out.Kind = fail.Denied
	case status == http.StatusNotFound || status == http.StatusGone:
		out.Kind = fail.NotFound
	case status == http.StatusConflict:
		out.Kind, out.Err = fail.Conflict, errors.Join(errTwin, out.Err)
	case status == http.StatusTooManyRequests:
		out.Kind = fail.Busy
	case status >= 500 || status < 400:
		out.Kind = fail.Unavailable
	default:
		out.Kind = fail.Invalid
	}
	return out
}

// clip keeps foreign text to one line of n characters.
func clip(s string, n int) string {
	r := []rune(strings.Join(strings.Fields(s), " "))
	if len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return string(r)
}
