package billing

import (
	"encoding/json"
	"time"

	"chargewright/base/energy"
	"chargewright/base/fail"
	"chargewright/base/money"
	"chargewright/base/store"
	"chargewright/core/access"
	"chargewright/core/session"
	"chargewright/core/tariff"
)

// Receipt is the document of a settled session. It is immutable.
type Receipt struct {
	ID       string         `json:"id"`
	Tenant   string         `json:"-"`
	Entity   string         `json:"entity_id"`
	Session  string         `json:"session_id"`
	Number   string         `json:"number"`
	Currency money.Currency `json:"currency"`
	Net      int64          `json:"net_minor"`
	Tax      int64          `json:"tax_minor"`
	Gross    int64          `json:"gross_minor"`
	Body     Body           `json:"body"`
	IssuedAt time.Time      `json:"issued_at"`
}

// Body is what a receipt tells its reader.
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
}

// ShownPrice is the price as the driver was told: see session.Shown.
type ShownPrice struct {
	How      string    `json:"how"`
	Language string    `json:"language"`
	Words    string    `json:"words"`
	Digest   string    `json:"digest"`
	At       time.Time `json:"at"`
}

// Line is one line of a receipt. Quantity and UnitPrice are exact decimals.
type Line struct {
	Dimension string `json:"dimension"`
	Quantity  string `json:"quantity"`
	Unit      string `json:"unit"`
	UnitPrice string `json:"unit_price"`
	Minor     int64  `json:"amount_minor"`
}

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

const receiptColumns = `id, tenant_id, entity_id, session_id, number, currency, net_minor, tax_minor, gross_minor, body, issued_at`

func scanReceipt(decode *error) func(r *store.Row) Receipt {
	return func(r *store.Row) Receipt {
		c := Receipt{
			ID: r.Text(0), Tenant: r.Text(1), Entity: r.Text(2), Session: r.Text(3), Number: r.Text(4), Currency: money.Currency(r.Text(5)),
			Net: r.Int(6), Tax: r.Int(7), Gross: r.Int(8), IssuedAt: r.Time(10),
		}
		if err := json.Unmarshal([]byte(r.Text(9)), &c.Body); err != nil {
			*decode = fail.Wrap(fail.Internal, "billing.receipt", err)
		}
		return c
	}
}

// GetReceipt returns a receipt of a session that the scope sees, by its id or by
// its session's.
func GetReceipt(tx *store.Tx, sc access.Scope, key string) (Receipt, error) {
	var decode error
	c, found, err := store.One(tx, scanReceipt(&decode), `SELECT `+receiptColumns+` FROM billing_receipt WHERE tenant_id = $1 AND (id = $2 OR session_id = $2) LIMIT 1`, sc.Tenant, key)
	if err != nil {
		return c, err
	}
	if found && sc.Limited() {
		if _, err := session.Get(tx, sc, c.Session); fail.Is(err, fail.NotFound) {
			found = false
		} else if err != nil {
			return Receipt{}, err
		}
	}
	if !found {
		return Receipt{}, fail.New(fail.NotFound, "billing.GetReceipt", "there is no receipt %q", key)
	}
	return c, decode
}

// Receipts lists up to limit receipts of the tenant, newest first, issued
// before the given one (zero values: from the newest on). The books are the
// tenant's as a whole: who sees some sites only is shown none.
func Receipts(tx *store.Tx, sc access.Scope, beforeAt time.Time, before string, limit int) ([]Receipt, error) {
	if sc.Limited() {
		return nil, nil
	}
	if beforeAt.IsZero() {
		beforeAt = time.Unix(1<<40, 0)
	}
	var decode error
	cs, err := store.All(tx, scanReceipt(&decode), `SELECT `+receiptColumns+` FROM billing_receipt
		WHERE tenant_id = $1 AND (issued_at < $2 OR (issued_at = $2 AND id < $3)) ORDER BY issued_at DESC, id DESC LIMIT $4`, sc.Tenant, beforeAt, before, limit)
	if err == nil {
		err = decode
	}
	return cs, err
}
