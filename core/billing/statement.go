package billing

import (
	"context"
	"strings"
	"time"

	"chargewright/base/energy"
	"chargewright/base/money"
	"chargewright/base/store"
	"chargewright/core/access"
	"chargewright/core/ledger"
	"chargewright/core/notify"
	"chargewright/core/plan"
)

// AccountOf is what a statement tells of a driver's account with a legal entity in
// one currency: what they owe, and what they paid ahead. Amounts are minor units.
type AccountOf struct {
	From          time.Time     `json:"from"`
	To            time.Time     `json:"to"` // exclusive
	Opening       int64         `json:"opening_minor"`
	Closing       int64         `json:"closing_minor"` // what the driver owes; negative is owed to them
	WalletOpening int64         `json:"wallet_opening_minor"`
	WalletClosing int64         `json:"wallet_closing_minor"`
	Sessions      int           `json:"sessions"`
	Energy        energy.Energy `json:"energy_mwh"`
	Rows          []AccountRow  `json:"rows"`
	More          bool          `json:"more,omitempty"` // there are more than are listed; the balances know of all
}

// AccountRow is what one event did to the account.
type AccountRow struct {
	At     time.Time `json:"at"`
	Kind   string    `json:"kind"`             // of the journal: settlement, credit, wallet, payment, refund, claim
	Number string    `json:"number,omitempty"` // of the document
	Site   string    `json:"site,omitempty"`
	Owed   int64     `json:"owed_minor"`   // added to what is owed
	Wallet int64     `json:"wallet_minor"` // added to what is paid ahead
}

// maxStatement bounds the rows of a statement.
const maxStatement = 1000

// State issues a driver's statement of the calendar month, in the entity's zone,
// that a time is in, once; found is false where nothing happened in it.
func State(tx *store.Tx, tenant string, e access.Entity, driver string, c money.Currency, at time.Time) (d Document, found bool, err error) {
	from, to := month(at.In(e.Location()))
	cause := strings.Join([]string{"statement", e.ID, driver, string(c), from.Format("2006-01")}, "/")
	if d, found, err = byCause(tx, tenant, cause); err != nil || found {
		return d, found, err
	}
	owed, wallet := receivable(driver), plan.Account(driver)
	a := AccountOf{From: from, To: to}
	for _, x := range []struct {
		into    *int64
		account string
		at      time.Time
	}{{&a.Opening, owed, from}, {&a.Closing, owed, to}, {&a.WalletOpening, wallet, from}, {&a.WalletClosing, wallet, to}} {
		if *x.into, err = ledger.BalanceAt(tx, e.ID, x.account, c, x.at); err != nil {
			return d, false, err
		}
	}
	a.WalletOpening, a.WalletClosing = -a.WalletOpening, -a.WalletClosing
	entries, err := ledger.Entries(tx, e.ID, []string{owed, wallet}, c, from, to, 2*maxStatement)
	if err != nil || len(entries) == 0 {
		return d, false, err
	}
	for i, x := range entries {
		if i == 0 || entries[i-1].Journal != x.Journal {
			if len(a.Rows) == maxStatement {
				a.More = true
				break
			}
			row, err := a.row(tx, tenant, x)
			if err != nil {
				return d, false, err
			}
			a.Rows = append(a.Rows, row)
		}
		if row := &a.Rows[len(a.Rows)-1]; x.Account == owed {
			row.Owed += x.Minor
		} else {
			row.Wallet -= x.Minor
		}
	}
	a.More = a.More || len(entries) == 2*maxStatement
	d, err = Document{
		Tenant: tenant, Entity: e.ID, Kind: Statement, Driver: driver, Currency: c, cause: cause,
		Body: Body{Seller: e.Name, Country: e.Country, Zone: e.Zone, Account: &a},
	}.issue(tx, e)
	if err != nil {
		return d, false, err
	}
	return d, true, notify.Publish(tx, notify.Event{Tenant: tenant, Type: notify.ReceiptIssued, Object: d.ID})
}

// row begins the row of a journal, and counts the session that it bills.
func (a *AccountOf) row(tx *store.Tx, tenant string, x ledger.Entry) (AccountRow, error) {
	row := AccountRow{At: x.At, Kind: x.Kind}
	if x.Kind != "settlement" && x.Kind != "credit" {
		return row, nil
	}
	d, found, err := byCause(tx, tenant, x.Cause)
	if err != nil || !found {
		return row, err
	}
	row.Number, row.Site = d.Number, d.Body.Site
	if d.Kind == Receipt && d.Revision == 1 {
		a.Sessions++
		a.Energy += d.Body.Energy
	}
	return row, nil
}

// month is the calendar month that a time is in, in its zone.
func month(at time.Time) (from, to time.Time) {
	from = time.Date(at.Year(), at.Month(), 1, 0, 0, 0, 0, at.Location())
	return from, from.AddDate(0, 1, 0)
}

// statementBatch is for how many accounts statements are made in one transaction.
const statementBatch = 100

// afterMonth is how long a month is over before it is stated: what was booked in its
// last moments is committed by then.
const afterMonth = time.Hour

// Statements issues the statements of the last month that is over since an hour, of
// every legal entity in its own zone, that are not issued yet. It returns how many were looked at, and
// may be run as often as one likes.
func Statements(ctx context.Context, db *store.DB, now time.Time) (n int, err error) {
	for entity := ""; ; {
		var tenants []string
		list, err := store.Read(ctx, db, func(tx *store.Tx) (list []access.Entity, err error) {
			tenants, list, err = access.EntitiesAfter(tx, entity, statementBatch)
			return list, err
		})
		if err != nil || len(list) == 0 {
			return n, err
		}
		for i, e := range list {
			made, err := statementsOf(ctx, db, tenants[i], e, now)
			if n += made; err != nil {
				return n, err
			}
		}
		entity = list[len(list)-1].ID
	}
}

func statementsOf(ctx context.Context, db *store.DB, tenant string, e access.Entity, now time.Time) (n int, err error) {
	this, _ := month(now.Add(-afterMonth).In(e.Location()))
	from, to := month(this.AddDate(0, 0, -1))
	for _, below := range []string{receivable(""), plan.Account("")} {
		for after := (ledger.Balance{}); ; {
			list, err := store.Read(ctx, db, func(tx *store.Tx) ([]ledger.Balance, error) {
				return ledger.Moved(tx, e.ID, below, from, to, after, statementBatch)
			})
			if err != nil {
				return n, err
			}
			if len(list) == 0 {
				break
			}
			if _, err := store.Do(ctx, db, e.ID, func(tx *store.Tx) (struct{}, error) {
				for _, b := range list {
					if _, _, err := State(tx, tenant, e, strings.TrimPrefix(b.Account, below), money.Currency(b.Currency), from); err != nil {
						return struct{}{}, err
					}
				}
				return struct{}{}, nil
			}); err != nil {
				return n, err
			}
			n, after = n+len(list), list[len(list)-1]
		}
	}
	return n, nil
}
