package app

import (
	"cmp"
	"context"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"chargewright/base/fail"
	"chargewright/base/origin"
	"chargewright/base/outbox"
	"chargewright/base/store"
	"chargewright/core/access"
	"chargewright/core/billing"
	"chargewright/core/brake"
	"chargewright/core/device"
	"chargewright/core/driver"
	"chargewright/core/payment"
	"chargewright/core/station"
	"chargewright/edge/api"
	"chargewright/edge/pay"
	"chargewright/plug/mollie"
	"chargewright/plug/simpay"
	"chargewright/plug/stripe"
)

// PayConfig is what concerns providers of payments. Keys are better in files.
type PayConfig struct {
	PayBy                string   `name:"pay-by" help:"Provider whose pages people pay on: stripe, mollie or simpay (default: the only one that is configured)." placeholder:"NAME"`
	StripeKey            string   `name:"stripe-key" help:"Secret key of Stripe, sk_… or rk_…." placeholder:"KEY"`
	StripeKeyFile        string   `name:"stripe-key-file" help:"File with it." placeholder:"FILE"`
	StripeWebhookSecrets []string `name:"stripe-webhook-secrets" help:"Signing secrets of Stripe's webhook to PUBLIC-URL/pay/hook/stripe; two while they are changed." placeholder:"SECRET"`
	MollieKey            string   `name:"mollie-key" help:"API key of Mollie, live_… or test_…." placeholder:"KEY"`
	MollieKeyFile        string   `name:"mollie-key-file" help:"File with it." placeholder:"FILE"`
	MollieReports        string   `name:"mollie-reports" help:"Organization access token of Mollie with balances.read, for reconciliation." placeholder:"TOKEN"`
	MollieWebhookSecrets []string `name:"mollie-webhook-secrets" help:"Secrets in the address of Mollie's webhook; 16 characters at least." placeholder:"SECRET"`
	Simpay               bool     `help:"Pay with a simulated provider that moves no money. For demonstrations and tests."`
}

// secretOf is a secret given as it is or in a file.
func secretOf(name, value, file string) (string, error) {
	if file == "" {
		return value, nil
	}
	if value != "" {
		return "", fail.Field("config", name+"-file", "%s is given twice", name)
	}
	b, err := os.ReadFile(file)
	if err != nil {
		return "", fail.Field("config", name+"-file", "%v", err)
	}
	return strings.TrimSpace(string(b)), nil
}

// till is what takes money: the providers, and what works with them.
type till struct {
	providers payment.Providers
	by        string // whose pages people pay on; "" while none is configured
	sim       *simpay.Sim
	runner    *outbox.Runner // waits for providers and stations
	telling   chan struct{}  // a place for each station that is told that somebody pays
}

// Where the simulated provider is, and where providers call.
const (
	simPath  = "/simpay"
	hookPath = "/pay/hook/"
)

// simReaders are the card readers of the simulated provider.
var simReaders = []string{"sim_reader_1", "sim_reader_2", "sim_reader_3"}

// tillsAtOnce bounds the calls to providers and stations that wait at one time.
const tillsAtOnce = 16

// openTill makes the providers of the configuration.
func (s *Server) openTill() error {
	t := &till{providers: payment.Providers{}, telling: make(chan struct{}, beginsAtOnce)}
	c := s.cfg.PayConfig
	key, err := secretOf("stripe-key", c.StripeKey, c.StripeKeyFile)
	if err != nil {
		return err
	}
	if key != "" {
		if t.providers["stripe"], err = stripe.New(stripe.Options{Key: key, Secrets: c.StripeWebhookSecrets, Log: s.log}); err != nil {
			return err
		}
	}
	if key, err = secretOf("mollie-key", c.MollieKey, c.MollieKeyFile); err != nil {
		return err
	}
	if key != "" {
		o := mollie.Options{Key: key, Reports: c.MollieReports, Secrets: c.MollieWebhookSecrets, Log: s.log}
		if len(o.Secrets) > 0 && s.cfg.PublicURL != "" {
			o.Hook = strings.TrimSuffix(s.cfg.PublicURL, "/") + hookPath + "mollie"
		}
		if t.providers["mollie"], err = mollie.New(o); err != nil {
			return err
		}
	}
	if c.Simpay {
		if t.sim, err = s.simulatedProvider(); err != nil {
			return err
		}
		t.providers["simpay"] = t.sim
	}
	if t.by = c.PayBy; t.by == "" && len(t.providers) == 1 {
		for name := range t.providers {
			t.by = name
		}
	}
	if t.by != "" && t.providers[t.by] == nil {
		return fail.Field("config", "pay-by", "the provider %q is not configured", t.by)
	}
	if t.by == "" && len(t.providers) > 1 {
		return fail.Field("config", "pay-by", "there are several providers; name the one whose pages people pay on")
	}
	s.till = t
	t.runner = outbox.New(s.DB, s.tillHandlers(), outbox.Options{Log: s.log, Workers: tillsAtOnce})
	return nil
}

