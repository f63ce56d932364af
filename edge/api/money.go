package api

import (
	"context"
	"time"

	"chargewright/base/money"
	"chargewright/base/store"
	"chargewright/core/access"
	"chargewright/core/billing"
	"chargewright/core/ledger"
)

// Document is what a document about money says at first sight.
type Document struct {
	ID        string    `json:"id"`
	Kind      string    `json:"kind" enum:"receipt,credit_note,statement"`
	Number    string    `json:"number" doc:"Without gap within the legal entity and kind"`
	SessionID *string   `json:"session_id" doc:"null of a statement"`
	EntityID  string    `json:"entity_id"`
	DriverID  *string   `json:"driver_id" doc:"Whom it is for; null: a guest, or nobody known"`
	Revision  int64     `json:"revision" doc:"Of a receipt: 1, and one more after each correction; else 0"`
	Corrects  *string   `json:"corrects_id" doc:"Of a credit note: the receipt that it gives back of"`
	Net       amount    `json:"net" doc:"Of a credit note: what goes back, not negative. Of a statement: 0"`
	Tax       amount    `json:"tax"`
	Gross     amount    `json:"gross"`
	IssuedAt  time.Time `json:"issued_at"`
}

// staffDocument is a document as staff see it in lists.
type staffDocument struct {
	Document
	Whom
}

// wholeDocument is a whole document as staff see it.
type wholeDocument struct {
	FullDocument
	Name *string `json:"driver_name" doc:"Of the driver it is for, else their mail address; null: there is none, they left, or who asks sees no people"`
}

type fullDocument struct {
	Document
	Seller        string         `json:"seller"`
	Country       string         `json:"country"`
	Site          string         `json:"site"`
	Address       string         `json:"address"`
	TimeZone      string         `json:"time_zone"`
	StationID     string         `json:"station_id"`
	EVSE          int64          `json:"evse_id"`
	TokenHint     string         `json:"token_hint" doc:"The end of the token"`
	StartedAt     time.Time      `json:"started_at"`
	StoppedAt     time.Time      `json:"stopped_at"`
	StopReason    string         `json:"stop_reason"`
	Estimated     bool           `json:"estimated"`
	EnergyMWh     int64          `json:"energy_mwh" doc:"In mWh: 1/1000 of a Wh"`
	FirstMWh      int64          `json:"first_register_mwh"`
	LastMWh       int64          `json:"last_register_mwh"`
	Signed        int            `json:"signed_readings"`
	TariffID      string         `json:"tariff_id"`
	TariffVersion string         `json:"tariff_version"`
	Price         string         `json:"price" doc:"The tariff in a sentence"`
	Lines         []documentLine `json:"lines"`
	Taxes         []documentTax  `json:"taxes"`
	SellerVATID   string         `json:"seller_vat_id" doc:"Of the registration under which it was sold; empty where tax was not determined"`
	TaxNote       string         `json:"tax_note" doc:"What the law wants said, in the buyer's language"`
	TaxReasons    []string       `json:"tax_reasons" doc:"How the tax came about; none: the tariff's own stood"`

	Buyer nullable[documentBuyer] `json:"buyer" doc:"null: a consumer"`
	Power []power                 `json:"power" doc:"Mean power between readings"`

	TaxIncluded bool                      `json:"tax_included" doc:"The lines' prices and amounts have the taxes in them"`
	Credit      nullable[documentCredit]  `json:"credit" doc:"Of a credit note"`
	Account     nullable[documentAccount] `json:"account" doc:"Of a statement"`
	Related     []Document                `json:"related" doc:"The other documents of the session, the oldest first"`
}

type documentCredit struct {
	Of       string    `json:"of" doc:"Number of the receipt"`
	OfIssued time.Time `json:"of_issued_at"`
	Reason   string    `json:"reason"`
	Whole    bool      `json:"whole" doc:"Nothing is left of the receipt"`
}

type documentAccount struct {
	From          time.Time     `json:"from"`
	To            time.Time     `json:"to" doc:"Exclusive"`
	Opening       amount        `json:"opening" doc:"What was owed at the beginning"`
	Closing       amount        `json:"closing" doc:"What is owed at the end; negative: it is owed to the driver"`
	WalletOpening amount        `json:"wallet_opening" doc:"What was paid ahead"`
	WalletClosing amount        `json:"wallet_closing"`
	Sessions      int           `json:"sessions"`
	EnergyMWh     int64         `json:"energy_mwh" doc:"In mWh: 1/1000 of a Wh"`
	Rows          []documentRow `json:"rows"`
	More          bool          `json:"more" doc:"There were more events than are listed; the balances know of all"`
}

type documentRow struct {
	At     time.Time `json:"at"`
	Kind   string    `json:"kind" doc:"settlement, credit, wallet, payment, refund or claim"`
	Number string    `json:"number" doc:"Of the document, or empty"`
	Site   string    `json:"site"`
	Owed   amount    `json:"owed" doc:"Added to what is owed"`
	Wallet amount    `json:"wallet" doc:"Added to what is paid ahead"`
}

