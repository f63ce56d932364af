package plan

import (
	"chargewright/base/fail"
	"chargewright/base/money"
	"chargewright/base/store"
	"chargewright/core/ledger"
)

// Wallet is a driver's money in one currency, in minor units.
type Wallet struct {
	Currency   money.Currency
	Balance    int64 // what we owe the driver
	Promised   int64 // of it, to open sessions
	AutoBelow  int64 // where less is free, AutoAmount is added; 0 with AutoAmount 0: never
	AutoAmount int64
	Topping    string // the payment that adds to it at this moment; "" for none
}

// Free is what a session may begin on.
func (w Wallet) Free() int64 { return max(w.Balance-w.Promised, 0) }

// AnyFree reports whether anything is free of a driver's money, in any currency.
func AnyFree(tx *store.Tx, tenant, driver string) (bool, error) {
	balances, err := ledger.Balances(tx, tenant, Account(driver))
	for _, b := range balances {
		if b.Minor >= 0 { // a wallet is a credit
			continue
		}
		w, err := Get(tx, tenant, driver, money.Currency(b.Currency))
		if err != nil || w.Free() > 0 {
			return err == nil, err
		}
	}
	return false, err
}

// Due is what is to be added by itself now; 0 for nothing.
func (w Wallet) Due() int64 {
	if w.AutoAmount == 0 || w.Topping != "" || w.Balance-w.Promised >= w.AutoBelow {
		return 0
	}
	return w.AutoAmount
}

// MaxTopUp bounds one top-up, in major units.
const MaxTopUp = 10_000

// Account is the driver's wallet in the ledger.
func Account(driver string) string { return "wallet/driver/" + driver }

// Get returns a driver's wallet in a currency, empty if it was never used.
func Get(tx *store.Tx, tenant, driver string, c money.Currency) (Wallet, error) {
	w, _, err := store.One(tx, func(r *store.Row) Wallet {
		return Wallet{AutoBelow: r.Int(0), AutoAmount: r.Int(1), Topping: r.Text(2)}
	}, `SELECT auto_below_minor, auto_amount_minor, topping FROM plan_wallet WHERE tenant_id = $1 AND driver_id = $2 AND currency = $3`, tenant, driver, string(c))
	if err != nil {
		return w, err
	}
	w.Currency = c
	owed, err := ledger.BalanceOf(tx, tenant, Account(driver), c)
	if err != nil {
		return w, err
	}
	w.Balance = -owed // a credit
	w.Promised, _, err = store.One(tx, func(r *store.Row) int64 { return r.Int(0) },
		`SELECT COALESCE(CAST(SUM(amount_minor) AS BIGINT), 0) FROM plan_promise WHERE tenant_id = $1 AND driver_id = $2 AND currency = $3`, tenant, driver, string(c))
	return w, err
}

// SetAuto says below which free amount a wallet is topped up by itself, and by
// how much; 0 and 0 is never.
func SetAuto(tx *store.Tx, tenant, driver string, c money.Currency, below, amount int64) error {
	const op = "plan.SetAuto"
	most := MaxTopUp * money.Pow10(c.Exponent())
	switch {
	case below < 0 || below > most:
		return fail.Field(op, "auto_below", "it is not between 0 and %s", money.Amount{Minor: most, Currency: c})
	case amount < 0 || amount > most:
		return fail.Field(op, "auto_amount", "it is not between 0 and %s", money.Amount{Minor: most, Currency: c})
	case amount == 0 && below != 0:
		return fail.Field(op, "auto_amount", "it is needed where the wallet is to fill itself")
	}
	_, err := tx.Exec(`INSERT INTO plan_wallet (tenant_id, driver_id, currency, auto_below_minor, auto_amount_minor, topping, updated_at)
		VALUES ($1, $2, $3, $4, $5, '', $6)
		ON CONFLICT (tenant_id, driver_id, currency) DO UPDATE SET auto_below_minor = excluded.auto_below_minor,
			auto_amount_minor = excluded.auto_amount_minor, updated_at = excluded.updated_at`, tenant, driver, string(c), below, amount, tx.Now())
	return err
}

// Topping records which payment adds to a wallet by itself at this moment, "" for
// none any more.
func Topping(tx *store.Tx, tenant, driver string, c money.Currency, payment string) {
	tx.Write(`UPDATE plan_wallet SET topping = $4, updated_at = $5 WHERE tenant_id = $1 AND driver_id = $2 AND currency = $3`, tenant, driver, string(c), payment, tx.Now())
}

// Promise keeps an amount of what is free for an object, an open session, and
// returns how much: at most what is free. A promise made before is replaced.
func Promise(tx *store.Tx, tenant, driver, object string, want money.Amount) (int64, error) {
	Release(tx, tenant, object)
	w, err := Get(tx, tenant, driver, want.Currency)
	if err != nil {
		return 0, err
	}
	n := min(want.Minor, w.Free())
	if n <= 0 {
		return 0, nil
	}
	_, err = tx.Exec(`INSERT INTO plan_promise (tenant_id, object_id, driver_id, currency, amount_minor, made_at) VALUES ($1, $2, $3, $4, $5, $6)`,
		tenant, object, driver, string(want.Currency), n, tx.Now())
	return n, err
}

// Promised returns what is kept for an object, 0 for nothing.
func Promised(tx *store.Tx, tenant, object string) (int64, error) {
	n, _, err := store.One(tx, func(r *store.Row) int64 { return r.Int(0) },
		`SELECT amount_minor FROM plan_promise WHERE tenant_id = $1 AND object_id = $2`, tenant, object)
	return n, err
}

// Release ends the promise for an object, if there is one.
func Release(tx *store.Tx, tenant, object string) {
	tx.Write(`DELETE FROM plan_promise WHERE tenant_id = $1 AND object_id = $2`, tenant, object)
}

// Payment is what is taken from a wallet for a cause.
type Payment struct {
	Tenant, Entity, Driver string
	Cause                  string // unique in the tenant, "wallet/<session>"
	To                     string // the account that is credited
	Due                    money.Amount
}

// Pay takes what is due from a wallet, as far as it is free, and returns how much
// that was: who held a promise for the cause releases it before. A cause is paid once: again it returns what was taken then.
func Pay(tx *store.Tx, p Payment) (int64, error) {
	taken, found, err := ledger.Posted(tx, p.Tenant, p.Cause, Account(p.Driver))
	if err != nil || found {
		return taken.Minor, err
	}
	w, err := Get(tx, p.Tenant, p.Driver, p.Due.Currency)
	n := min(p.Due.Minor, w.Free())
	if err != nil || n <= 0 {
		return 0, err
	}
	_, _, err = ledger.Post(tx, ledger.Journal{
		Tenant: p.Tenant, Entity: p.Entity, Cause: p.Cause, Kind: "wallet", Postings: []ledger.Posting{
			{Account: Account(p.Driver), Amount: money.Amount{Minor: n, Currency: p.Due.Currency}},
			{Account: p.To, Amount: money.Amount{Minor: -n, Currency: p.Due.Currency}},
		},
	})
	return n, err
}
