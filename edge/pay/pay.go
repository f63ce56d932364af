package pay

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"html/template"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/language"

	"chargewright/base/fail"
	"chargewright/base/money"
	"chargewright/base/origin"
	"chargewright/base/secret"
	"chargewright/base/store"
	"chargewright/core/access"
	"chargewright/core/billing"
	"chargewright/core/brake"
	"chargewright/core/driver"
	"chargewright/core/payment"
	"chargewright/core/tariff"
)

// Options are what the pages need of the server.
type Options struct {
	DB       *store.DB
	Provider string        // whose pages guests pay on; "" while none is configured
	Readers  []string      // providers that have card readers
	Base     func() string // where people reach the server, without a slash at the end
	Proxies  origin.Proxies
	Key      []byte // makes digests of addresses
	Log      *slog.Logger
	// Ask has a planned payment asked of its provider now.
	Ask func(ctx context.Context, payment string) error
	// Look asks the provider what a payment has become.
	Look func(ctx context.Context, p payment.Payment) error
	// PDF, if set, prints a document.
	PDF   func(ctx context.Context, d billing.Document, language, link string) ([]byte, error)
	Seals secret.Sealer // of the secrets of dynamic codes
	// Begun tells a station that somebody at an EVSE is about to pay. It must not block.
	Begun func(station string, evse int64)
	// Stop asks a station to stop a transaction.
	Stop func(ctx context.Context, station, transaction string) error
}

type server struct {
	Options
	guesses origin.Limiter // by address, of short secrets that nobody has
}

//go:embed page.html style.css
var files embed.FS

var pages = template.Must(template.New("page.html").Funcs(template.FuncMap{
	"lines": func(s string) []string { return strings.Split(s, "\n") },
}).ParseFS(files, "page.html"))

// New returns the handler of /pay and /r/.
func New(o Options) http.Handler {
	s := &server{Options: o, guesses: origin.Limiter{Rate: guessRate, Burst: guessBurst}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /pay", s.find)
	mux.HandleFunc("GET /pay/{$}", s.find)
	mux.HandleFunc("GET /pay/style.css", s.style)
	mux.HandleFunc("GET /pay/{code}", s.charger)
	mux.HandleFunc("POST /pay/{code}", s.order)
	mux.HandleFunc("GET /pay/q/{version}/{station}/{evse}/{code}", s.scan)
	mux.HandleFunc("GET /pay/t/{secret}", s.atTerminal)
	mux.HandleFunc("GET /pay/at/{screen}", s.bays)
	mux.HandleFunc("GET /pay/at/{screen}/e/{code}", s.bay)
	mux.HandleFunc("POST /pay/at/{screen}/e/{code}", s.begin)
	mux.HandleFunc("GET /pay/at/{screen}/v/{secret}", s.beside)
	mux.HandleFunc("POST /pay/at/{screen}/v/{secret}/leave", s.leave)
	mux.HandleFunc("GET "+shortPath+"{secret}", s.short)
	mux.HandleFunc("GET /pay/v/{secret}", s.visit)
	mux.HandleFunc("POST /pay/v/{secret}/stop", s.stop)
	if o.PDF != nil {
		mux.HandleFunc("GET /pay/v/{secret}/receipt.pdf", s.receipt)
	}
	return guarded(mux)
}

// policy lets the pages load their own style and images, and send people to the
// page of the provider.
const policy = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self' https:; base-uri 'none'; frame-ancestors 'none'"

func guarded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer") // the address of a visit is a secret
		h.Set("Cache-Control", "no-store")
		r.Body = http.MaxBytesReader(w, r.Body, 16<<10)
		next.ServeHTTP(w, r)
	})
}

func (s *server) style(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "public, max-age=3600")
	http.ServeFileFS(w, r, files, "style.css")
}

var matcher = language.NewMatcher([]language.Tag{language.English, language.German})

// tongue is the language a guest is spoken to in.
func tongue(r *http.Request, own string) string {
	_, i := language.MatchStrings(matcher, r.FormValue("lang"), own, r.Header.Get("Accept-Language"))
	return []string{"en", "de"}[i]
}

// view is all that the page shows.
type view struct {
	T       words
	Lang    string
	Brand   access.Brand
	Logo    bool
	Title   string
	Refresh int    // seconds; 0: the page stays as it is
	Next    string // where it goes then; "": it looks again
	Screen  *screen
	Find    bool
	Problem string
	Charger *charger
	Visit   *visit
	Back    string // to another charger, or a new attempt
}

type charger struct {
	Code, Site, Address, Number, ContractID string
	Power                                   string
	Plugs                                   []string
	Price                                   string
	Tax                                     string // what the prices are, with it or without
	Details                                 []string
	Hold                                    string
	Blocked                                 string
	Notice                                  string // why the last try came to nothing
	Version                                 string
	Limits                                  *limits // nil where nobody can pay
	Problem                                 string  // why it does not go on yet
	Email                                   string
}