type documentLine struct {
	Dimension string `json:"dimension"`
	Quantity  string `json:"quantity" doc:"Decimal"`
	Unit      string `json:"unit"`
	UnitPrice string `json:"unit_price" doc:"Decimal, in the major unit"`
	Amount    amount `json:"amount"`
}

type documentTax struct {
	Name    string `json:"name"`
	Percent string `json:"percent" doc:"Decimal"`
	Net     amount `json:"net"`
	Tax     amount `json:"tax"`
	Gross   amount `json:"gross"`

	PerKWh       string `json:"per_kwh" doc:"Decimal, in the major unit; empty: it is a percentage"`
	Category     string `json:"category" doc:"UNCL5305; empty where tax was not determined"`
	Jurisdiction string `json:"jurisdiction" doc:"ISO 3166-1 or -2"`
}

type documentBuyer struct {
	Kind    string `json:"kind" enum:"business,dealer"`
	Company string `json:"company"`
	Address string `json:"address"`
	Country string `json:"country"`
	VATID   string `json:"vat_id"`
}

type power struct {
	Start time.Time `json:"start"`
	End   time.Time `json:"end"`
	Watt  int64     `json:"w"`
}

func showDocument(d billing.Document) Document {
	return Document{
		ID: d.ID, Kind: string(d.Kind), Number: d.Number, SessionID: given(d.Session), EntityID: d.Entity, DriverID: given(d.Driver), Revision: d.Revision, Corrects: given(d.Corrects),
		Net: amountOf(d.Net, d.Currency), Tax: amountOf(d.Tax, d.Currency), Gross: amountOf(d.Gross, d.Currency), IssuedAt: d.IssuedAt.UTC(),
	}
}

func showFullDocument(d billing.Document, related []billing.Document) fullDocument {
	b := d.Body
	v := fullDocument{
		Document: showDocument(d), Seller: b.Seller, Country: b.Country, Site: b.Site, Address: b.Address, TimeZone: b.Zone, StationID: b.Station,
		EVSE: b.EVSE, TokenHint: b.Token, StartedAt: b.Start.UTC(), StoppedAt: b.End.UTC(), StopReason: b.Reason, Estimated: b.Estimated,
		EnergyMWh: int64(b.Energy), FirstMWh: int64(b.First), LastMWh: int64(b.Last), Signed: b.Signed, TariffID: b.Tariff, TariffVersion: b.Version,
		Price: b.Price, SellerVATID: b.SellerVAT, TaxNote: b.Note, TaxReasons: []string{}, Lines: []documentLine{}, Taxes: []documentTax{}, Power: []power{}, TaxIncluded: b.Included, Related: []Document{},
	}
	if b.Buyer != nil {
		v.Buyer = of(documentBuyer(*b.Buyer))
	}
	if b.Determined != nil {
		for _, x := range b.Determined.Reasons {
			v.TaxReasons = append(v.TaxReasons, string(x))
		}
	}
	for _, l := range b.Lines {
		v.Lines = append(v.Lines, documentLine{l.Dimension, l.Quantity, l.Unit, l.UnitPrice, amountOf(l.Minor, d.Currency)})
	}
	for _, t := range b.Taxes {
		v.Taxes = append(v.Taxes, documentTax{t.Name, t.Percent, amountOf(t.Net, d.Currency), amountOf(t.Tax, d.Currency), amountOf(t.Gross, d.Currency), t.PerKWh, t.Category, t.Jurisdiction})
	}
	for _, p := range b.Power {
		v.Power = append(v.Power, power{p.Start.UTC(), p.End.UTC(), p.Watt})
	}
	if c := b.Credit; c != nil {
		v.Credit = of(documentCredit{c.Of, time.Unix(c.OfIssued, 0).UTC(), c.Reason, c.Whole})
	}
	if b.Account != nil {
		v.Account = of(showAccount(*b.Account, d.Currency))
	}
	for _, x := range related {
		if x.ID != d.ID {
			v.Related = append(v.Related, showDocument(x))
		}
	}
	return v
}

func showAccount(a billing.AccountOf, c money.Currency) documentAccount {
	v := documentAccount{
		From: a.From.UTC(), To: a.To.UTC(), Opening: amountOf(a.Opening, c), Closing: amountOf(a.Closing, c), WalletOpening: amountOf(a.WalletOpening, c),
		WalletClosing: amountOf(a.WalletClosing, c), Sessions: a.Sessions, EnergyMWh: int64(a.Energy), Rows: []documentRow{}, More: a.More,
	}
	for _, r := range a.Rows {
		v.Rows = append(v.Rows, documentRow{r.At.UTC(), r.Kind, r.Number, r.Site, amountOf(r.Owed, c), amountOf(r.Wallet, c)})
	}
	return v
}

