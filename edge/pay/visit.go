package pay

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"chargewright/base/fail"
	"chargewright/base/money"
	"chargewright/base/store"
	"chargewright/core/access"
	"chargewright/core/billing"
	"chargewright/core/driver"
	"chargewright/core/payment"
	"chargewright/core/session"
	"chargewright/core/station"
)

// follow is a visit as it stands.
type follow struct {
	guest   driver.Guest
	pay     payment.Payment
	site    station.Site
	number  string // of the EVSE, as people know it
	session session.Session
	priced  billing.Priced
	receipt *billing.Document
}

func readVisit(tx *store.Tx, secret string) (f follow, err error) {
	g, found, err := driver.GuestBySecret(tx, secret)
	if err == nil && !found {
		err = fail.New(fail.NotFound, "pay.readVisit", "there is no such visit")
	}
	if err != nil {
		return f, err
	}
	f.guest = g
	if f.pay, _, err = payment.Find(tx, g.Payment); err != nil {
		return f, err
	}
	e, err := station.ByCode(tx, g.Tenant, g.Station+":"+strconv.FormatInt(g.EVSE, 10))
	if err != nil && !fail.Is(err, fail.NotFound) {
		return f, err
	}
	f.number = e.Number
	if f.site, err = station.SiteOf(tx, g.Station); err != nil || g.Session == "" {
		return f, err
	}
	if f.session, _, err = session.Find(tx, g.Session); err != nil {
		return f, err
	}
	r, err := billing.GetDocument(tx, access.Scope{Tenant: g.Tenant}, g.Session)
	switch {
	case err == nil:
		f.receipt = &r
	case !fail.Is(err, fail.NotFound):
		return f, err
	}
	f.priced, err = billing.Price(tx, f.session, tx.Now())
	return f, err
}

// looksEvery is the distance of two questions to the provider that a page causes.
const looksEvery = 3 * time.Second

func (s *server) visit(w http.ResponseWriter, r *http.Request) {
	f, err := s.open(r)
	if err == nil && s.looked(r, f) {
		f, err = s.open(r)
	}
	lang := tongue(r, f.guest.Offer.Language)
	if err != nil {
		s.trouble(w, r, lang, err, "/pay")
		return
	}
	v := f.view(vocabulary[lang], r)
	v.Lang, v.Visit.PDF = lang, s.PDF != nil
	s.show(w, r, http.StatusOK, v)
}

// looked asks the provider of a visit that is not paid, as far as we know, and reports
// whether it answered: they come from its page or stand at its reader, and its call
// may be behind them.
func (s *server) looked(r *http.Request, f follow) bool {
	return f.guest.State == driver.GuestPaying && !f.pay.Status.Final() && time.Since(f.pay.Updated) > looksEvery && s.Look(r.Context(), f.pay) == nil
}

// receipt is the receipt of a visit that is settled, as PDF.
func (s *server) receipt(w http.ResponseWriter, r *http.Request) {
	f, err := s.open(r)
	if err == nil && f.receipt == nil {
		err = fail.New(fail.NotFound, "pay.receipt", "there is no receipt yet")
	}
	lang := tongue(r, f.guest.Offer.Language)
	var b []byte
	if err == nil {
		b, err = s.PDF(r.Context(), *f.receipt, lang, "")
	}
	if err != nil {
		s.trouble(w, r, lang, err, "/pay")
		return
	}
	h := w.Header()
	h.Set("Content-Type", "application/pdf")
	h.Set("Content-Disposition", fmt.Sprintf(`inline; filename="%s.pdf"`, strings.ReplaceAll(f.receipt.Number, `"`, "")))
	h.Set("X-Robots-Tag", "noindex, nofollow")
	w.Write(b) //nolint:errcheck // the guest has gone
}

