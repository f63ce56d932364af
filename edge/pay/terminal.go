package pay

import (
	"fmt"
	"net/http"

	"chargewright/base/fail"
	"chargewright/base/money"
	"chargewright/base/store"
	"chargewright/core/access"
	"chargewright/core/billing"
	"chargewright/core/payment"
	"chargewright/core/session"
	"chargewright/core/station"
)

// paidThere is what was settled at the terminal of a station, with its session.
type paidThere struct {
	follow
	words string // of the price
	lang  string
	took  int64
	owed  money.Currency
}

func readPaidThere(tx *store.Tx, secret string) (p paidThere, err error) {
	s, found, err := billing.SettlementBySecret(tx, secret)
	if err == nil && (!found || s.Session == "") {
		err = fail.New(fail.NotFound, "pay.readPaidThere", "there is no such receipt")
	}
	if err != nil {
		return p, err
	}
	if p.session, _, err = session.Find(tx, s.Session); err != nil {
		return p, err
	}
	if p.site, err = station.SiteOf(tx, p.session.Station); err != nil {
		return p, err
	}
	shown, _, err := session.PriceShown(tx, s.Session)
	if err != nil {
		return p, err
	}
	p.words, p.lang, p.owed = shown.Words, shown.Language, money.Currency(shown.Currency)
	d, err := billing.GetDocument(tx, access.Scope{Tenant: s.Tenant}, s.Session)
	switch {
	case err == nil:
		p.receipt = &d
	case !fail.Is(err, fail.NotFound):
		return p, err
	}
	c, err := billing.GetClaim(tx, access.Scope{Tenant: s.Tenant}, s.Session)
	if err != nil && !fail.Is(err, fail.NotFound) {
		return p, err
	}
	p.took = c.Hand
	p.priced, err = billing.Price(tx, p.session, tx.Now())
	return p, err
}

// atTerminal shows the receipt of what was paid at a station's own terminal (2.1
// C18 to C23): who has the address sees it.
func (s *server) atTerminal(w http.ResponseWriter, r *http.Request) {
	p, err := store.Read(r.Context(), s.DB, func(tx *store.Tx) (paidThere, error) { return readPaidThere(tx, r.PathValue("secret")) })
	lang := tongue(r, p.lang)
	t := vocabulary[lang]
	if err != nil {
		s.trouble(w, r, lang, err, "/pay")
		return
	}
	x := &visit{Site: p.site.Name, Words: p.words}
	p.pay = payment.Payment{Currency: p.owed}
	v := view{T: t, Lang: lang, Title: t.Pay, Visit: x, Refresh: p.charging(x, t, p.owed)}
	x.CanStop = false
	if x.Receipt != "" {
		x.Paid, v.Refresh = fmt.Sprintf(t.PaidThere, t.amount(p.took, p.owed)), 0
	}
	s.show(w, r, http.StatusOK, v)
}
