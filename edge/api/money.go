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

// Receipt is what a receipt says at first sight.
type Receipt struct {
	ID        string    `json:"id"`
	Number    string    `json:"number" doc:"Without gap within the legal entity"`
	SessionID string    `json:"session_id"`
	EntityID  string    `json:"entity_id"`
	Net       amount    `json:"net"`
	Tax       amount    `json:"tax"`
	Gross     amount    `json:"gross"`
	IssuedAt  time.Time `json:"issued_at"`
}

type fullReceipt struct {
	Receipt
	Seller        string        `json:"seller"`
	Country       string        `json:"country"`
	Site          string        `json:"site"`
	Address       string        `json:"address"`
	TimeZone      string        `json:"time_zone"`
	StationID     string        `json:"station_id"`
	EVSE          int64         `json:"evse_id"`
	TokenHint     string        `json:"token_hint" doc:"The end of the token"`
	StartedAt     time.Time     `json:"started_at"`
	StoppedAt     time.Time     `json:"stopped_at"`
	StopReason    string        `json:"stop_reason"`
	Estimated     bool          `json:"estimated"`
	EnergyMWh     int64         `json:"energy_mwh" doc:"In mWh: 1/1000 of a Wh"`
	FirstMWh      int64         `json:"first_register_mwh"`
	LastMWh       int64         `json:"last_register_mwh"`
	Signed        int           `json:"signed_readings"`
	TariffID      string        `json:"tariff_id"`
	TariffVersion string        `json:"tariff_version"`
	Price         string        `json:"price" doc:"The tariff in a sentence"`
	Lines         []receiptLine `json:"lines"`
	Taxes         []receiptTax  `json:"taxes"`
	SellerVATID   string        `json:"seller_vat_id" doc:"Of the registration under which it was sold; empty where tax was not determined"`
	TaxNote       string        `json:"tax_note" doc:"What the law wants said, in the buyer's language"`
	TaxReasons    []string      `json:"tax_reasons" doc:"How the tax came about; none: the tariff's own stood"`

	Buyer nullable[receiptBuyer] `json:"buyer" doc:"null: a consumer"`
	Power []power                `json:"power" doc:"Mean power between readings"`
}

type receiptLine struct {
	Dimension string `json:"dimension"`
	Quantity  string `json:"quantity" doc:"Decimal"`
	Unit      string `json:"unit"`
	UnitPrice string `json:"unit_price" doc:"Decimal, in the major unit"`
	Amount    amount `json:"amount"`
}

type receiptTax struct {
	Name    string `json:"name"`
	Percent string `json:"percent" doc:"Decimal"`
	Net     amount `json:"net"`
	Tax     amount `json:"tax"`
	Gross   amount `json:"gross"`

	PerKWh       string `json:"per_kwh" doc:"Decimal, in the major unit; empty: it is a percentage"`
	Category     string `json:"category" doc:"UNCL5305; empty where tax was not determined"`
	Jurisdiction string `json:"jurisdiction" doc:"ISO 3166-1 or -2"`
}

type receiptBuyer struct {
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

func showReceipt(r billing.Receipt) Receipt {
	return Receipt{
		ID: r.ID, Number: r.Number, SessionID: r.Session, EntityID: r.Entity, Net: amountOf(r.Net, r.Currency), Tax: amountOf(r.Tax, r.Currency),
		Gross: amountOf(r.Gross, r.Currency), IssuedAt: r.IssuedAt.UTC(),
	}
}

func showFullReceipt(r billing.Receipt) fullReceipt {
	b := r.Body
	v := fullReceipt{
		Receipt: showReceipt(r), Seller: b.Seller, Country: b.Country, Site: b.Site, Address: b.Address, TimeZone: b.Zone, StationID: b.Station,
		EVSE: b.EVSE, TokenHint: b.Token, StartedAt: b.Start.UTC(), StoppedAt: b.End.UTC(), StopReason: b.Reason, Estimated: b.Estimated,
		EnergyMWh: int64(b.Energy), FirstMWh: int64(b.First), LastMWh: int64(b.Last), Signed: b.Signed, TariffID: b.Tariff, TariffVersion: b.Version,
		Price: b.Price, SellerVATID: b.SellerVAT, TaxNote: b.Note, TaxReasons: []string{},
	}
	if b.Buyer != nil {
		v.Buyer = of(receiptBuyer(*b.Buyer))
	}
	if b.Determined != nil {
		for _, x := range b.Determined.Reasons {
			v.TaxReasons = append(v.TaxReasons, string(x))
		}
	}
	for _, l := range b.Lines {
		v.Lines = append(v.Lines, receiptLine{l.Dimension, l.Quantity, l.Unit, l.UnitPrice, amountOf(l.Minor, r.Currency)})
	}
	for _, t := range b.Taxes {
		v.Taxes = append(v.Taxes, receiptTax{t.Name, t.Percent, amountOf(t.Net, r.Currency), amountOf(t.Tax, r.Currency), amountOf(t.Gross, r.Currency), t.PerKWh, t.Category, t.Jurisdiction})
	}
	for _, p := range b.Power {
		v.Power = append(v.Power, power{p.Start.UTC(), p.End.UTC(), p.Watt})
	}
	return v
}

func (s *server) getReceipt(ctx context.Context, sc access.Scope, in *struct {
	ID string `path:"id" maxLength:"100" doc:"The receipt's id or its session's"`
	Reading
}) (fullReceipt, error) {
	return store.Read(ctx, s.o.DB, func(tx *store.Tx) (fullReceipt, error) {
		r, err := billing.GetReceipt(tx, sc, in.ID)
		if err != nil {
			return fullReceipt{}, err
		}
		return showFullReceipt(r), nil
	})
}

func (s *server) listReceipts(ctx context.Context, sc access.Scope, in *pageQuery) (list[Receipt], error) {
	after, err := in.after(1)
	if err != nil {
		return list[Receipt]{}, err
	}
	return store.Read(ctx, s.o.DB, func(tx *store.Tx) (list[Receipt], error) {
		rows, err := billing.Receipts(tx, sc, after.at, after.keys[0], in.Limit+1)
		return pageOf(rows, in.Limit, showReceipt, func(r billing.Receipt) place { return byTime(r.IssuedAt, r.ID) }), err
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
