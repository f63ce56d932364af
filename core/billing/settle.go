package billing

import (
	"math/big"
	"strings"
	"time"

	"chargewright/base/energy"
	"chargewright/base/fail"
	"chargewright/base/id"
	"chargewright/base/money"
	"chargewright/base/store"
	"chargewright/core/access"
	"chargewright/core/device"
	"chargewright/core/driver"
	"chargewright/core/ledger"
	"chargewright/core/session"
	"chargewright/core/station"
	"chargewright/core/tariff"
)

// file is everything the price of a session depends on, read in one snapshot.
type file struct {
	session  session.Session
	inputs   []session.Input
	meter    energy.Meter
	site     station.Site
	entity   access.Entity
	tariff   *tariff.Tariff
	shown    session.Shown
	guest    driver.Guest // of a visit; zero of everybody else
	policy   Policy
	tax      taxation
	taxed    *tariff.Tariff // the tariff with the taxes that were determined; nil: none, or they are not known
	sentence string         // of taxed, in English
	claim    session.Claim  // the station's own; zero for none
	screen   device.Screen  // what the station shows
	timeline session.Timeline
	almanac  tariff.Almanac
	rating   tariff.Rating
	revision int64    // of the receipt to come
	draft    Document // the receipt, before it has its number
	number   string   // of the receipt, once it is taken
	rated    string   // the rating as JSON
}

// supplied reads what the tariff needs of spot prices and public holidays from
// the beginning of the timeline until a time.
func (f *file) supplied(tx *store.Tx, until time.Time) error {
	if f.tariff == nil || len(f.timeline.Segments) == 0 {
		return nil
	}
	zone, err := f.site.Location()
	if err != nil {
		return err
	}
	from := f.timeline.Segments[0].Start
	if end := f.timeline.Segments[len(f.timeline.Segments)-1].End; end.After(until) {
		until = end
	}
	at := tariff.Where{Country: f.site.Country, Region: f.site.Region}
	f.almanac, err = tariff.AlmanacOf(tx, f.session.Tenant, f.tariff, at, zone, from, until.Add(time.Microsecond))
	return err
}

// states maps flows to what they count as. A vehicle that is connected and not
// yet charged waits for us; one that is done and still plugged in parks.
var states = map[session.Flow]tariff.State{
	session.FlowCharging: tariff.Charging, session.FlowConnected: tariff.SuspendedEVSE, session.FlowSuspendedEVSE: tariff.SuspendedEVSE,
	session.FlowSuspendedEV: tariff.SuspendedEV, session.FlowIdle: tariff.SuspendedEV,
}

// rated is the session as it is priced.
func rated(f *file) (*tariff.Session, error) {
	zone, err := f.site.Location()
	if err != nil {
		return nil, err
	}
	in := &tariff.Session{Zone: zone, Profile: f.shown.Profile, Slots: f.almanac.Slots, Holidays: f.almanac.Holidays}
	signed := map[int64]bool{}
	for _, r := range f.timeline.Readings {
		signed[r.At.UnixMicro()] = r.Signed != ""
	}
	for _, g := range f.timeline.Segments {
		in.Segments = append(in.Segments, tariff.Segment{
			Start: g.Start, End: g.End, Energy: int64(g.Energy), State: states[g.Flow], Signed: signed[g.Start.UnixMicro()],
		})
	}
	return in, nil
}

func rate(f *file) (tariff.Rating, error) {
	in, err := rated(f)
	if err != nil {
		return tariff.Rating{}, err
	}
	return rateIn(f, in)
}

func rateIn(f *file, in *tariff.Session) (tariff.Rating, error) {
	if f.failedStart() {
		return tariff.Rating{Currency: f.tariff.Currency, Taxes: f.tariff.Taxes, CDR: tariff.Totals{Net: new(big.Rat), Gross: new(big.Rat)}}, nil
	}
	return tariff.RateTaxed(f.taxed, in, &f.tax.Determination)
}

// failedStart reports whether so little came of a session that it is none: it
// costs nothing.
func (f *file) failedStart() bool {
	t := f.timeline
	return t.Energy < f.policy.FailedEnergy && t.End.Sub(t.Start) < f.policy.FailedTime && !f.session.State.Open()
}

// draw writes the papers of a rated session but for what only a transaction knows.
func (f *file) draw() error {
	v := f.rating.Invoice
	f.draft = Document{
		Tenant: f.session.Tenant, Entity: f.entity.ID, Kind: Receipt, Session: f.session.ID, Revision: f.revision, Driver: f.session.Driver,
		Currency: f.rating.Currency, Net: v.Net, Tax: v.Tax, Gross: v.Gross, Body: f.body(), cause: f.cause(),
	}
	rated, err := f.rating.JSON()
	if err == nil {
		f.rated = string(rated)
		f.draft.text, err = f.draft.Body.text()
	}
	return err
}

// cause is what the books know the settlement by.
func (f *file) cause() string {
	if f.revision == 1 {
		return "settlement/" + f.session.ID
	}
	return "settlement/" + f.session.ID + "/" + number(f.revision)
}

