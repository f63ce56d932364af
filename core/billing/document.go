package billing

import (
	"encoding/json"
	"fmt"
	"time"

	"chargewright/base/energy"
	"chargewright/base/fail"
	"chargewright/base/id"
	"chargewright/base/money"
	"chargewright/base/outbox"
	"chargewright/base/store"
	"chargewright/core/access"
	"chargewright/core/driver"
	"chargewright/core/session"
	"chargewright/core/tariff"
)

// DocumentKind is what a document is.
type DocumentKind string

// The kinds of documents.
const (
	Receipt    DocumentKind = "receipt"     // what a session costs
	CreditNote DocumentKind = "credit_note" // takes a receipt back, or a part of it
	Statement  DocumentKind = "statement"   // a driver's receipts and payments of a month; it bills nothing
)

// Document is a numbered document about money. It is immutable: what was wrong is
// taken back by a credit note, and billed anew by a receipt of the next revision.
// Net + Tax = Gross, in minor units; of a credit note they go to the buyer, and are
// not negative.
type Document struct {
	ID       string         `json:"id"`
	Tenant   string         `json:"-"`
	Entity   string         `json:"entity_id"`
	Kind     DocumentKind   `json:"kind"`
	Number   string         `json:"number"`
	Session  string         `json:"session_id"`
	Revision int64          `json:"revision"` // of a receipt: 1, and one more after each correction
	Corrects string         `json:"corrects"` // of a credit note: the receipt's id
	Driver   string         `json:"driver_id"`
	Currency money.Currency `json:"currency"`
	Net      int64          `json:"net_minor"`
	Tax      int64          `json:"tax_minor"`
	Gross    int64          `json:"gross_minor"`
	Body     Body           `json:"body"`
	IssuedAt time.Time      `json:"issued_at"`

	cause string // what makes it the only one
	text  string // Body as it is written; "": not yet
}

// Body is what a document tells its reader. The facts of the session on a credit
// note are those of its receipt.
type Body struct {
	Seller    string        `json:"seller"`
	Country   string        `json:"country"`
	Site      string        `json:"site"`
	Address   string        `json:"address"`
	Zone      string        `json:"zone"`
	Station   string        `json:"station_id"`
	EVSE      int64         `json:"evse"`
	Token     string        `json:"token_hint"` // its last four characters
	Start     time.Time     `json:"start"`
	End       time.Time     `json:"end"`
	Estimated bool          `json:"estimated"`
	Reason    string        `json:"stop_reason"`
	Energy    energy.Energy `json:"energy_mwh"`
	First     energy.Energy `json:"first_register_mwh"`
	Last      energy.Energy `json:"last_register_mwh"`
	Signed    int           `json:"signed_readings"`
	Tariff    string        `json:"tariff_id"`
	Version   string        `json:"tariff_version"`
	Price     string        `json:"price"` // the tariff in a sentence
	Shown     *ShownPrice   `json:"shown,omitempty"`
	Fallback  string        `json:"fallback_kwh,omitempty"` // of the lines: priced by the tariff's fallback, since no spot price was known
	Lines     []Line        `json:"lines"`
	Taxes     []Tax         `json:"taxes"`
	SellerVAT string        `json:"seller_vat_id,omitempty"` // of the registration under which it was sold
	Buyer     *Buyer        `json:"buyer,omitempty"`         // nil is a consumer
	Note      string        `json:"tax_note,omitempty"`      // what the law wants said, in the buyer's language
	// Determined is how the tax came about; nil where the tariff's own stood.
	Determined *tariff.Determination `json:"determined,omitempty"`
	Power      []Power               `json:"power"` // mean power between readings, for the curve

	Owed     string     `json:"owed,omitempty"`         // the account of the ledger on which it is owed
	Included bool       `json:"tax_included,omitempty"` // the lines' prices and amounts have the taxes in them
	Credit   *Credited  `json:"credit,omitempty"`       // of a credit note
	Account  *AccountOf `json:"account,omitempty"`      // of a statement
}

// text is the body as it is kept.
func (b *Body) text() (string, error) {
	t, err := json.Marshal(b)
	return string(t), fail.Wrap(fail.Internal, "billing.issue", err)
}

// ShownPrice is the price as the driver was told: see session.Shown.
type ShownPrice struct {
	How      string    `json:"how"`
	Language string    `json:"language"`
	Words    string    `json:"words"`
	Digest   string    `json:"digest"`
	At       time.Time `json:"at"`
}

// Line is one line of a receipt. Quantity and UnitPrice are exact decimals, and
// empty on a line that gives a part of another back.
type Line struct {
	Dimension string `json:"dimension"`
	Quantity  string `json:"quantity"`
	Unit      string `json:"unit"`
	UnitPrice string `json:"unit_price"`
	Minor     int64  `json:"amount_minor"`
	Net       int64  `json:"net_minor"` // without the taxes of its group
	Group     int    `json:"group"`     // lines and taxes of one number belong together
}

// billed is the line as it was billed, whatever is known besides.
func (l Line) billed() Line { return Line{l.Dimension, l.Quantity, l.Unit, l.UnitPrice, l.Minor, 0, 0} }

