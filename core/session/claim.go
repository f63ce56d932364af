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
	Reason   string
}

// Minor is the claim in minor units of a currency, rounded half away from zero;
// ok is false where it is no amount in it.
func (c Claim) Minor(in money.Currency) (minor int64, ok bool) {
	if c.Failed || c.Currency != string(in) {
		return 0, false
	}
	minor, err := money.MulDiv(c.Micro, money.Pow10(in.Exponent()), money.One)
	return minor, err == nil
}

// maxClaimReason bounds what is kept of a station's reason.
const maxClaimReason = 500

// claim keeps what a report claims; the latest counts.
func claim(tx *store.Tx, session string, c *Claim) {
	if c == nil {
		return
	}
	reason := []rune(c.Reason)
	tx.Write(`INSERT INTO session_claim (session_id, currency, micro, failed, reason, at) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (session_id) DO UPDATE SET currency = excluded.currency, micro = excluded.micro, failed = excluded.failed, reason = excluded.reason, at = excluded.at`,
		session, c.Currency, c.Micro, c.Failed, string(reason[:min(len(reason), maxClaimReason)]), tx.Now())
}

// Claimed returns what the station said that a session cost.
func Claimed(tx *store.Tx, session string) (c Claim, found bool, err error) {
	return store.One(tx, func(r *store.Row) Claim { return Claim{r.Text(0), r.Int(1), r.Bool(2), r.Text(3)} },
		`SELECT currency, micro, failed, reason FROM session_claim WHERE session_id = $1`, session)
}