// simulatedProvider is reached at this server's own address.
func (s *Server) simulatedProvider() (*simpay.Sim, error) {
	base := s.cfg.base(s.cfg.Listen)
	return simpay.New(simpay.Options{
		Base: base + simPath, Webhook: base + hookPath + "simpay", Secrets: []string{string(s.Keys.Derive("simpay"))},
		Readers: simReaders, File: filepath.Join(s.cfg.DataDir, "simpay.json"), Log: s.log,
	})
}

// tillHandlers is the table of who works on the events that wait for others.
func (s *Server) tillHandlers() map[string]outbox.Handler {
	h := payment.Handlers(s.DB, s.till.providers, s.backToApp)
	h[payment.TopicExpiring] = s.holdEnds
	h[billing.TopicGuestStart] = s.startGuest
	return h
}

// backToApp is the page of the driver's app that says what became of a payment.
func (s *Server) backToApp(payment string) string {
	return s.cfg.base(s.address()) + "/app/wallet?payment=" + payment
}

// paid steps what a payment is for.
func (s *Server) paid(ctx context.Context, e outbox.Event) error {
	claim, err := store.Do(ctx, s.DB, "payment/"+e.Key, func(tx *store.Tx) (string, error) {
		claim, err := billing.AskedBy(tx, e.Key) // what it is now may be asked by another payment next
		if err != nil {
			return "", err
		}
		return claim, billing.Changed(tx, e.Key)
	})
	s.Live.Publish(api.TopicPayment, []byte(e.Key))
	if claim != "" {
		s.Live.Publish(api.TopicClaim, []byte(claim))
	}
	return err
}

func (s *Server) dun(ctx context.Context, e outbox.Event) error {
	_, err := store.Do(ctx, s.DB, "claim/"+e.Key, func(tx *store.Tx) (struct{}, error) { return struct{}{}, billing.Dun(tx, e.Key) })
	s.Live.Publish(api.TopicClaim, []byte(e.Key))
	return err
}

func (s *Server) guestLate(ctx context.Context, e outbox.Event) error {
	_, err := store.Do(ctx, s.DB, "guest/"+e.Key, func(tx *store.Tx) (struct{}, error) { return struct{}{}, billing.GuestLate(tx, e.Key) })
	return err
}

func (s *Server) settlementLate(ctx context.Context, e outbox.Event) error {
	_, err := store.Do(ctx, s.DB, "settlement/"+e.Key, func(tx *store.Tx) (struct{}, error) { return struct{}{}, billing.SettlementLate(tx, e.Key) })
	return err
}

func (s *Server) terminalLate(ctx context.Context, e outbox.Event) error {
	_, err := store.Do(ctx, s.DB, "claim/"+e.Key, func(tx *store.Tx) (struct{}, error) { return struct{}{}, billing.TerminalLate(tx, e.Key) })
	return err
}

// startGuest asks the station of a guest who has paid, and records what it says. A
// station that does not answer in time may still have heard: then time decides.
func (s *Server) startGuest(ctx context.Context, e outbox.Event) error {
	g, err := store.Read(ctx, s.DB, func(tx *store.Tx) (driver.Guest, error) {
		g, _, err := driver.FindGuest(tx, e.Key)
		return g, err
	})
	if err != nil || g.State != driver.GuestAsking {
		return err
	}
	cctx, cancel := context.WithTimeout(device.WithActor(ctx, g.ID), driver.AskTime)
	o, err := s.commands.Command(cctx, g.Station, device.RemoteStart{EVSE: g.EVSE, Token: device.Token{UID: g.Token, Type: "Central"}, StartID: g.Number})
	cancel()
	if fail.Is(err, fail.Timeout) || ctx.Err() != nil {
		return ctx.Err()
	}
	reason := ""
	switch {
	case err != nil:
		reason = fail.Say(err)
	case !o.Status.OK():
		reason = "the charger answered “" + cmp.Or(o.Word, string(o.Status)) + "”"
	}
	_, err = store.Do(ctx, s.DB, "guest/"+g.ID, func(tx *store.Tx) (struct{}, error) {
		return struct{}{}, billing.GuestAnswered(tx, g.ID, reason == "", reason)
	})
	return err
}

func (s *Server) holdEnds(ctx context.Context, e outbox.Event) error {
	stop, err := store.Do(ctx, s.DB, "payment/"+e.Key, func(tx *store.Tx) (*billing.Stop, error) { return billing.Expiring(tx, e.Key) })
	if err == nil && stop != nil {
		s.stopFor(ctx, *stop)
	}
	return err
}