// Tax is the tax of one rate over the lines it applies to.
type Tax struct {
	Name    string `json:"name"`
	Percent string `json:"percent"`
	Net     int64  `json:"net_minor"`
	Tax     int64  `json:"tax_minor"`
	Gross   int64  `json:"gross_minor"`

	PerKWh       string `json:"per_kwh,omitempty"`  // of a tax per kWh, in the major unit; Percent is 0
	Category     string `json:"category,omitempty"` // UNCL5305
	Jurisdiction string `json:"jurisdiction,omitempty"`
	Account      string `json:"account,omitempty"` // of the ledger: where it is owed
	Group        int    `json:"group"`             // the lines that it taxes
}

// Buyer is who bought, where it is not a consumer.
type Buyer struct {
	Kind    string `json:"kind"` // business or dealer
	Company string `json:"company"`
	Address string `json:"address"`
	Country string `json:"country"`
	VATID   string `json:"vat_id"`
}

// Power is the mean power of a stretch, in W.
type Power struct {
	Start time.Time `json:"start"`
	End   time.Time `json:"end"`
	Watt  int64     `json:"w"`
}

// maxCurve bounds the stretches of a receipt's curve.
const maxCurve = 400

const documentColumns = `id, tenant_id, entity_id, kind, cause, number, session_id, revision, corrects, driver_id, currency, net_minor, tax_minor, gross_minor, body, issued_at`

func scanDocument(decode *error) func(r *store.Row) Document {
	return func(r *store.Row) Document {
		d := Document{
			ID: r.Text(0), Tenant: r.Text(1), Entity: r.Text(2), Kind: DocumentKind(r.Text(3)), cause: r.Text(4), Number: r.Text(5), Session: r.Text(6), Revision: r.Int(7),
			Corrects: r.Text(8), Driver: r.Text(9), Currency: money.Currency(r.Text(10)), Net: r.Int(11), Tax: r.Int(12), Gross: r.Int(13), IssuedAt: r.Time(15),
		}
		if err := json.Unmarshal([]byte(r.Text(14)), &d.Body); err != nil {
			*decode = fail.Wrap(fail.Internal, "billing.document", err)
		}
		return d
	}
}

// issue numbers a document and writes it down.
func (d Document) issue(tx *store.Tx, e access.Entity) (Document, error) {
	n, err := takeNumbers(tx, e, d.Kind, 1)
	if err != nil {
		return d, err
	}
	g, _, err := driver.GuestBySession(tx, d.Session)
	if err != nil {
		return d, err
	}
	return d.issueAs(tx, n[0], g)
}