func (s *server) getDocument(ctx context.Context, sc access.Scope, in *struct {
	ID string `path:"id" maxLength:"100" doc:"The document's id, or its session's: then its receipt in force"`
	Reading
}) (wholeDocument, error) {
	return store.Read(ctx, s.o.DB, func(tx *store.Tx) (wholeDocument, error) {
		d, err := billing.GetDocument(tx, sc, in.ID)
		if err != nil {
			return wholeDocument{}, err
		}
		row, err := one(showDocuments(tx, sc, []billing.Document{d}))
		if err != nil {
			return wholeDocument{}, err
		}
		v, err := withRelated(tx, d)
		return wholeDocument{v, row.Name}, err
	})
}

func withRelated(tx *store.Tx, d billing.Document) (fullDocument, error) {
	var related []billing.Document
	if d.Session != "" {
		var err error
		if related, err = billing.DocumentsOf(tx, d.Session); err != nil {
			return fullDocument{}, err
		}
	}
	return showFullDocument(d, related), nil
}

// DocumentFilter narrows a list of documents.
type DocumentFilter struct {
	Kind      string `query:"kind" enum:"receipt,credit_note,statement" doc:"Only of this kind"`
	DriverID  string `query:"driver_id" maxLength:"100" doc:"Only those made out to this driver"`
	SessionID string `query:"session_id" maxLength:"100" doc:"Only those of this session"`
	Number    string `query:"number" maxLength:"60" doc:"Only with this number"`
	Q         string `query:"q" maxLength:"60" doc:"Part of the number"`
}

func (f DocumentFilter) filter() billing.DocumentFilter {
	return billing.DocumentFilter{Kind: billing.DocumentKind(f.Kind), Driver: f.DriverID, Session: f.SessionID, Number: f.Number, Text: f.Q}
}

type documentQuery struct {
	Page
	DocumentFilter
}

func (s *server) listDocuments(ctx context.Context, sc access.Scope, in *documentQuery) (list[staffDocument], error) {
	after, err := in.after(1)
	if err != nil {
		return list[staffDocument]{}, err
	}
	return store.Read(ctx, s.o.DB, func(tx *store.Tx) (list[staffDocument], error) {
		rows, err := billing.Documents(tx, sc, in.filter(), after.at, after.keys[0], in.Limit+1)
		if err != nil {
			return list[staffDocument]{}, err
		}
		return rowsOf(rows, in.Limit, func(d billing.Document) place { return byTime(d.IssuedAt, d.ID) },
			func(rows []billing.Document) ([]staffDocument, error) { return showDocuments(tx, sc, rows) })
	})
}

type cdr struct {
	ID        string    `json:"id"`
	SessionID string    `json:"session_id"`
	Currency  string    `json:"currency"`
	EnergyWh  int64     `json:"energy_wh"`
	TotalExcl *string   `json:"total_excl_vat" doc:"Exact to four decimals; null where the tariff does not name the taxes in its prices"`
	TotalIncl string    `json:"total_incl_vat" doc:"Exact to four decimals"`
	Rating    document  `json:"rating" doc:"In the form of chargewright rate"`
	CreatedAt time.Time `json:"created_at"`
}

func showCDR(c billing.CDR) cdr {
	v := cdr{
		ID: c.ID, SessionID: c.Session, Currency: c.Currency, EnergyWh: c.Energy.WattHours(), TotalIncl: c.TotalIncl, Rating: documentOf(c.Body),
		CreatedAt: c.CreatedAt.UTC(),
	}
	if c.TotalExcl != "" {
		v.TotalExcl = &c.TotalExcl
	}
	return v
}

func (s *server) listCDRs(ctx context.Context, sc access.Scope, in *pageQuery) (list[cdr], error) {
	after, err := in.after(1)
	if err != nil {
		return list[cdr]{}, err
	}
	return store.Read(ctx, s.o.DB, func(tx *store.Tx) (list[cdr], error) {
		rows, err := billing.CDRs(tx, sc, after.at, after.keys[0], in.Limit+1)
		return pageOf(rows, in.Limit, showCDR, func(c billing.CDR) place { return byTime(c.CreatedAt, c.ID) }), err
	})
}

type balance struct {
	Account string `json:"account" doc:"A path, the most general part first"`
	Balance amount `json:"balance" doc:"Debits are positive"`
}

func (s *server) listBalances(ctx context.Context, sc access.Scope, in *struct {
	Page
	Prefix string `query:"prefix" maxLength:"200" doc:"An account and those below it; with a final slash only those below"`
}) (list[balance], error) {
	after, err := in.after(2)
	if err != nil {
		return list[balance]{}, err
	}
	from := ledger.Balance{Account: after.keys[0], Currency: after.keys[1]}
	return store.Read(ctx, s.o.DB, func(tx *store.Tx) (list[balance], error) {
		rows, err := ledger.BalancesAfter(tx, sc, in.Prefix, from, in.Limit+1)
		return pageOf(rows, in.Limit,
			func(b ledger.Balance) balance {
				return balance{b.Account, amountOf(b.Minor, money.Currency(b.Currency))}
			},
			func(b ledger.Balance) place { return place{keys: []string{b.Account, b.Currency}} }), err
	})
}