// stopFor asks a station to stop a session.
func (s *Server) stopFor(ctx context.Context, x billing.Stop) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	if o, err := s.commands.Command(ctx, x.Station, device.RemoteStop{Transaction: x.Transaction}); err != nil || !o.Status.OK() {
		s.log.WarnContext(ctx, "a session that should stop was not stopped", "station", x.Station, "session", x.Session, "why", x.Reason, "word", o.Word, "err", err)
	}
}

// The intervals of what the till looks after by itself.
const (
	spendEvery  = 15 * time.Second
	sweepEvery  = 30 * time.Second
	reportEvery = 6 * time.Hour
)

// mind runs what the till does by itself, until ctx ends. Without a provider there
// are no payments to look after: months are closed all the same.
func (s *Server) mind(ctx context.Context) {
	if s.till.sim != nil {
		go s.till.sim.Run(ctx)
	}
	go func() {
		if err := s.till.runner.Run(ctx); err != nil && ctx.Err() == nil {
			s.log.Error("payments are not worked on", "err", err)
		}
	}()
	spend, sweep, report := time.NewTicker(spendEvery), time.NewTicker(sweepEvery), time.NewTicker(reportEvery)
	defer spend.Stop()
	defer sweep.Stop()
	defer report.Stop()
	if len(s.till.providers) == 0 {
		spend.Stop()
		sweep.Stop()
	}
	s.reconcile(ctx)
	s.closeMonth(ctx)
	for {
		select {
		case <-ctx.Done():
			return
		case <-spend.C:
			s.limitGuests(ctx)
		case <-sweep.C:
			if err := payment.Sweep(ctx, s.DB, s.till.providers); err != nil && ctx.Err() == nil {
				s.log.WarnContext(ctx, "a payment provider does not answer", "err", err)
			}
		case <-report.C:
			s.reconcile(ctx)
			s.closeMonth(ctx)
		}
	}
}

// closeMonth issues the statements of the month that is over, and forgets what was
// kept long enough.
func (s *Server) closeMonth(ctx context.Context) {
	if _, err := billing.Statements(ctx, s.DB, time.Now()); err != nil && ctx.Err() == nil {
		s.log.ErrorContext(ctx, "statements were not issued", "err", err)
	}
	_, err := store.Do(ctx, s.DB, "payment/forget", func(tx *store.Tx) (struct{}, error) {
		payment.Forget(tx)
		brake.Forget(tx)
		device.ForgetQR(tx)
		return struct{}{}, nil
	})
	if err != nil && ctx.Err() == nil {
		s.log.ErrorContext(ctx, "what is over its term was not forgotten", "err", err)
	}
}

// limitGuests stops the sessions of guests before their hold is used up.
func (s *Server) limitGuests(ctx context.Context) {
	stops, err := store.Read(ctx, s.DB, billing.Overspending)
	if err != nil {
		if ctx.Err() == nil {
			s.log.ErrorContext(ctx, "what guests spend is not known", "err", err)
		}
		return
	}
	for _, x := range stops {
		if x.Limit != "" {
			if err := s.limitReached(ctx, x); err != nil {
				s.log.WarnContext(ctx, "which limit ends a session was not written down", "session", x.Session, "err", err)
			}
		}
		go s.stopFor(ctx, x)
	}
}

func (s *Server) limitReached(ctx context.Context, x billing.Stop) error {
	_, err := store.Do(ctx, s.DB, x.Station, func(tx *store.Tx) (struct{}, error) {
		driver.GuestReached(tx, x.Session, x.Limit)
		return struct{}{}, nil
	})
	return err
}

// reconcile takes over what the providers report of our balance.
func (s *Server) reconcile(ctx context.Context) {
	for _, name := range (tillFace{s}).Names() {
		_, err := payment.Import(ctx, s.DB, s.till.providers, name, payment.Books{Tenant: access.DefaultTenant, Entity: access.DefaultEntity})
		if err != nil && ctx.Err() == nil {
			s.log.WarnContext(ctx, "the movements at a payment provider could not be read", "provider", name, "err", err)
		}
	}
}

// tillFace is what the interface for people asks of the providers.
type tillFace struct{ s *Server }

func (f tillFace) Names() []string {
	return slices.Sorted(maps.Keys(f.s.till.providers))
}

func (f tillFace) Pages() string { return f.s.till.by }

func (f tillFace) Readers() []string {
	return slices.DeleteFunc(f.Names(), func(name string) bool { _, ok := f.s.till.providers[name].(payment.Readers); return !ok })
}