type visit struct {
	State   driver.GuestState
	Word    string
	Note    string
	Site    string
	Number  string
	Words   string
	Hold    string
	Energy  string
	Cost    string
	Lasting string
	Percent int    // of the hold
	Limits  string // at which it stops, "" for none
	Ended   string // the limit that ended it
	CanStop bool
	Stopped bool // it ended; the price is not final yet
	Secret  string
	Lines   []line
	Taxes   []line
	Total   string
	Paid    string
	Receipt string
	PDF     bool // the receipt is there as a file
}

type line struct{ What, Quantity, Price, Amount string }

func (s *server) show(w http.ResponseWriter, r *http.Request, code int, v view) {
	b, err := store.Read(r.Context(), s.DB, func(tx *store.Tx) (access.Brand, error) { return access.GetBrand(tx, access.DefaultTenant) })
	if err != nil {
		s.Log.ErrorContext(r.Context(), "a guest's page could not be made", "err", err)
	}
	v.Brand, v.Logo = b, len(b.Logo.Bytes) > 0
	var out bytes.Buffer
	if err := pages.Execute(&out, v); err != nil {
		s.Log.ErrorContext(r.Context(), "a guest's page could not be made", "err", err)
		http.Error(w, "the page could not be made", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(code)
	out.WriteTo(w) //nolint:errcheck // the guest has gone
}

// trouble shows why something is not there.
func (s *server) trouble(w http.ResponseWriter, r *http.Request, lang string, err error, back string) {
	t := vocabulary[lang]
	code, text := http.StatusInternalServerError, t.Broken
	switch {
	case fail.Is(err, fail.NotFound) && r.PathValue("secret") != "":
		code, text = http.StatusNotFound, t.NoVisit
	case fail.Is(err, fail.NotFound):
		code, text = http.StatusNotFound, t.NoCharger
	case fail.Is(err, fail.Conflict):
		code, text = http.StatusConflict, t.SomebodyElse
	case fail.Is(err, fail.Busy):
		code, text = http.StatusTooManyRequests, t.TooOften
	case fail.Is(err, fail.Invalid):
		code, text = http.StatusUnprocessableEntity, fail.Say(err)
	default:
		s.Log.ErrorContext(r.Context(), "a guest was not served", "path", r.Pattern, "err", err)
	}
	s.show(w, r, code, view{T: t, Lang: lang, Title: t.Pay, Problem: text, Back: back})
}

func (s *server) find(w http.ResponseWriter, r *http.Request) {
	lang := tongue(r, "")
	if code := strings.TrimSpace(r.FormValue("code")); code != "" {
		http.Redirect(w, r, "/pay/"+url.PathEscape(code), http.StatusSeeOther)
		return
	}
	s.show(w, r, http.StatusOK, view{T: vocabulary[lang], Lang: lang, Title: vocabulary[lang].Pay, Find: true})
}

// place is a charger with the price that holds there for a guest.
type place struct{ billing.AdHoc }

func readPlace(tx *store.Tx, code string) (place, error) {
	a, err := billing.AdHocByCode(tx, access.DefaultTenant, code)
	return place{a}, err
}

func (p place) view(t words, lang, provider, code string, w wish) *charger {
	c := &charger{
		Code: code, Site: p.Site.Name, Address: strings.Trim(p.Site.Address+", "+strings.TrimSpace(p.Site.PostalCode+" "+p.Site.City), ", "),
		Number: p.Bay.Number, ContractID: p.Bay.ContractID, Version: p.Bound.Version,
	}
	if p.Bay.MaxPowerW > 0 {
		c.Power = t.number(money.FormatDecimal(p.Bay.MaxPowerW, 3, 0)) + " kW"
	}
	for _, x := range p.Plugs {
		if x.Standard != "" {
			c.Plugs = append(c.Plugs, plugName(x.Standard))
		}
	}
	word, _ := p.Bay.Blocked()
	switch {
	case provider == "":
		c.Blocked = t.NoProvider
	case p.Price == nil:
		c.Blocked = t.NoPrice
	case word != "":
		c.Blocked = t.Blocked[word]
	case p.Taken:
		c.Blocked = t.SomebodyElse
	}
	if p.Price != nil {
		c.Price, c.Details = tariff.Sentence(p.Price, lang), tariff.Details(p.Price, lang)
		c.Tax = t.Taxes[tariff.TaxSaid(p.Price)]
		c.Hold, c.Limits = t.amount(w.hold(p), money.Currency(p.Bound.Currency)), w.view(p, t)
	}
	return c
}

func (s *server) charger(w http.ResponseWriter, r *http.Request) {
	lang := tongue(r, "")
	t := vocabulary[lang]
	p, err := store.Read(r.Context(), s.DB, func(tx *store.Tx) (place, error) { return readPlace(tx, r.PathValue("code")) })
	if err != nil {
		s.trouble(w, r, lang, err, "/pay")
		return
	}
	s.show(w, r, http.StatusOK, view{T: t, Lang: lang, Title: p.Site.Name, Charger: p.view(t, lang, s.Provider, r.PathValue("code"), wishAsked(r.URL.Query(), p, t))})
}

// remote is a digest of the address a guest comes from.
func (s *server) remote(r *http.Request) string {
	m := hmac.New(sha256.New, s.Key)
	m.Write([]byte(s.Proxies.Of(r)))
	return hex.EncodeToString(m.Sum(nil)[:16])
}

// order accepts the price that was shown and sends the guest to pay.
func (s *server) order(w http.ResponseWriter, r *http.Request) {
	lang, code := tongue(r, ""), r.PathValue("code")
	t := vocabulary[lang]
	here := "/pay/" + url.PathEscape(code)
	type made struct {
		changed *charger
		asks    bool // they only want to see what their limits mean
		blocked *brake.Block
		title   string
		guest   driver.Guest
		pay     payment.Payment
		secret  string
	}
	if err := r.ParseForm(); err != nil {
		s.trouble(w, r, lang, fail.New(fail.Invalid, "pay.order", "the form cannot be read"), here)
		return
	}
	m, err := store.Do(r.Context(), s.DB, "pay/"+code, func(tx *store.Tx) (m made, err error) {
		p, err := readPlace(tx, code)
		if err != nil {
			return m, err
		}
		wish := wishTyped(r.PostForm, p, t)
		c := p.view(t, lang, s.Provider, code, wish)
		if m.title = p.Site.Name; c.Blocked != "" || r.PostFormValue("version") != p.Bound.Version {
			if c.Blocked == "" {
				c.Blocked = t.PriceChanged
			}
			m.changed = c
			return m, nil
		}
		if c.Problem = wish.unready(r.PostForm, p, t); c.Problem != "" {
			c.Email, m.changed = cut(r.PostFormValue("email"), 254), c
			m.asks = r.PostForm.Has(showLimits) && len(wish.problem) == 0
			return m, nil
		}
		if m.blocked, err = billing.BrakeGuests(tx, access.DefaultTenant, p.Bay.Station, p.Bay.EVSE.EVSE, s.remote(r)); err != nil || m.blocked != nil {
			return m, err
		}
		email := strings.TrimSpace(r.PostFormValue("email"))
		if email != "" {
			if email, err = driver.Email(email); err != nil {
				return m, err
			}
		}
		m.guest, m.pay, m.secret, err = billing.Visit(tx, billing.VisitOrder{
			Guest: driver.Guest{
				Tenant: access.DefaultTenant, Station: p.Bay.Station, EVSE: p.Bay.EVSE.EVSE, Hold: wish.hold(p), Email: email, Remote: s.remote(r),
				Offer: p.Offer(lang), Limits: wish.limits, Asked: wish.asked,
			},
			Provider: s.Provider, Text: cut(t.Charging+" "+p.Site.Name, 100), Return: func(secret string) string { return s.Base() + "/pay/v/" + secret },
		})
		return m, err
	})
	switch {
	case err != nil:
		s.trouble(w, r, lang, err, here)
		return
	case m.blocked != nil:
		w.Header().Set("Retry-After", strconv.FormatInt(int64(time.Until(m.blocked.Until)/time.Second)+1, 10))
		s.show(w, r, http.StatusTooManyRequests, view{T: t, Lang: lang, Title: m.title, Problem: m.blocked.Reason.Words(lang), Back: here})
		return
	case m.changed != nil:
		answer := http.StatusConflict
		if m.asks {
			answer = http.StatusOK
		}
		s.show(w, r, answer, view{T: t, Lang: lang, Title: m.title, Charger: m.changed})
		return
	}
	s.Begun(m.guest.Station, m.guest.EVSE)
	if err := s.Ask(r.Context(), m.pay.ID); err != nil {
		s.Log.WarnContext(r.Context(), "a payment provider does not answer", "payment", m.pay.ID, "err", err)
	}
	p, err := store.Read(r.Context(), s.DB, func(tx *store.Tx) (payment.Payment, error) { p, _, err := payment.Find(tx, m.pay.ID); return p, err })
	if err != nil || p.URL == "" { // their own page goes on from here
		http.Redirect(w, r, "/pay/v/"+m.secret, http.StatusSeeOther)
		return
	}
	http.Redirect(w, r, p.URL, http.StatusSeeOther)
}

func cut(s string, n int) string {
	s = strings.NewReplacer("\r", " ", "\n", " ").Replace(s)
	if r := []rune(s); len(r) > n {
		return string(r[:n])
	}
	return s
}

// stop asks the station to stop; that it did is seen by the session.
func (s *server) stop(w http.ResponseWriter, r *http.Request) {
	secret := r.PathValue("secret")
	f, err := s.open(r)
	row := f.session
	if err == nil && row.ID != "" && row.State.Open() {
		err = s.Stop(r.Context(), row.Station, row.Tx)
	}
	if err != nil && !fail.Is(err, fail.NotFound) {
		s.Log.WarnContext(r.Context(), "a guest's session was not stopped", "session", row.ID, "err", err)
		http.Redirect(w, r, "/pay/v/"+url.PathEscape(secret)+"?stop=failed", http.StatusSeeOther)
		return
	}
	http.Redirect(w, r, "/pay/v/"+url.PathEscape(secret)+"?stop=asked", http.StatusSeeOther)
}
