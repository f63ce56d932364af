package api

import (
	"chargewright/base/store"
	"chargewright/core/access"
	"chargewright/core/billing"
	drivers "chargewright/core/driver"
	"chargewright/core/payment"
	sessions "chargewright/core/session"
	stations "chargewright/core/station"
)

// Whom says of a row about money who pays and where it was charged, as people
// say it.
type Whom struct {
	Payer     string  `json:"payer" enum:"driver,guest,nobody" doc:"nobody: a token that nobody known holds"`
	Name      *string `json:"driver_name" doc:"Of the driver, else their mail address; null: there is none, they left, or who asks sees no people"`
	Token     string  `json:"token" doc:"Number of the token, where nobody known holds it; else empty"`
	StationID string  `json:"station_id" doc:"Where it was charged; empty where nothing was"`
	EVSE      int64   `json:"evse_id"`
	SiteID    string  `json:"site_id"`
	SiteName  string  `json:"site_name"`
}

// subject is what a row about money knows of whom it is about.
type subject struct {
	driver, session string
	guest           bool
}

// whom reads, for a page of rows, who pays and where it was charged. A session
// that is not the tenant's is left out.
func whom(tx *store.Tx, sc access.Scope, of []subject) ([]Whom, error) {
	var people, charged, sites, unknown []string
	for _, x := range of {
		people, charged = addSome(people, x.driver), addSome(charged, x.session)
		if x.driver == "" && !x.guest {
			unknown = addSome(unknown, x.session)
		}
	}
	var names map[string]string
	var err error
	if sc.Role.May(access.People) {
		if names, err = drivers.Names(tx, sc, people); err != nil {
			return nil, err
		}
	}
	guests, err := billing.ByGuests(tx, unknown)
	if err != nil {
		return nil, err
	}
	rows, err := sessions.Some(tx, charged)
	if err != nil {
		return nil, err
	}
	at := make(map[string]sessions.Session, len(rows))
	for _, r := range rows {
		if r.Tenant == sc.Tenant {
			at[r.ID], sites = r, addSome(sites, r.Site)
		}
	}
	places, err := stations.SiteNames(tx, sites)
	out := make([]Whom, len(of))
	for i, x := range of {
		s := at[x.session]
		out[i] = Whom{Payer: "driver", Name: given(names[x.driver]), StationID: s.Station, EVSE: s.EVSE, SiteID: s.Site, SiteName: places[s.Site]}
		switch {
		case x.driver != "":
		case x.guest || guests[x.session] || s.TokenType == sessions.DirectPayment:
			out[i].Payer = "guest"
		default:
			out[i].Payer, out[i].Token = "nobody", s.Shown
		}
	}
	return out, err
}

// addSome is addOnce for what may be empty.
func addSome(list []string, v string) []string {
	if v == "" {
		return list
	}
	return addOnce(list, v)
}

// showPayments shows payments, with whom they are about.
func showPayments(tx *store.Tx, sc access.Scope, rows []payment.Payment) ([]paymentRow, error) {
	of, err := billing.SessionsOf(tx, rows)
	if err != nil {
		return nil, err
	}
	about := make([]subject, len(rows))
	for i, p := range rows {
		about[i] = subject{p.Driver, of[p.ID], p.Driver == ""}
	}
	all, err := whom(tx, sc, about)
	if err != nil {
		return nil, err
	}
	out := make([]paymentRow, len(rows))
	for i, p := range rows {
		out[i] = showPayment(p)
		out[i].Whom = all[i]
		if all[i].StationID != "" {
			out[i].SessionID = given(of[p.ID])
		}
	}
	return out, nil
}

// showClaims shows claims, with whom they are about.
func showClaims(tx *store.Tx, sc access.Scope, rows []billing.Claim) ([]claimRow, error) {
	about := make([]subject, len(rows))
	for i, c := range rows {
		about[i] = subject{c.Driver, c.Session, c.Guest != ""}
	}
	all, err := whom(tx, sc, about)
	if err != nil {
		return nil, err
	}
	out := make([]claimRow, len(rows))
	for i, c := range rows {
		out[i] = claimRow{showClaim(c), all[i]}
	}
	return out, nil
}

// showDisputes shows disputes, with whom their payments are about.
func showDisputes(tx *store.Tx, sc access.Scope, rows []payment.Objection) ([]payDispute, error) {
	var ids []string
	for _, o := range rows {
		ids = addOnce(ids, o.Payment)
	}
	of, err := payment.Some(tx, ids)
	if err != nil {
		return nil, err
	}
	paid, err := showPayments(tx, sc, of)
	if err != nil {
		return nil, err
	}
	by := make(map[string]paymentRow, len(paid))
	for _, p := range paid {
		by[p.ID] = p
	}
	out := make([]payDispute, len(rows))
	for i, o := range rows {
		out[i] = showDispute(o)
		out[i].Whom, out[i].SessionID = by[o.Payment].Whom, by[o.Payment].SessionID
	}
	return out, nil
}

// showDocuments shows documents, with whom they are for.
func showDocuments(tx *store.Tx, sc access.Scope, rows []billing.Document) ([]staffDocument, error) {
	about := make([]subject, len(rows))
	for i, d := range rows {
		about[i] = subject{d.Driver, d.Session, false}
	}
	all, err := whom(tx, sc, about)
	if err != nil {
		return nil, err
	}
	out := make([]staffDocument, len(rows))
	for i, d := range rows {
		out[i] = staffDocument{showDocument(d), all[i]}
	}
	return out, nil
}

// rowsOf makes a page of up to limit+1 rows that are shown all together.
func rowsOf[R, T any](rows []R, limit int, where func(R) place, show func([]R) ([]T, error)) (list[T], error) {
	v := pageOf(rows, limit, func(R) (none T) { return }, where)
	var err error
	v.Items, err = show(rows[:len(v.Items)])
	return v, err
}

// one is the only row of what shows several.
func one[T any](rows []T, err error) (v T, _ error) {
	if err == nil {
		v = rows[0]
	}
	return v, err
}
