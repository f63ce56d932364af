package billing

import (
	"slices"
	"strings"

	"chargewright/base/fail"
	"chargewright/base/money"
	"chargewright/base/store"
	"chargewright/core/access"
	"chargewright/core/ledger"
	"chargewright/core/notify"
)

// Back is where money goes that is given back.
type Back string

// The ways back.
const (
	ToPayer  Back = "payer"  // as it came: to the card, what is left to the wallet
	ToWallet Back = "wallet" // of the driver
)

// CreditOrder says what is given back of a receipt, and why.
type CreditOrder struct {
	Key    string // makes it the only one of the receipt: the same again gets the same note
	Gross  int64  // minor units; 0 is all that is left
	Reason string // for the payer, one line
	To     Back
	Actor  string
}

// Credited says why a credit note was issued.
type Credited struct {
	Of       string `json:"of"` // number of the receipt
	OfIssued int64  `json:"of_issued"`
	Reason   string `json:"reason"`
	Actor    string `json:"actor,omitempty"`
	Whole    bool   `json:"whole"` // nothing is left of the receipt
}

// Credit gives back of a receipt by a credit note: revenue and taxes are taken back
// in their parts, the claim is lowered, and what was paid beyond it goes back.
// Invalid: no reason, or more than is left of the receipt; Denied: more than the
// policy lets the role give back of one receipt; Conflict: nothing is left of it.
func Credit(tx *store.Tx, sc access.Scope, receipt string, o CreditOrder) (Document, error) {
	const op = "billing.Credit"
	r, err := GetDocument(tx, sc, receipt)
	if err != nil {
		return Document{}, err
	}
	o.Reason = strings.TrimSpace(o.Reason)
	switch {
	case r.Kind != Receipt:
		return Document{}, fail.New(fail.Conflict, op, "%s is no receipt", r.Number)
	case o.Reason == "" || len(o.Reason) > 500:
		return Document{}, fail.Field(op, "reason", "it needs 1 to 500 characters")
	case o.Gross < 0:
		return Document{}, fail.Field(op, "gross_minor", "it is negative")
	}
	if d, found, err := byCause(tx, r.Tenant, "credit/"+r.ID+"/"+o.Key); err != nil || found {
		return d, err
	}
	if err := within(tx, sc, r, o.Gross); err != nil {
		return Document{}, err
	}
	d, err := credit(tx, r, o)
	if err != nil {
		return d, err
	}
	c, found, err := findClaim(tx, "session_id", r.Session)
	if err == nil && !found {
		err = fail.New(fail.Internal, op, "nothing is claimed for %s", r.Session)
	}
	if err != nil {
		return d, err
	}
	if err := c.lowered(tx, d, o.To); err != nil {
		return d, err
	}
	return d, notify.Publish(tx, notify.Event{Tenant: r.Tenant, Type: notify.ReceiptIssued, Object: d.ID})
}

// within refuses what the policy does not let a role give back.
func within(tx *store.Tx, sc access.Scope, r Document, gross int64) error {
	p, err := GetPolicy(tx, r.Tenant)
	if err != nil {
		return err
	}
	most, all := p.Goodwill(sc.Role, r.Currency)
	if all {
		return nil
	}
	given, err := creditsOf(tx, r.ID)
	if err != nil {
		return err
	}
	back := int64(0)
	for _, d := range given {
		back += d.Gross
	}
	if gross == 0 {
		gross = r.Gross - back
	}
	if back+gross > most {
		return fail.New(fail.Denied, "billing.Credit", "your role may give back up to %s of one receipt, and %s is back already",
			money.Amount{Minor: most, Currency: r.Currency}, money.Amount{Minor: back, Currency: r.Currency})
	}
	return nil
}

func byCause(tx *store.Tx, tenant, cause string) (Document, bool, error) {
	list, err := documents(tx, `tenant_id = $1 AND cause = $2 LIMIT 1`, tenant, cause)
	if err != nil || len(list) == 0 {
		return Document{}, false, err
	}
	return list[0], true, nil
}

