package payment

import (
	"context"
	"maps"
	"slices"
	"time"

	"chargewright/base/fail"
	"chargewright/base/money"
	"chargewright/base/store"
	"chargewright/core/access"
	"chargewright/core/ledger"
)

// Books are whose balance a provider reports: fees and payouts are theirs.
type Books struct{ Tenant, Entity string }

// How far an import reaches back before the newest movement that is known, for
// what providers list late, and how much one takes.
const (
	overlap  = 3 * 24 * time.Hour
	maxPages = 1_000
)

// Import takes over what a provider reports of our balance, since three days
// before the newest that is known; the first time all of it. It may be run as
// often as one likes: an entry is taken once. Fees and payouts are booked with
// it; charges, refunds and disputes are only compared, since they are booked when
// they are seen. It returns how many entries were new. A provider that reports
// nothing has none.
func Import(ctx context.Context, db *store.DB, ps Providers, provider string, of Books) (fresh int, err error) {
	from, err := ps.named(provider)
	if err != nil {
		return 0, err
	}
	r, ok := from.(Reporter)
	if !ok {
		return 0, nil
	}
	newest, err := store.Read(ctx, db, func(tx *store.Tx) (time.Time, error) {
		at, _, err := store.One(tx, func(r *store.Row) time.Time { return r.Time(0) },
			`SELECT moved_at FROM payment_movement WHERE tenant_id = $1 AND provider = $2 ORDER BY moved_at DESC, ref DESC LIMIT 1`, of.Tenant, provider)
		return at, err
	})
	if err != nil {
		return 0, err
	}
	since := time.Unix(0, 0).UTC()
	if !newest.IsZero() {
		since = newest.Add(-overlap)
	}
	after := ""
	for range maxPages {
		list, next, err := page(ctx, r, since, after)
		if err != nil {
			return fresh, fail.Wrap(fail.Unavailable, "payment.Import", err)
		}
		n, err := store.Do(ctx, db, "payment/import/"+provider, func(tx *store.Tx) (int, error) { return take(tx, provider, of, list) })
		if fresh += n; err != nil || next == "" {
			return fresh, err
		}
		if next == after {
			break
		}
		after = next
	}
	return fresh, fail.New(fail.Internal, "payment.Import", "the report of %s does not end", provider)
}

func page(ctx context.Context, r Reporter, since time.Time, after string) ([]Movement, string, error) {
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	return r.Movements(ctx, since, after)
}

// MovedStrange is the kind of a movement that does not add up or is in no
// currency: it is booked nowhere, and Checks are off by what it lacks.
const MovedStrange MovementKind = "strange"

// take writes those of a list that are new.
func take(tx *store.Tx, provider string, of Books, list []Movement) (fresh int, err error) {
	for _, m := range list {
		if m.Gross != m.Fee+m.Net || !m.Currency.Known() {
			m.Kind = MovedStrange
		}
		n, err := tx.Exec(`INSERT INTO payment_movement (provider, ref, tenant_id, entity_id, kind, charge, gross_minor, fee_minor, net_minor, currency, moved_at, available_at, imported_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) ON CONFLICT (provider, ref) DO NOTHING`,
			provider, m.Ref, of.Tenant, of.Entity, m.Kind, m.Charge, m.Gross, m.Fee, m.Net, string(m.Currency), m.At, m.AvailableAt, tx.Now())
		if err != nil {
			return fresh, err
		}
		if n == 0 {
			continue
		}
		fresh++
		if err := place(tx, provider, of, m); err != nil {
			return fresh, err
		}
	}
	return fresh, nil
}

// place books a movement, or lays it beside what our books say of its charge.
func place(tx *store.Tx, provider string, of Books, m Movement) error {
	t := transfer{cause: "movement/" + provider + "/" + m.Ref, kind: "movement", credit: "clearing/" + provider}
	fee := m.Fee
	switch m.Kind {
	case MovedStrange:
		theirs(tx, provider, of, m)
		return nil
	case MovedFee:
		fee = -m.Net
	case MovedPayout:
		t.debit = append(t.debit, leg{"bank/" + provider, -m.Gross})
	default:
		theirs(tx, provider, of, m)
	}
	t.debit = append(t.debit, leg{"fees/" + provider, fee})
	return postFor(tx, ledger.Journal{Tenant: of.Tenant, Entity: of.Entity}, m.Currency, t)
}

func theirs(tx *store.Tx, provider string, of Books, m Movement) {
	charge := m.Charge
	if charge == "" {
		charge = m.Ref
	}
	tx.Write(`INSERT INTO payment_item (provider, charge, kind, currency, tenant_id, ours_minor, theirs_minor, theirs_at)
		VALUES ($1, $2, $3, $4, $5, 0, $6, $7)
		ON CONFLICT (provider, charge, kind, currency) DO UPDATE SET theirs_minor = payment_item.theirs_minor + excluded.theirs_minor, theirs_at = excluded.theirs_at`,
		provider, charge, m.Kind, string(m.Currency), of.Tenant, m.Gross, m.At)
}

// Match is how our books and a provider's report agree on one thing.
type Match string

