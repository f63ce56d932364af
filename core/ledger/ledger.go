package ledger

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"chargewright/base/fail"
	"chargewright/base/id"
	"chargewright/base/money"
	"chargewright/base/store"
)

// Posting moves an amount on an account; debits are positive.
type Posting struct {
	Account string
	Amount  money.Amount
}

// Journal is one event in money.
type Journal struct {
	Tenant   string
	Entity   string
	Cause    string // natural key of what happened, unique in the tenant
	Kind     string // "settlement", "reversal", …
	Reverses string // the journal this one takes back, if it does
	Postings []Posting
}

// maxPostings bounds one journal.
const maxPostings = 1000

// Check returns an Internal error for a journal that does not add up: it is
// the posting room's mistake, never the caller's.
func (j Journal) Check() error {
	bad := func(format string, args ...any) error { return fail.New(fail.Internal, "ledger.Post", format, args...) }
	if j.Tenant == "" || j.Entity == "" || j.Cause == "" || j.Kind == "" {
		return bad("the journal %q lacks tenant, entity, cause or kind", j.Cause)
	}
	if len(j.Postings) < 2 || len(j.Postings) > maxPostings {
		return bad("the journal %q has %d postings", j.Cause, len(j.Postings))
	}
	sums := map[money.Currency]money.Amount{}
	for _, p := range j.Postings {
		if p.Account == "" || strings.HasPrefix(p.Account, "/") || len(p.Account) > 200 {
			return bad("the journal %q names the account %q", j.Cause, p.Account)
		}
		sum, ok := sums[p.Amount.Currency]
		if !ok {
			sum = money.Amount{Currency: p.Amount.Currency}
		}
		sum, err := sum.Add(p.Amount)
		if err != nil {
			return bad("the journal %q overflows: %v", j.Cause, err)
		}
		sums[p.Amount.Currency] = sum
	}
	for c, s := range sums {
		if s.Minor != 0 {
			return bad("the journal %q is off by %d minor units of %s", j.Cause, s.Minor, c)
		}
	}
	return nil
}

// Post books a journal. Its cause books once: a second journal of the same
// cause is not booked and booked is false.
func Post(tx *store.Tx, j Journal) (journal string, booked bool, err error) {
	if err := j.Check(); err != nil {
		return "", false, err
	}
	key := id.New("jnl")
	n, err := tx.Exec(`INSERT INTO ledger_journal (id, tenant_id, entity_id, cause, kind, reverses, booked_at) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (tenant_id, cause) DO NOTHING`, key, j.Tenant, j.Entity, j.Cause, j.Kind, store.OrNull(j.Reverses), tx.Now())
	if err != nil || n == 0 {
		return "", false, err
	}
	line := 0
	for some := range slices.Chunk(j.Postings, postingsAtOnce) {
		args := []any{key}
		for _, p := range some {
			args = append(args, line, p.Account, string(p.Amount.Currency), p.Amount.Minor)
			line++
		}
		tx.Write(insertPostings[len(some)], args...)
	}
	return key, true, nil
}

// postingsAtOnce bounds the rows of a statement, and so how many statements there are.
const postingsAtOnce = 8

// insertPostings are the statements by the number of their rows.
var insertPostings = func() (sql [postingsAtOnce + 1]string) {
	text := `INSERT INTO ledger_posting (journal_id, line, account, currency, amount_minor) VALUES `
	for i := range postingsAtOnce {
		n := 4*i + 2
		text += fmt.Sprintf("($1, $%d, $%d, $%d, $%d)", n, n+1, n+2, n+3)
		sql[i+1], text = text, text+", "
	}
	return sql
}()

// Balance is the sum of an account, and of every account below it, in one currency.
type Balance struct {
	Account  string
	Currency string
	Minor    int64
}

// isUnder selects the accounts that a prefix names; $2, $3 and $4 are what
// under returns for it. It does not lean on the database's order of texts.
const isUnder = `(p.account = $2 OR substr(p.account, 1, $3) = $4)`

// under splits a prefix for isUnder: the account itself, and what all accounts
// below it begin with, of that many characters.
func under(prefix string) (account string, characters int64, below string) {
	below = prefix
	if prefix != "" && !strings.HasSuffix(prefix, "/") {
		below += "/"
	}
	return prefix, int64(utf8.RuneCountInString(below)), below
}

// Balances sums a tenant's accounts at and below a path ("" for all; with a
// final slash only those below), by account and currency, 10,000 rows at most.
func Balances(tx *store.Tx, tenant, prefix string) ([]Balance, error) {
	account, characters, below := under(prefix)
	return store.All(tx, func(r *store.Row) Balance { return Balance{r.Text(0), r.Text(1), r.Int(2)} },
		`SELECT p.account, p.currency, CAST(SUM(p.amount_minor) AS BIGINT) FROM ledger_posting p JOIN ledger_journal j ON j.id = p.journal_id
		WHERE j.tenant_id = $1 AND `+isUnder+` GROUP BY p.account, p.currency ORDER BY p.account, p.currency LIMIT 10000`,
		tenant, account, characters, below)
}

// Unbalanced counts the journals that do not sum to zero in a currency. It is
// zero unless somebody wrote past this room.
func Unbalanced(tx *store.Tx) (int64, error) {
	n, _, err := store.One(tx, func(r *store.Row) int64 { return r.Int(0) }, `SELECT COUNT(*) FROM (
		SELECT journal_id FROM ledger_posting GROUP BY journal_id, currency HAVING SUM(amount_minor) <> 0) AS off`)
	return n, err
}