// creditsOf lists the credit notes of a receipt, oldest first.
func creditsOf(tx *store.Tx, receipt string) ([]Document, error) {
	return documents(tx, `corrects = $1 ORDER BY issued_at, id LIMIT 1000`, receipt)
}

// credit issues a credit note and books it.
func credit(tx *store.Tx, r Document, o CreditOrder) (Document, error) {
	const op = "billing.credit"
	given, err := creditsOf(tx, r.ID)
	if err != nil {
		return Document{}, err
	}
	left := partsOf(r)
	for _, d := range given {
		left.less(partsOf(d))
	}
	rest := left.gross()
	switch {
	case len(given) == 0 && rest != r.Gross:
		return Document{}, fail.New(fail.Conflict, op, "%s was issued before documents kept their parts: it cannot be given back of", r.Number)
	case rest == 0 && len(given) > 0:
		return Document{}, fail.New(fail.Conflict, op, "all of %s was given back", r.Number)
	case rest == 0:
		return Document{}, fail.New(fail.Conflict, op, "%s bills nothing", r.Number)
	case o.Gross > rest:
		return Document{}, fail.Field(op, "gross_minor", "%s is left of %s", money.Amount{Minor: rest, Currency: r.Currency}, r.Number)
	}
	whole := o.Gross == 0 || o.Gross == rest
	part := left
	if !whole {
		if part, err = left.part(o.Gross); err != nil {
			return Document{}, err
		}
	}
	e, err := access.GetEntity(tx, r.Tenant, r.Entity)
	if err != nil {
		return Document{}, err
	}
	d := Document{
		Tenant: r.Tenant, Entity: r.Entity, Kind: CreditNote, Session: r.Session, Corrects: r.ID, Driver: r.Driver, Currency: r.Currency,
		Net: part.net(), Gross: part.gross(), Body: r.Body, cause: "credit/" + r.ID + "/" + o.Key,
	}
	d.Tax = d.Gross - d.Net
	d.Body.Lines, d.Body.Taxes = part.lines(whole && len(given) == 0), part.taxes
	d.Body.Power, d.Body.Shown = nil, nil
	d.Body.Credit = &Credited{Of: r.Number, OfIssued: r.IssuedAt.Unix(), Reason: o.Reason, Actor: o.Actor, Whole: whole}
	if d, err = d.issue(tx, e); err != nil {
		return d, err
	}
	return d, part.book(tx, d)
}

// book takes revenue and taxes back, and lowers what the payer owes.
func (p parts) book(tx *store.Tx, d Document) error {
	j := ledger.Journal{Tenant: d.Tenant, Entity: d.Entity, Cause: d.cause, Kind: "credit"}
	add := func(account string, minor int64) {
		if minor != 0 {
			j.Postings = append(j.Postings, ledger.Posting{Account: account, Amount: money.Amount{Minor: minor, Currency: d.Currency}})
		}
	}
	for _, l := range p.body {
		add(revenueOf(l.Dimension), l.Net)
	}
	for _, t := range p.taxes {
		add(t.Account, t.Tax)
	}
	add(d.Body.Owed, -d.Gross)
	_, booked, err := ledger.Post(tx, j)
	if err == nil && !booked {
		err = fail.New(fail.Internal, "billing.credit", "another journal has the cause %s", j.Cause)
	}
	return err
}

func revenueOf(dimension string) string { return "revenue/" + strings.ToLower(dimension) }

// parts are what a receipt bills, in the parts that are given back in proportion:
// lines without taxes, and taxes. Lines of a rate and its taxes have one group.
type parts struct {
	body  []Line
	taxes []Tax
	incl  bool
}

func partsOf(d Document) parts {
	p := parts{incl: d.Body.Included}
	p.body = append(p.body, d.Body.Lines...)
	p.taxes = append(p.taxes, d.Body.Taxes...)
	return p
}

// lines are those of a document. Quantities are true only of whole lines.
func (p parts) lines(whole bool) []Line {
	out := slices.Clone(p.body)
	for i := range out {
		if !whole {
			out[i].Quantity, out[i].Unit, out[i].UnitPrice = "", "", ""
		}
	}
	return out
}