// The matches. There is no tolerance.
const (
	Matched   Match = "matched"
	InTransit Match = "in_transit" // booked by us, not reported yet
	NotOurs   Match = "not_ours"   // reported, and not in our books
	Differs   Match = "differs"    // both, with other amounts
)

// Item is what moved on one charge, of one kind: in our books and as the
// provider says. Amounts are minor units, negative away from our account.
type Item struct {
	Provider string
	Charge   string // the provider's reference
	Kind     MovementKind
	Currency money.Currency
	Payment  string // "" where we know none
	Ours     int64
	Theirs   int64
	OursAt   time.Time // when we last booked something; zero: never
	TheirsAt time.Time // when the last reported of it happened; zero: nothing is
}

// Match says how the two agree.
func (i Item) Match() Match {
	switch {
	case i.Ours == i.Theirs:
		return Matched
	case i.TheirsAt.IsZero():
		return InTransit
	case i.OursAt.IsZero():
		return NotOurs
	}
	return Differs
}

// Age is for how long the two have not agreed; 0 while they do.
func (i Item) Age(now time.Time) time.Duration {
	if i.Ours == i.Theirs {
		return 0
	}
	at := i.OursAt
	if i.TheirsAt.After(at) {
		at = i.TheirsAt
	}
	return max(now.Sub(at), 0)
}

const itemColumns = `provider, charge, kind, currency, payment_id, ours_minor, theirs_minor, ours_at, theirs_at`

func scanItem(r *store.Row) Item {
	return Item{
		Provider: r.Text(0), Charge: r.Text(1), Kind: MovementKind(r.Text(2)), Currency: money.Currency(r.Text(3)), Payment: r.Text(4),
		Ours: r.Int(5), Theirs: r.Int(6), OursAt: r.Time(7), TheirsAt: r.Time(8),
	}
}

// Items lists up to limit items of a provider, by charge, kind and currency,
// those after the given one; open ones only where the two do not agree. Who sees
// some sites only, and drivers, are shown none.
func Items(tx *store.Tx, sc access.Scope, provider string, open bool, after Item, limit int) ([]Item, error) {
	if sc.Limited() || sc.Role == access.DriverRole {
		return nil, nil
	}
	only := ""
	if open {
		only = " AND ours_minor <> theirs_minor"
	}
	return store.All(tx, scanItem, `SELECT `+itemColumns+` FROM payment_item WHERE tenant_id = $1 AND provider = $2`+only+`
		AND (charge > $3 OR (charge = $3 AND (kind > $4 OR (kind = $4 AND currency > $5)))) ORDER BY charge, kind, currency LIMIT $6`,
		sc.Tenant, provider, after.Charge, after.Kind, string(after.Currency), limit)
}

// Check is what the books and a provider's report say of our balance with it,
// in minor units of a currency. They agree if Off is 0.
type Check struct {
	Provider  string
	Currency  money.Currency
	Clearing  int64 // of the ledger
	Reported  int64 // the sum of all movements: our balance, as the provider has it
	InTransit int64 // what we booked of charges and is not reported, less what is reported and not booked
	Off       int64 // Clearing - Reported - InTransit
}

// Checks compares, for each currency, the clearing account of a provider with
// the balance it reports and with what is on its way between the two.
func Checks(tx *store.Tx, tenant, provider string) ([]Check, error) {
	account := "clearing/" + provider
	balances, err := ledger.Balances(tx, tenant, account)
	if err != nil {
		return nil, err
	}
	reported, err := sums(tx, `SELECT currency, CAST(SUM(net_minor) AS BIGINT) FROM payment_movement
		WHERE tenant_id = $1 AND provider = $2 GROUP BY currency ORDER BY currency LIMIT 1000`, tenant, provider)
	if err != nil {
		return nil, err
	}
	transit, err := sums(tx, `SELECT currency, CAST(SUM(ours_minor - theirs_minor) AS BIGINT) FROM payment_item
		WHERE tenant_id = $1 AND provider = $2 GROUP BY currency ORDER BY currency LIMIT 1000`, tenant, provider)
	if err != nil {
		return nil, err
	}
	clearing := map[money.Currency]int64{}
	for _, b := range balances {
		if b.Account == account {
			clearing[money.Currency(b.Currency)] = b.Minor
		}
	}
	return checks(provider, clearing, reported, transit), nil
}

func sums(tx *store.Tx, sql, tenant, provider string) (map[money.Currency]int64, error) {
	out := map[money.Currency]int64{}
	err := tx.Each(func(r *store.Row) error { out[money.Currency(r.Text(0))] = r.Int(1); return nil }, sql, tenant, provider)
	return out, err
}

func checks(provider string, clearing, reported, transit map[money.Currency]int64) []Check {
	all := map[money.Currency]bool{}
	for _, m := range []map[money.Currency]int64{clearing, reported, transit} {
		for c := range m {
			all[c] = true
		}
	}
	var out []Check
	for _, c := range slices.Sorted(maps.Keys(all)) {
		out = append(out, Check{provider, c, clearing[c], reported[c], transit[c], clearing[c] - reported[c] - transit[c]})
	}
	return out
}
