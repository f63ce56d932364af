package stripe

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/stripe/stripe-go/v85"
	"github.com/stripe/stripe-go/v85/form"

	"chargewright/base/fail"
	"chargewright/core/payment"
)

// Options configure a Provider.
type Options struct {
	Key     string           // the secret key of the API, sk_… or rk_…
	Secrets []string         // signing secrets of the webhook endpoint, whsec_…; more than one while they are changed
	URL     string           // of the API; "" is https://api.stripe.com
	Uploads string           // of the API for files; "" is https://files.stripe.com
	Client  *http.Client     // nil is one that waits 30 s for an answer
	Log     *slog.Logger     // calls at level debug, without their content; nil is none
	Now     func() time.Time // nil is time.Now
}

// Provider is a payment.Provider with all its extras.
//
// It calls the library's backends itself: stripe.Client holds every service there
// is, and a binary that calls methods by name, as ours does, keeps all of them.
type Provider struct {
	o          Options
	api, files stripe.Backend
}

var (
	_ payment.Provider    = (*Provider)(nil)
	_ payment.Incrementer = (*Provider)(nil)
	_ payment.Saver       = (*Provider)(nil)
	_ payment.Hooker      = (*Provider)(nil)
	_ payment.Reporter    = (*Provider)(nil)
	_ payment.Payer       = (*Provider)(nil)
	_ payment.Defender    = (*Provider)(nil)
	_ payment.Readers     = (*Provider)(nil)
)

// Bounds of a conversation.
const (
	answerTime = 30 * time.Second
	maxAnswer  = 8 << 20 // a page of 100 movements with their charges is below 1 MB
)

// New returns a Provider. A key or an address that cannot be one is Invalid.
func New(o Options) (*Provider, error) {
	no := func(field, why string) error { return fail.Field("stripe.New", field, "%s", why) }
	if !strings.HasPrefix(o.Key, "sk_") && !strings.HasPrefix(o.Key, "rk_") {
		return nil, no("key", "it does not begin with sk_ or rk_")
	}
	for _, s := range o.Secrets {
		if !strings.HasPrefix(s, "whsec_") {
			return nil, no("secrets", "one does not begin with whsec_")
		}
	}
	for field, at := range map[string]*string{"url": &o.URL, "uploads": &o.Uploads} {
		if *at == "" {
			*at = map[string]string{"url": stripe.APIURL, "uploads": stripe.UploadsURL}[field]
		}
		if u, err := url.Parse(*at); err != nil || u.Host == "" || u.User != nil || u.Scheme != "https" && u.Scheme != "http" {
			return nil, no(field, "it is no address of a server")
		}
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
	return &Provider{o, o.backend(stripe.APIBackend, o.URL), o.backend(stripe.UploadsBackend, o.Uploads)}, nil
}

// get asks for an object; q may be nil.
func (p *Provider) get(ctx context.Context, path string, q stripe.ParamsContainer, out stripe.LastResponseSetter) error {
	return p.send(ctx, http.MethodGet, path, q, out)
}

// post changes something; q may be nil.
func (p *Provider) post(ctx context.Context, path string, q stripe.ParamsContainer, out stripe.LastResponseSetter) error {
	return p.send(ctx, http.MethodPost, path, q, out)
}

func (p *Provider) send(ctx context.Context, method, path string, q stripe.ParamsContainer, out stripe.LastResponseSetter) error {
	if q == nil {
		q = &stripe.Params{}
	}
	q.GetParams().Context = ctx
	return p.api.Call(method, path, p.o.Key, q, out)
}

// page is a part of a list, the newest first.
type page[T any] struct {
	stripe.APIResource
	HasMore bool `json:"has_more"`
	Data    []*T `json:"data"`
}

// list asks for a page of a list.
func list[T any](ctx context.Context, p *Provider, path string, q any) (*page[T], error) {
	values, out := &form.Values{}, &page[T]{}
	form.AppendTo(values, q)
	err := p.api.CallRaw(http.MethodGet, path, p.o.Key, []byte(values.Encode()), &stripe.Params{Context: ctx}, out)
	out.Data = slices.DeleteFunc(out.Data, func(o *T) bool { return o == nil })
	return out, err
}

// backend is the library's own, kept from logging, from repeating calls on its
// own account and from reading without end.
func (o Options) backend(kind stripe.SupportedBackend, address string) stripe.Backend {
	client := *o.Client
	client.Transport = &transport{client.Transport, o.Log}
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &backend{stripe.GetBackendWithConfig(kind, &stripe.BackendConfig{
		URL: &address, HTTPClient: &client, EnableTelemetry: stripe.Bool(false), MaxNetworkRetries: stripe.Int64(0),
		LeveledLogger: &stripe.LeveledLogger{Level: stripe.LevelNull},
	})}
}

// transport bounds answers and notes calls.
type transport struct {
	next http.RoundTripper
	log  *slog.Logger
}

func (t *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	next, began := t.next, time.Now()
	if next == nil {
		next = http.DefaultTransport
	}
	a, err := next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	t.log.DebugContext(r.Context(), "stripe", "method", r.Method, "path", r.URL.Path, "status", a.StatusCode,
		"request", a.Header.Get("Request-Id"), "took", time.Since(began))
	a.Body = bounded{io.LimitReader(a.Body, maxAnswer), a.Body}
	return a, nil
}

type bounded struct {
	io.Reader
	io.Closer
}

// backend repeats what Stripe put off for an instant, and gives failures their kind.
type backend struct{ stripe.Backend }

func (b *backend) Call(method, path, key string, params stripe.ParamsContainer, v stripe.LastResponseSetter) error {
	return settle(contextOf(params), func() error { return b.Backend.Call(method, path, key, params, v) })
}

func (b *backend) CallRaw(method, path, key string, body []byte, params *stripe.Params, v stripe.LastResponseSetter) error {
	return settle(contextOf(params), func() error { return b.Backend.CallRaw(method, path, key, body, params, v) })
}

func (b *backend) CallMultipart(method, path, key, boundary string, body *bytes.Buffer, params *stripe.Params, v stripe.LastResponseSetter) error {
	return settle(contextOf(params), func() error {
		return b.Backend.CallMultipart(method, path, key, boundary, body, params, v)
	})
}

func contextOf(p stripe.ParamsContainer) context.Context {
	if p != nil && p.GetParams() != nil && p.GetParams().Context != nil {
		return p.GetParams().Context
	}
	return context.Background()
}

// patience is how often and how long it waits for another call that holds the
// same object or key: 0.1, 0.2, 0.4 and 0.8 s.
const patience = 4

func settle(ctx context.Context, call func() error) error {
	for n := 0; ; n++ {
		err := call()
		var e *stripe.Error
		again := errors.As(err, &e) && (e.Code == stripe.ErrorCodeLockTimeout || e.Code == stripe.ErrorCodeIdempotencyKeyInUse)
		if !again || n == patience {
			return explain(ctx, err)
		}
		select {
		case <-ctx.Done():
			return explain(ctx, ctx.Err())
		case <-time.After(100 * time.Millisecond << n):
		}
	}
}