func (f *file) body() Body {
	s, t := f.session, f.timeline
	b := Body{
		Seller: f.entity.Name, Country: f.entity.Country, Site: f.site.Name, Zone: f.site.Zone,
		Address: strings.Trim(f.site.Address+", "+strings.TrimSpace(f.site.PostalCode+" "+f.site.City), ", "),
		Station: s.Station, EVSE: s.EVSE, Token: hint(s.Token), Start: t.Start, End: t.End, Estimated: s.Estimated || t.Flags.Has(session.FlagEstimated), Reason: s.Reason,
		Energy: t.Energy, Tariff: s.Tariff, Version: s.Version, Price: f.sentence, Power: curve(t.Segments),
	}
	if f.shown.Words != "" {
		b.Shown = &ShownPrice{string(f.shown.How), f.shown.Language, f.shown.Words, f.shown.Digest, f.shown.At}
	}
	if n := len(t.Readings); n > 0 {
		b.First, b.Last = t.Readings[0].Register, t.Readings[n-1].Register
	}
	for _, r := range t.Readings {
		if r.Signed != "" {
			b.Signed++
		}
	}
	if kwh := f.rating.Fallback; kwh != nil && kwh.Sign() > 0 {
		b.Fallback = money.FormatRat(kwh, 3)
	}
	b.Lines, b.Included, b.Owed = linesOf(f.rating), f.rating.Taxes == tariff.TaxIncluded, f.owes()
	for i, g := range f.rating.Invoice.Groups {
		for _, x := range g.Taxes {
			b.Taxes = append(b.Taxes, taxOf(f.entity, x, g, i))
		}
	}
	f.tax.onto(&b)
	return b
}

// hint is enough of a token for its holder to know it by.
func hint(token string) string {
	r := []rune(token)
	if len(r) <= 4 {
		return "…"
	}
	return "…" + strings.ToUpper(string(r[len(r)-4:]))
}

// curve is the mean power of each stretch. Where there are more stretches than
// maxCurve neighbours are joined.
func curve(segs []session.Segment) []Power {
	group := len(segs)/maxCurve + 1
	out := make([]Power, 0, len(segs)/group+1)
	for i := 0; i < len(segs); i += group {
		end := min(i+group, len(segs))
		var e energy.Energy
		for _, g := range segs[i:end] {
			e += g.Energy
		}
		d := segs[end-1].End.Sub(segs[i].Start)
		if d <= 0 {
			continue
		}
		out = append(out, Power{segs[i].Start, segs[end-1].End, e.Over(d)})
	}
	return out
}

// receivable is where a driver owes.
func receivable(driver string) string { return "receivable/driver/" + driver }

// owes is the account of who pays.
func (f *file) owes() string {
	switch {
	case f.guest.ID != "":
		return guestAccount(f.guest.ID)
	case f.session.Driver != "":
		return receivable(f.session.Driver)
	}
	return guestAccount(f.session.ID)
}

// post books what the driver owes against revenue and tax.
func (f *file) post(tx *store.Tx, r Document) error {
	j := ledger.Journal{Tenant: r.Tenant, Entity: r.Entity, Cause: r.cause, Kind: "settlement"}
	add := func(account string, minor int64) {
		if minor != 0 {
			j.Postings = append(j.Postings, ledger.Posting{Account: account, Amount: money.Amount{Minor: minor, Currency: r.Currency}})
		}
	}
	add(r.Body.Owed, r.Gross)
	for _, l := range r.Body.Lines {
		add(revenueOf(l.Dimension), -l.Net)
	}
	for _, t := range r.Body.Taxes {
		add(t.Account, -t.Tax)
	}
	if len(j.Postings) == 0 {
		return nil // free of charge: there is a receipt and nothing to book
	}
	_, booked, err := ledger.Post(tx, j)
	if err == nil && !booked {
		err = fail.New(fail.Internal, "billing.Settle", "another journal has the cause %s: there is no receipt without its own", j.Cause)
	}
	return err
}

// record writes the charge detail record.
func (f *file) record(tx *store.Tx) {
	excl := ""
	if f.rating.CDR.Net != nil {
		excl = money.FormatRat(f.rating.CDR.Net, 4)
	}
	tx.Write(`INSERT INTO billing_cdr (id, tenant_id, session_id, revision, currency, energy_mwh, total_excl, total_incl, body, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		id.New("cdr"), f.session.Tenant, f.session.ID, 2*f.revision-1, string(f.rating.Currency), f.timeline.Energy, excl, money.FormatRat(f.rating.CDR.Gross, 4),
		f.rated, tx.Now())
}

// CDR is the charge detail record of a settled session. One that takes another
// back has its figures (OCPI 2.2.1 §10.3.1: credit).
type CDR struct {
	ID        string
	Session   string
	Credits   string // id of the record that it takes back; "" for none
	Currency  string
	Energy    energy.Energy
	TotalExcl string // exact, to four decimals; "" where the tariff names no tax it includes
	TotalIncl string
	Body      string // the rating as JSON, in the form of `chargewright rate`
	CreatedAt time.Time
}

// CDRs lists up to limit CDRs of the tenant, newest first, made before the
// given one.
func CDRs(tx *store.Tx, sc access.Scope, beforeAt time.Time, before string, limit int) ([]CDR, error) {
	if sc.Limited() { // as in Documents
		return nil, nil
	}
	if beforeAt.IsZero() {
		beforeAt = time.Unix(1<<40, 0)
	}
	return store.All(tx, func(r *store.Row) CDR {
		return CDR{r.Text(0), r.Text(1), r.Text(2), r.Text(3), energy.Energy(r.Int(4)), r.Text(5), r.Text(6), r.Text(7), r.Time(8)}
	}, `SELECT id, session_id, credits, currency, energy_mwh, total_excl, total_incl, body, created_at FROM billing_cdr
		WHERE tenant_id = $1 AND (created_at < $2 OR (created_at = $2 AND id < $3)) ORDER BY created_at DESC, id DESC LIMIT $4`, sc.Tenant, beforeAt, before, limit)
}
