package session

import (
	"chargewright/base/money"
	"chargewright/base/store"
)

// Claim is what a station that rates sessions itself says that one cost (2.1
// I12). It is compared with ours, and nothing is billed by it.
type Claim struct {
	Currency string
	Micro    int64 // 10⁻⁶ of the major unit, taxes included
	Failed   bool  // it could not calculate; the amount is nothing
}

// Minor is the claim in minor units of a currency, rounded half away from zero;
// ok is false where it is no amount in it.
func (c Claim) Minor(in money.Currency) (minor int64, ok bool) {
	if c.Currency != string(in) {
		return 0, false
	}
	minor, err := money.MulDiv(c.Micro, money.Pow10(in.Exponent()), money.One)
	return minor, err == nil
}

// Contradicts reports whether the station says another cost than ours; one that
// could not calculate says none, and neither does the zero Claim.
func (c Claim) Contradicts(ours money.Amount) bool {
	if c.Failed || c.Currency == "" {
		return false
	}
	minor, ok := c.Minor(ours.Currency)
	return !ok || minor != ours.Minor
}

// claim keeps what a report claims; the latest counts.
func claim(tx *store.Tx, session string, c *Claim) {
	if c == nil {
		return
	}
	tx.Write(`INSERT INTO session_claim (session_id, currency, micro, failed) VALUES ($1, $2, $3, $4)
		ON CONFLICT (session_id) DO UPDATE SET currency = excluded.currency, micro = excluded.micro, failed = excluded.failed`,
		session, c.Currency, c.Micro, c.Failed)
}

// Claimed returns what the stations said that sessions cost, by the session's id.
func Claimed(tx *store.Tx, sessions []string) (map[string]Claim, error) {
	return store.Keyed(tx, func(r *store.Row) (string, Claim) { return r.Text(0), Claim{r.Text(1), r.Int(2), r.Bool(3)} },
		`SELECT session_id, currency, micro, failed FROM session_claim WHERE session_id IN `, sessions)
}