// Ask waits for who asks already, as the worker on the events may: the buyer wants
// to go on to the page.
func (f tillFace) Ask(ctx context.Context, id string) error {
	steps, err := store.Read(ctx, f.s.DB, func(tx *store.Tx) ([]payment.Step, error) { return payment.Steps(tx, id) })
	if err != nil || len(steps) == 0 {
		return err
	}
	if err := payment.Run(ctx, f.s.DB, f.s.till.providers, f.s.backToApp, steps[0].ID); err != nil {
		return err
	}
	for range askedFor / askedEach {
		p, err := store.Read(ctx, f.s.DB, func(tx *store.Tx) (payment.Payment, error) { p, _, err := payment.Find(tx, id); return p, err })
		if err != nil || p.Status != payment.Planned {
			return err
		}
		if err := pauseFor(ctx, askedEach); err != nil {
			return err
		}
	}
	return nil
}

const (
	askedFor  = 5 * time.Second
	askedEach = 50 * time.Millisecond
)

func (f tillFace) Look(ctx context.Context, p payment.Payment) error {
	_, err := payment.Learn(ctx, f.s.DB, f.s.till.providers, p.Provider, payment.Query{Payment: p.ID, Ref: p.Ref})
	return err
}

func (f tillFace) Clear(ctx context.Context, sc access.Scope, id string) error {
	return payment.Clear(ctx, f.s.DB, f.s.till.providers, sc, id)
}

func (f tillFace) Contest(ctx context.Context, sc access.Scope, dispute string, e payment.Evidence) error {
	return payment.Contest(ctx, f.s.DB, f.s.till.providers, sc, dispute, e)
}

// guestPages are the pages of those who charge without an account.
func (s *Server) guestPages(proxies origin.Proxies) http.Handler {
	return pay.New(pay.Options{
		DB: s.DB, Provider: s.till.by, Readers: tillFace{s}.Readers(), Proxies: proxies, Key: s.Keys.Derive("guest address"), Log: s.log,
		Base: func() string { return s.cfg.base(s.address()) },
		Ask:  tillFace{s}.Ask, Look: tillFace{s}.Look, PDF: s.desk.PDF,
		Seals: s.Keys.Sealer(device.QRVault), Begun: s.paymentBegun,
		Stop: func(ctx context.Context, station, transaction string) error {
			o, err := s.commands.Command(ctx, station, device.RemoteStop{Transaction: transaction})
			if err == nil && !o.Status.OK() {
				err = fail.New(fail.Conflict, "app.stop", "the charger answered %q", cmp.Or(o.Word, string(o.Status)))
			}
			return err
		},
	})
}

// beginsAtOnce bounds the stations that are told at one time that somebody pays.
const beginsAtOnce = 32

// paymentBegun tells a 2.1 station that shows dynamic codes that somebody pays for
// an EVSE (C25.FR.21): it shows no code there meanwhile. Others are told nothing.
func (s *Server) paymentBegun(at string, evse int64) {
	select {
	case s.till.telling <- struct{}{}:
	default:
		return
	}
	go func() {
		defer func() { <-s.till.telling }()
		ctx, cancel := context.WithTimeout(device.WithActor(context.Background(), "pay"), 15*time.Second)
		defer cancel()
		shows, err := store.Read(ctx, s.DB, func(tx *store.Tx) (bool, error) {
			st, found, err := station.Find(tx, at)
			if err != nil || !found || st.Protocol != "2.1" || !st.Connected {
				return false, err
			}
			d, _, err := device.At(tx, at)
			if err != nil {
				return false, err
			}
			q, err := device.QROf(tx, d.ID, evse)
			return q.Works(), err
		})
		if err == nil && shows {
			_, err = s.commands.Command(ctx, at, device.WebPaymentStarted{EVSE: evse, Timeout: int64(driver.PayTime / time.Second)})
		}
		if err != nil {
			s.log.WarnContext(ctx, "a station was not told that somebody pays", "station", at, "evse", evse, "err", err)
		}
	}()
}

// hook takes the calls of providers. They are told nothing but that they arrived.
func (s *Server) hook(w http.ResponseWriter, r *http.Request) {
	_, err := payment.Receive(r.Context(), s.DB, s.till.providers, r.PathValue("provider"), func(name string) string {
		if name == ":path" {
			return r.URL.RequestURI()
		}
		return r.Header.Get(name)
	}, r.Body)
	code := http.StatusOK
	switch {
	case err == nil:
	case fail.Is(err, fail.NotFound):
		code = http.StatusNotFound
	case fail.Is(err, fail.Denied):
		code = http.StatusForbidden
	case fail.Is(err, fail.Invalid):
		code = http.StatusBadRequest
	default:
		s.log.ErrorContext(r.Context(), "a call of a payment provider could not be taken", "provider", r.PathValue("provider"), "err", err)
		code = http.StatusServiceUnavailable
	}
	w.WriteHeader(code)
}
