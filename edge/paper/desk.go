package paper

import (
	"cmp"
	"context"
	"log/slog"
	"slices"
	"strings"
	"time"

	"chargewright/base/fail"
	"chargewright/base/store"
	"chargewright/core/access"
	"chargewright/core/billing"
	"chargewright/core/driver"
	"chargewright/core/payment"
	"chargewright/core/session"
	"chargewright/core/station"
	"chargewright/core/tariff"
)

// Options are what a Desk works with.
type Options struct {
	DB   *store.DB
	Base func() string // where people reach the server, without a slash at the end
	Log  *slog.Logger  // nil: slog.Default
}

// Desk makes files of what billing has issued: PDF, electronic invoices, the
// evidence of a dispute. Who may have them is judged before it is asked.
type Desk struct{ o Options }

// NewDesk returns a desk. The database and the address are required.
func NewDesk(o Options) *Desk {
	o.Log = cmp.Or(o.Log, slog.Default())
	return &Desk{o}
}

// folder is all that a document is made of, read in one snapshot.
type folder struct {
	doc      billing.Document
	receipt  billing.Document // that a credit note gives back of
	entity   access.Entity
	sellerID string // VAT id of the seller
	brand    access.Brand
	buyer    driver.Driver // who pays, as far as it is known still
	language Language
	price    string // the price in a sentence, in the language
	evse     station.EVSE
	signed   *Signed
	payments []Payment
	due      int64 // not paid yet, of a receipt

	collected bool // it is taken by itself
}

// system sees all of a tenant.
func system(tenant string) access.Scope {
	return access.Scope{Tenant: tenant, Role: access.Owner, Kind: access.KindSystem}
}

// gather reads what a document is made of. A language that is not spoken is the
// buyer's, then that in which the price was shown, then the tenant's own.
func gather(tx *store.Tx, d billing.Document, language string) (f folder, err error) {
	f.doc = d
	if f.entity, err = access.GetEntity(tx, d.Tenant, d.Entity); err != nil {
		return f, err
	}
	if f.brand, err = access.GetBrand(tx, d.Tenant); err != nil {
		return f, err
	}
	if err = f.seller(tx); err != nil {
		return f, err
	}
	if d.Driver != "" {
		if f.buyer, err = driver.GetDriver(tx, system(d.Tenant), d.Driver); err != nil && !fail.Is(err, fail.NotFound) {
			return f, err
		}
	}
	if f.receipt = d; d.Corrects != "" {
		if f.receipt, err = billing.GetDocument(tx, system(d.Tenant), d.Corrects); err != nil {
			return f, err
		}
	}
	if d.Session == "" {
		f.speak(language, "")
		return f, nil
	}
	return f, f.ofSession(tx, language)
}

// ofSession reads what belongs to a document of a session.
func (f *folder) ofSession(tx *store.Tx, language string) error {
	d := f.doc
	g, _, err := driver.GuestBySession(tx, d.Session)
	if err != nil {
		return err
	}
	if f.buyer.Email == "" && d.Driver == "" {
		f.buyer.Email = g.Email
	}
	f.speak(language, g.Offer.Language)
	evses, err := station.EVSEsOf(tx, system(d.Tenant), d.Body.Station, d.Body.Station)
	if err != nil {
		return err
	}
	if i := slices.IndexFunc(evses, func(e station.EVSE) bool { return e.EVSE == d.Body.EVSE }); i >= 0 {
		f.evse = evses[i]
	}
	if d.Body.Signed > 0 {
		if f.signed, err = signedOf(tx, d.Session); err != nil {
			return err
		}
	}
	if err := f.priced(tx); err != nil {
		return err
	}
	return f.paid(tx)
}

// seller finds the VAT id of a document that names none because it bills nothing.
func (f *folder) seller(tx *store.Tx) error {
	f.sellerID = f.doc.Body.SellerVAT
	if f.doc.Kind != billing.Statement {
		return nil
	}
	regs, err := access.Registrations(tx, f.doc.Tenant, f.doc.Entity)
	day := access.DayOf(f.doc.IssuedAt, f.entity.Location())
	for _, r := range regs {
		if r.Country == f.entity.Country && r.VATID != "" && r.Has(day) {
			f.sellerID = r.VATID
		}
	}
	return err
}

// speak chooses the language.
func (f *folder) speak(asked, guest string) {
	words := []string{asked, f.buyer.Language, guest}
	if p := f.receipt.Body.Shown; p != nil {
		words = append(words, p.Language)
	}
	for _, l := range append(words, f.brand.Languages...) {
		if languages[Language(l)] != nil {
			f.language = Language(l)
			return
		}
	}
	f.language = English
}