// issueAs writes a document, of the visit of a guest or of none, down under a number
// that was taken for it.
func (d Document) issueAs(tx *store.Tx, number string, g driver.Guest) (Document, error) {
	prefixes := map[DocumentKind]string{Receipt: "prd", CreditNote: "crn", Statement: "stm"}
	if d.text == "" {
		var err error
		if d.text, err = d.Body.text(); err != nil {
			return d, err
		}
	}
	d.ID, d.Number, d.IssuedAt = id.New(prefixes[d.Kind]), number, tx.Now()
	tx.Write(`INSERT INTO billing_document (`+documentColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)`,
		d.ID, d.Tenant, d.Entity, d.Kind, d.cause, d.Number, store.OrNull(d.Session), d.Revision, store.OrNull(d.Corrects), store.OrNull(d.Driver), string(d.Currency),
		d.Net, d.Tax, d.Gross, d.text, d.IssuedAt)
	wished, err := d.wished(tx, g)
	if err != nil || !wished {
		return d, err
	}
	return d, outbox.At(tx, tx.Now().Add(mailAfter), TopicMail, d.ID, nil)
}

// TopicMail is the event that a document is to be mailed to who wished it so: the
// key is its id.
const TopicMail = "billing.mail"

// mailAfter is how long a document waits to be mailed, so that it can tell how it
// was paid.
const mailAfter = 30 * time.Second

// wished reports whether whom it is for wished to have it by mail: a driver who
// said so, or a guest who gave an address.
func (d Document) wished(tx *store.Tx, g driver.Guest) (bool, error) {
	if d.Driver != "" {
		return driver.WishesPapers(tx, d.Tenant, d.Driver)
	}
	return g.Email != "", nil
}

// takeNumbers takes the next n numbers of a legal entity's series. Numbers have no
// gap because they are taken in the transaction that uses all of them.
func takeNumbers(tx *store.Tx, e access.Entity, k DocumentKind, n int) ([]string, error) {
	letters := map[DocumentKind]string{Receipt: "", CreditNote: "C", Statement: "S"}
	after, _, err := store.One(tx, func(r *store.Row) int64 { return r.Int(0) },
		`INSERT INTO billing_series (entity_id, series, next) VALUES ($1, $2, $3)
		ON CONFLICT (entity_id, series) DO UPDATE SET next = billing_series.next + excluded.next - 1 RETURNING next`, e.ID, string(k), n+1)
	out := make([]string, n)
	for i := range out {
		out[i] = fmt.Sprintf("%s-%s%08d", e.NumberPrefix, letters[k], after-int64(n)+int64(i))
	}
	return out, err
}

// GetDocument returns a document that the scope sees, by its id, or the receipt in
// force of the session of that id. A driver sees those made out to them, and those
// of their sessions.
func GetDocument(tx *store.Tx, sc access.Scope, key string) (Document, error) {
	var decode error
	d, found, err := store.One(tx, scanDocument(&decode), `SELECT `+documentColumns+` FROM billing_document
		WHERE tenant_id = $1 AND (id = $2 OR (session_id = $2 AND kind = 'receipt')) ORDER BY revision DESC LIMIT 1`, sc.Tenant, key)
	if err == nil {
		err = decode
	}
	if err == nil && found {
		found, err = d.seenBy(tx, sc)
	}
	if err == nil && !found {
		err = fail.New(fail.NotFound, "billing.GetDocument", "there is no document %q", key)
	}
	if err != nil {
		return Document{}, err
	}
	return d, nil
}

// seenBy reports whether who asks sees the document: a driver those made out to
// them and those of their sessions, who sees some sites only those of sessions there.
func (d Document) seenBy(tx *store.Tx, sc access.Scope) (bool, error) {
	driver := sc.Role == access.DriverRole
	if !driver && !sc.Limited() || driver && sc.Actor != "" && sc.Actor == d.Driver {
		return true, nil
	}
	s, found, err := session.Find(tx, d.Session)
	if !found || s.Tenant != sc.Tenant {
		return false, err
	}
	if driver {
		return sc.Actor != "" && s.Driver == sc.Actor, nil
	}
	return sc.Sees(s.Site), nil
}

// DocumentFilter narrows a list of documents; empty fields do not.
type DocumentFilter struct {
	Kind    DocumentKind
	Driver  string
	Session string
	Number  string // whole
	Text    string // part of the number
}

// Documents lists up to limit documents of the tenant, newest first, issued before the given one (zero values: from the newest on). The
// books are the tenant's as a whole: who sees some sites only is shown none, and a
// driver their own.
func Documents(tx *store.Tx, sc access.Scope, f DocumentFilter, beforeAt time.Time, before string, limit int) ([]Document, error) {
	if sc.Limited() || sc.Role == access.DriverRole && sc.Actor == "" {
		return nil, nil
	}
	if beforeAt.IsZero() {
		beforeAt = time.Unix(1<<40, 0)
	}
	where, args := narrow([]any{sc.Tenant, beforeAt, before, limit}, by{"kind", string(f.Kind)}, by{"driver_id", f.Driver}, by{"session_id", f.Session}, by{"number", f.Number},
		by{"driver_id", ownOnly(sc)})
	if f.Text != "" {
		args = append(args, f.Text)
		where += ` AND replace(number, ` + param(len(args)) + `, '') <> number`
	}
	return documents(tx, `tenant_id = $1 AND (issued_at < $2 OR (issued_at = $2 AND id < $3))`+where+` ORDER BY issued_at DESC, id DESC LIMIT $4`, args...)
}

// DocumentsNumbered lists the documents of the tenant that the scope sees with one of
// some numbers, of any of its legal entities, newest first, 100 at most.
func DocumentsNumbered(tx *store.Tx, sc access.Scope, numbers []string) ([]Document, error) {
	entities, err := access.Entities(tx, sc.Tenant)
	if err != nil || len(numbers) == 0 {
		return nil, err
	}
	ids := make([]string, len(entities))
	for i, e := range entities {
		ids[i] = e.ID
	}
	args := []any{sc.Tenant}
	list, err := documents(tx, `tenant_id = $1 AND `+access.In("entity_id", ids, &args)+` AND `+access.In("number", numbers, &args)+` ORDER BY issued_at DESC, id DESC LIMIT 100`, args...)
	if err != nil {
		return nil, err
	}
	var seen []Document
	for _, d := range list {
		ok, err := d.seenBy(tx, sc)
		if err != nil {
			return nil, err
		}
		if ok {
			seen = append(seen, d)
		}
	}
	return seen, nil
}

// DocumentsOf lists the receipts and credit notes of a session, oldest first, 100
// at most.
func DocumentsOf(tx *store.Tx, session string) ([]Document, error) {
	return documents(tx, `session_id = $1 ORDER BY issued_at, id LIMIT 100`, session)
}

func documents(tx *store.Tx, where string, args ...any) ([]Document, error) {
	var decode error
	list, err := store.All(tx, scanDocument(&decode), `SELECT `+documentColumns+` FROM billing_document WHERE `+where, args...)
	if err == nil {
		err = decode
	}
	return list, err
}

// TenantOf is whose a document is, for the jobs that work on it.
func TenantOf(tx *store.Tx, document string) (string, error) {
	tenant, found, err := store.One(tx, func(r *store.Row) string { return r.Text(0) }, `SELECT tenant_id FROM billing_document WHERE id = $1`, document)
	if err == nil && !found {
		err = fail.New(fail.NotFound, "billing.TenantOf", "there is no document %q", document)
	}
	return tenant, err
}