func (f follow) view(t words, r *http.Request) view {
	g := f.guest
	c := money.Currency(g.Offer.Currency)
	x := &visit{
		State: g.State, Word: t.States[g.State], Site: f.site.Name, Words: g.Offer.Words, Hold: t.amount(g.Hold, c), Secret: r.PathValue("secret"),
		Limits: strings.Join(t.stops(g.Limits, c), t.Or),
	}
	v := view{T: t, Title: t.Pay, Visit: x, Refresh: 3}
	switch g.State {
	case driver.GuestPaying:
		x.Note = t.PayingNote
		if g.Terminal != "" {
			x.Note = t.ShowCardNote
		}
		if f.pay.URL != "" {
			v.Back = f.pay.URL
		}
	case driver.GuestAsking:
		x.Note = t.AskingNote
	case driver.GuestPlugIn:
		x.Note = t.PlugInNote
	case driver.GuestUnpaid, driver.GuestFailed:
		x.Note = t.reason(g.Reason)
		v.Refresh, v.Back = 0, "/pay"
	case driver.GuestCharging, driver.GuestDone:
		v.Refresh = f.charging(x, t, c)
		if !x.CanStop {
			break
		}
		switch r.FormValue("stop") {
		case "asked":
			x.Note = t.StopAsked
		case "failed":
			x.Note = t.StopFailed
		}
	}
	return v
}

// charging shows a session, and how soon to look again.
func (f follow) charging(x *visit, t words, c money.Currency) int {
	s, p := f.session, f.priced
	x.Energy = t.number(money.FormatDecimal(int64((p.Timeline.Energy+5_000)/10_000), 2, 2)) + " kWh"
	x.Lasting = lasting(p.Timeline.End.Sub(p.Timeline.Start))
	x.Cost = t.amount(p.Rating.Invoice.Gross, c)
	if f.guest.Hold > 0 {
		x.Percent = int(min(p.Rating.Invoice.Gross*100/f.guest.Hold, 100))
	}
	x.CanStop, x.Ended = s.State.Open(), f.ended(t)
	if s.State.Open() {
		return 10
	}
	x.Word, x.Stopped = t.Ended, true
	if s.Held() {
		x.Note = t.InReview
		return 0
	}
	if f.receipt == nil {
		return 3
	}
	x.Stopped = false
	x.Receipt = f.receipt.Number
	for _, l := range f.receipt.Body.Lines {
		x.Lines = append(x.Lines, line{t.dimension(l.Dimension), t.number(strings.TrimSuffix(l.Quantity, ".000")) + " " + l.Unit, t.number(l.UnitPrice), t.amount(l.Minor, c)})
	}
	for _, g := range f.receipt.Body.Taxes {
		x.Taxes = append(x.Taxes, line{What: g.Name + " " + t.number(g.Percent) + " %", Amount: t.amount(g.Tax, c)})
	}
	x.Total = t.amount(f.receipt.Gross, c)
	if s.Flags.Has(session.FlagFailedStart) {
		x.Note = t.FailedStart
	}
	m := f.pay.Method
	how := strings.TrimSpace(strings.Join([]string{t.brand(m), m.Last4}, " "))
	switch {
	case f.pay.Status == payment.Taken && f.pay.Kept() > 0:
		x.Paid = fmt.Sprintf(t.PaidBy, t.amount(f.pay.Kept(), c), how)
	case f.receipt.Gross == 0:
		x.Paid = t.NothingPaid
	default:
		x.Paid = t.PaymentOnItsWay
		return 5
	}
	return 0
}

// ended says by which limit charging ended, with the word for it as OCPP spells it;
// "" where none did.
func (f follow) ended(t words) string {
	word := f.guest.Reached
	if word == "" {
		word = f.session.Reason // of a station that ended it so by itself
	}
	if said := t.Reached[word]; said != "" {
		return said + " (" + word + ")."
	}
	return ""
}

func lasting(d time.Duration) string {
	m := int(max(d, 0) / time.Minute)
	if m < 60 {
		return fmt.Sprintf("%d min", m)
	}
	return fmt.Sprintf("%d:%02d h", m/60, m%60)
}