func (p parts) net() (n int64) {
	for _, l := range p.body {
		n += l.Net
	}
	return n
}

func (p parts) gross() int64 {
	n := p.net()
	for _, t := range p.taxes {
		n += t.Tax
	}
	return n
}

// less takes the parts of a credit note off. A note has the lines and taxes of its
// receipt in their order, also those of nothing.
func (p parts) less(of parts) {
	for i, l := range of.body {
		p.body[i].Minor -= l.Minor
		p.body[i].Net -= l.Net
	}
	for i, t := range of.taxes {
		p.taxes[i].Net -= t.Net
		p.taxes[i].Tax -= t.Tax
		p.taxes[i].Gross -= t.Gross
	}
}

// of is a group of the parts alone, in the places of the whole.
func (p parts) of(group int) parts {
	q := parts{incl: p.incl, body: make([]Line, len(p.body)), taxes: make([]Tax, len(p.taxes))}
	for i, l := range p.body {
		if q.body[i] = (Line{Dimension: l.Dimension, Group: l.Group}); l.Group == group {
			q.body[i] = l
		}
	}
	for i, t := range p.taxes {
		if q.taxes[i] = t; t.Group != group {
			q.taxes[i].Net, q.taxes[i].Tax, q.taxes[i].Gross = 0, 0, 0
		}
	}
	return q
}

// groups counts the groups.
func (p parts) groups() (n int) {
	for _, l := range p.body {
		n = max(n, l.Group+1)
	}
	return n
}

// part is so much of the parts, gross, of each in proportion: of groups by their
// gross, in a group of taxes and of lines by their amounts. What rounding leaves
// falls on the later ones. No part is more than there is.
func (p parts) part(gross int64) (parts, error) {
	out := parts{incl: p.incl, body: slices.Clone(p.body), taxes: slices.Clone(p.taxes)}
	weights := make([]int64, p.groups())
	for g := range weights {
		weights[g] = max(p.of(g).gross(), 0)
	}
	shares, err := money.Apportion(gross, weights)
	if err != nil {
		return out, err
	}
	for g, share := range shares {
		if err := out.cut(p.of(g), g, share); err != nil {
			return out, err
		}
	}
	return out, nil
}

// cut leaves share of a group, gross.
func (p parts) cut(group parts, g int, share int64) error {
	var of []int // the places of its taxes
	var weights []int64
	for i, t := range group.taxes {
		if t.Group == g {
			of, weights = append(of, i), append(weights, t.Tax)
		}
	}
	shares, err := money.Apportion(share, append(weights, group.net()))
	if err != nil {
		return err
	}
	net := shares[len(of)]
	for i, place := range of {
		p.taxes[place].Net, p.taxes[place].Tax, p.taxes[place].Gross = net, shares[i], share
	}
	billed := net
	if p.incl {
		billed = share
	}
	of = of[:0]
	var nets, minors []int64
	for i, l := range group.body {
		if l.Group == g {
			of, nets, minors = append(of, i), append(nets, l.Net), append(minors, l.Minor)
		}
	}
	if nets, err = signed(net, nets); err != nil {
		return err
	}
	if minors, err = signed(billed, minors); err != nil {
		return err
	}
	for i, place := range of {
		p.body[place].Net, p.body[place].Minor = nets[i], minors[i]
	}
	return nil
}

// signed spreads a total, not negative, over amounts of which some may be negative:
// reductions are given back in proportion too.
func signed(total int64, amounts []int64) ([]int64, error) {
	up, down := make([]int64, len(amounts)), make([]int64, len(amounts))
	var plus, minus int64
	for i, n := range amounts {
		up[i], down[i] = max(n, 0), max(-n, 0)
		plus, minus = plus+up[i], minus+down[i]
	}
	most := total
	if plus > minus {
		var err error
		if most, err = money.MulDiv(plus, total, plus-minus); err != nil {
			return nil, err
		}
	}
	ups, err := money.Apportion(most, up)
	if err != nil {
		return nil, err
	}
	downs, err := money.Apportion(most-total, down)
	for i := range downs {
		ups[i] -= downs[i]
	}
	return ups, err
}