// priced puts the price into the language of the document: as it was shown, or
// the same tariff said in the other language.
func (f *folder) priced(tx *store.Tx) error {
	b := f.doc.Body
	if p := b.Shown; p != nil && p.Language == string(f.language) {
		f.price = p.Words
		return nil
	}
	if f.price = b.Price; f.language == English || f.doc.Kind == billing.CreditNote {
		return nil
	}
	t, err := tariff.GetVersion(tx, f.doc.Tenant, b.Tariff, tariff.Version(b.Version))
	if fail.Is(err, fail.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	taxes := b.Determined
	if taxes == nil {
		taxes = &tariff.Determination{Typed: true}
	}
	if taxed, _ := tariff.Taxed(t, taxes); taxed != nil {
		f.price = tariff.Sentence(taxed, string(f.language))
	}
	return nil
}

// methods are what people call the ways to pay.
var methods = map[string]string{"visa": "Visa", "mastercard": "Mastercard", "amex": "American Express", "paypal": "PayPal", "ideal": "iDEAL"}

func (f *folder) payment(p payment.Payment, minor int64, at time.Time) {
	name := cmp.Or(p.Method.Brand, p.Method.Kind)
	if name == "card" {
		name = ""
	}
	if known, ok := methods[name]; ok {
		name = known
	}
	f.payments = append(f.payments, Payment{Brand: name, Last4: p.Method.Last4, At: at, Minor: minor})
}

// paid reads how a receipt was paid, or what went back by a credit note.
func (f *folder) paid(tx *store.Tx) error {
	c, err := billing.GetClaim(tx, system(f.doc.Tenant), f.doc.Session)
	if fail.Is(err, fail.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	list, err := payment.Of(tx, c.Tenant, payment.ForSession, cmp.Or(c.Guest, c.Session))
	if err != nil {
		return err
	}
	if f.doc.Kind == billing.CreditNote {
		return f.back(tx, list)
	}
	for _, p := range list {
		if p.Captured == 0 {
			continue
		}
		at, err := takenAt(tx, p)
		if err != nil {
			return err
		}
		f.payment(p, p.Captured, at)
	}
	if c.Wallet > 0 {
		f.payments = append(f.payments, Payment{By: ByWallet, Minor: c.Wallet})
	}
	if c.Hand > 0 {
		f.payments = append(f.payments, Payment{By: ByTransfer, Minor: c.Hand})
	}
	if latest, err := billing.GetDocument(tx, system(f.doc.Tenant), f.doc.Session); err != nil || latest.ID != f.doc.ID {
		f.payments = nil // it was taken back: what was paid is on the receipt in force
		return err
	}
	f.due, f.collected = c.Left(), c.State == billing.ClaimAsked || c.State == billing.ClaimDunning
	return nil
}

// takenAt is when a payment was taken.
func takenAt(tx *store.Tx, p payment.Payment) (time.Time, error) {
	steps, err := payment.Steps(tx, p.ID)
	at := p.Created
	for _, s := range steps {
		if s.State == payment.StepDone && s.Verb != payment.Refunding {
			at = s.Ended
		}
	}
	return at, err
}

// back reads what of a credit note was paid back already.
func (f *folder) back(tx *store.Tx, list []payment.Payment) error {
	for _, p := range list {
		steps, err := payment.Steps(tx, p.ID)
		if err != nil {
			return err
		}
		for _, s := range steps {
			if s.State == payment.StepDone && strings.HasSuffix(s.ID, "/refund/credit/"+f.doc.ID) {
				f.payment(p, s.Amount, s.Ended)
			}
		}
	}
	return nil
}

// signedOf reads what a session's meter signed: the first and the last record.
func signedOf(tx *store.Tx, id string) (*Signed, error) {
	s, found, err := session.Find(tx, id)
	if err != nil || !found {
		return nil, err
	}
	in, err := session.InputsAfter(tx, s, session.InputKey{}, maxInputs)
	if err != nil {
		return nil, err
	}
	return signedIn(in), nil
}

// PDF prints a document. Link, if it is not empty, is where it can be fetched.
func (k *Desk) PDF(ctx context.Context, d billing.Document, language, link string) ([]byte, error) {
	f, err := store.Read(ctx, k.o.DB, func(tx *store.Tx) (folder, error) { return gather(tx, d, language) })
	if err != nil {
		return nil, err
	}
	out := f.printed()
	out.Link = link
	return Render(out)
}
