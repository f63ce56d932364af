package billing

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"
	"time"

	"chargewright/base/fail"
	"chargewright/base/id"
	"chargewright/base/money"
	"chargewright/base/outbox"
	"chargewright/base/store"
	"chargewright/core/access"
	"chargewright/core/payment"
	"chargewright/core/session"
	"chargewright/core/station"
)

// SettlementState is where a settlement of a terminal stands.
//
//	waiting ─▶ booked                    it is what the receipt bills
//	   ├─────▶ differs ─▶ closed         it is booked; the claim says by how much it is off
//	   ├─────▶ unpaid                    the terminal took nothing: the claim stays open
//	   ├─────▶ void                      and nothing is owed
//	   └─────▶ overdue ─▶ closed         a day without a receipt; the receipt may still come
//	strange ─▶ closed                    booked nowhere: a person looks
type SettlementState string

// The states.
const (
	SettlementWaiting SettlementState = "waiting" // for the receipt of its session
	SettlementBooked  SettlementState = "booked"
	SettlementDiffers SettlementState = "differs"
	SettlementUnpaid  SettlementState = "unpaid"
	SettlementVoid    SettlementState = "void"
	SettlementOverdue SettlementState = "overdue" // it waited for a day: a person looks
	SettlementStrange SettlementState = "strange"
	SettlementClosed  SettlementState = "closed" // a person looked at it
)

// SettlementsToClose narrows a list to those that a person closes: differs, overdue
// and strange.
const SettlementsToClose SettlementState = "to_close"

// terminalTook is the outcome of a settlement by which money moved, as OCPP spells
// it; the others are Canceled, Rejected and Failed.
const terminalTook = "Settled"

// terminals is where the money of terminals is until their provider pays it out.
const terminals = "clearing/" + payment.Terminal

// terminalTime is how long a settlement may wait for its receipt, and a receipt for
// what the terminal settled, before a person has to look.
const terminalTime = 24 * time.Hour

// TopicSettlementLate is the timer of a settlement that waits (the key is its id),
// TopicTerminalLate that of a claim whose terminal has not told what it settled.
const (
	TopicSettlementLate = "billing.settlement_late"
	TopicTerminalLate   = "billing.terminal_late"
)

// SettlementLate puts a settlement before a person that waited for terminalTime. One
// that came to something meanwhile stays as it is.
func SettlementLate(tx *store.Tx, settlement string) error {
	s, found, err := store.One(tx, scanSettlement, `SELECT `+settlementColumns+` FROM billing_settlement WHERE id = $1`, settlement)
	if err != nil || !found || s.State != SettlementWaiting {
		return err
	}
	if due := s.Created.Add(terminalTime); due.After(tx.Now()) {
		return outbox.At(tx, due, TopicSettlementLate, s.ID, nil)
	}
	s.State, s.Why = SettlementOverdue, "its session has no receipt after a day"
	if s.Session == "" {
		s.Why = "its session was not heard of for a day"
	}
	s.write(tx)
	return nil
}

// notTold is why a claim is open whose terminal has not told what it settled, and
// notToldLate why it is stuck a day later.
const (
	notTold     = "the terminal has not told what it settled"
	notToldLate = "the terminal has not told for a day what it settled"
)

// TerminalLate puts a claim before a person whose terminal has not told for
// terminalTime what it settled. It is paid as soon as that is told after all.
func TerminalLate(tx *store.Tx, claim string) error {
	c, found, err := findClaim(tx, "id", claim)
	if err != nil || !found || c.State != ClaimOpen || c.Reason != notTold {
		return err
	}
	if due := c.CreatedAt.Add(terminalTime); due.After(tx.Now()) {
		return outbox.At(tx, due, TopicTerminalLate, c.ID, nil)
	}
	c.State, c.Reason = ClaimStuck, notToldLate
	writeClaim(tx, c)
	return nil
}

// Settlement is what a station with a payment terminal says that it settled (2.1
// NotifySettlement).
type Settlement struct {
	ID      string
	Tenant  string
	Station string
	Tx      string // transaction; "" where it was cancelled before one began
	Ref     string // of the provider behind the terminal: the idToken of the transaction
	Digest  string // of the whole message
	Outcome string // Settled, Canceled, Rejected or Failed
	Info    string
	Amount  string // as it was told, in major units of the session's currency
	Micro   *int64 // the same, 10⁻⁶ of them; nil where it is no amount
	At      time.Time
	Receipt string // of the terminal
	URL     string
	Company string // whom a receipt is for: JSON, "" for nobody
	VAT     string
	Session string
	State   SettlementState
	Why     string
	By      string // who closed it
	Created time.Time
	Updated time.Time
}

const settlementColumns = `id, tenant_id, station_id, tx, psp_ref, digest, outcome, info, amount, micro, settled_at, receipt_id, receipt_url, company, vat_number,
	session_id, state, why, closed_by, created_at, updated_at`

func scanSettlement(r *store.Row) Settlement {
	s := Settlement{
		ID: r.Text(0), Tenant: r.Text(1), Station: r.Text(2), Tx: r.Text(3), Ref: r.Text(4), Digest: r.Text(5), Outcome: r.Text(6), Info: r.Text(7), Amount: r.Text(8),
		At: r.Time(10), Receipt: r.Text(11), URL: r.Text(12), Company: r.Text(13), VAT: r.Text(14), Session: r.Text(15), State: SettlementState(r.Text(16)), Why: r.Text(17),
		By: r.Text(18), Created: r.Time(19), Updated: r.Time(20),
	}
	if !r.Null(9) {
		n := r.Int(9)
		s.Micro = &n
	}
	return s
}

func (s Settlement) write(tx *store.Tx) {
	tx.Write(`UPDATE billing_settlement SET session_id = $2, state = $3, why = $4, closed_by = $5, updated_at = $6 WHERE id = $1`,
		s.ID, store.OrNull(s.Session), s.State, s.Why, s.By, tx.Now())
}

// TookSettlement keeps what a station says that its terminal settled, and books what
// was received. The same message again changes nothing. secret is what the address
// of our receipt holds; it is kept nowhere.
func TookSettlement(tx *store.Tx, s Settlement, secret string) (Settlement, error) {
	st, found, err := station.Find(tx, s.Station)
	if err == nil && !found {
		err = fail.New(fail.NotFound, "billing.TookSettlement", "there is no station %q", s.Station)
	}
	if err != nil {
		return s, err
	}
	s.ID, s.Tenant, s.State, s.Created, s.Updated = id.New("set"), st.Tenant, SettlementWaiting, tx.Now(), tx.Now()
	n, err := tx.Exec(`INSERT INTO billing_settlement (`+settlementColumns+`, secret)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, NULL, $16, '', '', $17, $17, $18) ON CONFLICT (station_id, psp_ref, digest) DO NOTHING`,
		s.ID, s.Tenant, s.Station, s.Tx, s.Ref, s.Digest, s.Outcome, s.Info, s.Amount, s.Micro, s.At, s.Receipt, s.URL, s.Company, s.VAT, s.State, tx.Now(), secretDigest(secret))
	if err != nil {
		return s, err
	}
	if n == 0 {
		s, _, err = store.One(tx, scanSettlement, `SELECT `+settlementColumns+` FROM billing_settlement WHERE station_id = $1 AND psp_ref = $2 AND digest = $3`, s.Station, s.Ref, s.Digest)
		return s, err
	}
	if s, err = s.placed(tx); err != nil || s.State != SettlementWaiting {
		return s, err
	}
	if err := outbox.At(tx, s.Created.Add(terminalTime), TopicSettlementLate, s.ID, nil); err != nil {
		return s, err
	}
	c, found, err := findClaim(tx, "session_id", s.Session)
	if err != nil {
		return s, err
	}
	if found {
		return s.onto(tx, c)
	}
	row, found, err := session.Find(tx, s.Session)
	if err != nil || !found || !row.Settled {
		return s, err
	}
	if c, err = nothingDue(tx, row); err != nil {
		return s, err
	}
	return s.onto(tx, c)
}

func secretDigest(secret string) string {
	d := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(d[:])
}

// placed judges a settlement by itself and finds its session: what is not waiting
// afterwards is not booked.
func (s Settlement) placed(tx *store.Tx) (Settlement, error) {
	earlier, err := store.All(tx, scanSettlement, `SELECT `+settlementColumns+` FROM billing_settlement WHERE station_id = $1 AND psp_ref = $2 AND id <> $3 AND outcome = $4
		ORDER BY created_at, id LIMIT 10`, s.Station, s.Ref, s.ID, terminalTook)
	if err != nil {
		return s, err
	}
	row, found, err := session.ByTransaction(tx, s.Station, s.Tx)
	if err != nil {
		return s, err
	}
	if found {
		s.Session = row.ID
	}
	switch {
	case len(earlier) > 0:
		s.State, s.Why = SettlementStrange, "the same payment was settled before, with other content"
	case s.Micro == nil || *s.Micro < 0 || *s.Micro > maxTerminal:
		s.State, s.Why = SettlementStrange, "what was settled is no amount"
	case s.Tx == "" && s.Outcome == terminalTook:
		s.State, s.Why = SettlementStrange, "money was taken for no transaction"
	case s.Tx == "":
		s.State = SettlementVoid
	case found && row.TokenType != session.DirectPayment:
		s.State, s.Why = SettlementStrange, "the session was not begun by a payment at the terminal"
	}
	s.write(tx)
	return s, nil
}

// maxTerminal bounds one settlement, in 10⁻⁶ of the major unit.
const maxTerminal = 1_000_000 * money.One

// minor is the amount in minor units of a currency, if it is one.
func (s Settlement) minor(c money.Currency) (int64, bool) {
	unit := money.One / money.Pow10(c.Exponent())
	return *s.Micro / unit, *s.Micro%unit == 0
}

// onto books a settlement on what is claimed for its session.
func (s Settlement) onto(tx *store.Tx, c Claim) (Settlement, error) {
	minor, exact := s.minor(c.Currency)
	switch {
	case !exact:
		s.State, s.Why = SettlementStrange, "what was settled is no amount in "+string(c.Currency)
	case s.Outcome != terminalTook && c.Left() == 0:
		s.State = SettlementVoid
	case s.Outcome != terminalTook:
		s.State, s.Why = SettlementUnpaid, strings.TrimSuffix("the terminal could not take the payment: "+s.Outcome+", "+s.Info, ", ")
		c.Reason = s.Why
		writeClaim(tx, c)
	default:
		left := c.Due - c.Paid
		if err := c.byTerminal(tx, s, minor); err != nil {
			return s, err
		}
		if s.State = SettlementBooked; left != minor {
			s.State = SettlementDiffers
			s.Why = "the terminal took " + money.Amount{Minor: minor, Currency: c.Currency}.String() + ", and " + money.Amount{Minor: left, Currency: c.Currency}.String() + " were due"
		}
	}
	s.write(tx)
	return s, nil
}

// byTerminal books what a terminal took for a claim. Where it is not what is due a
// person has to look.
func (c Claim) byTerminal(tx *store.Tx, s Settlement, minor int64) error {
	if c.State == ClaimWrittenOff { // it is owed after all
		if err := c.found(tx, "bad_debt", "terminal/"+s.ID, c.Left()); err != nil {
			return err
		}
		c.State = ClaimOpen
	}
	if err := move(tx, c, "terminal/"+s.ID, terminals, c.Account, minor); err != nil {
		return err
	}
	payment.TerminalTook(tx, c.Tenant, s.Ref, money.Amount{Minor: minor, Currency: c.Currency})
	c.Hand += minor
	c.Paid += minor
	switch {
	case c.Paid == c.Due:
		return c.settled(tx, c.Paid)
	case c.Paid > c.Due:
		c.State, c.Reason = ClaimStuck, "the terminal took "+money.Amount{Minor: c.Paid - c.Due, Currency: c.Currency}.String()+" more than is due"
	default:
		c.State, c.Reason = ClaimStuck, "the terminal took "+money.Amount{Minor: c.Left(), Currency: c.Currency}.String()+" less than is due"
	}
	writeClaim(tx, c)
	return nil
}

// nothingDue is the claim of a settled session that bills nothing, for what a
// terminal took of it all the same.
func nothingDue(tx *store.Tx, row session.Session) (Claim, error) {
	site, err := siteOf(tx, row)
	if err != nil {
		return Claim{}, err
	}
	entity, err := access.GetEntity(tx, row.Tenant, site.Entity)
	if err != nil {
		return Claim{}, err
	}
	currency := money.Currency(row.Currency)
	if currency == "" {
		currency = money.Currency(entity.Currency)
	}
	c := Claim{
		ID: id.New("clm"), Tenant: row.Tenant, Entity: site.Entity, Session: row.ID, Account: guestAccount(row.ID), Currency: currency, State: ClaimPaid, CreatedAt: tx.Now(),
	}
	writeClaim(tx, c)
	return c, nil
}

// ofTerminal claims what a session costs that somebody pays at the terminal of its
// station, and books what was settled before.
func (c Claim) ofTerminal(tx *store.Tx, s session.Session) error {
	list, err := store.All(tx, scanSettlement, `SELECT `+settlementColumns+` FROM billing_settlement WHERE station_id = $1 AND tx = $2 AND state IN ($3, $4)
		ORDER BY created_at, id LIMIT 20`, s.Station, s.Tx, SettlementWaiting, SettlementOverdue)
	if err != nil || c.Due == 0 && len(list) == 0 {
		return err
	}
	c.State, c.Reason = ClaimOpen, notTold
	if c.Due == 0 {
		c.State, c.Reason = ClaimPaid, ""
	}
	writeClaim(tx, c)
	if c.Due > 0 {
		if err := outbox.At(tx, c.CreatedAt.Add(terminalTime), TopicTerminalLate, c.ID, nil); err != nil {
			return err
		}
	}
	for _, x := range list {
		now, _, err := findClaim(tx, "id", c.ID)
		if err != nil {
			return err
		}
		x.Session, x.Why = s.ID, ""
		if _, err := x.onto(tx, now); err != nil {
			return err
		}
	}
	return nil
}

// SettlementBySecret returns the settlement whose receipt's address holds a secret.
func SettlementBySecret(tx *store.Tx, secret string) (Settlement, bool, error) {
	return store.One(tx, scanSettlement, `SELECT `+settlementColumns+` FROM billing_settlement WHERE secret = $1 ORDER BY created_at, id LIMIT 1`, secretDigest(secret))
}

// Settlements lists up to limit settlements of the tenant in a state ("" for all,
// or SettlementsToClose), newest first, made before the given one. Who sees some sites only sees none.
func Settlements(tx *store.Tx, sc access.Scope, state SettlementState, beforeAt time.Time, before string, limit int) ([]Settlement, error) {
	if sc.Limited() || sc.Role == access.DriverRole {
		return nil, nil
	}
	if beforeAt.IsZero() {
		beforeAt = time.Unix(1<<40, 0)
	}
	args, where := []any{sc.Tenant, beforeAt, before, limit}, ""
	switch state {
	case "":
	case SettlementsToClose:
		where = ` AND state IN ('differs', 'overdue', 'strange')`
	default:
		args = append(args, state)
		where = ` AND state = $` + strconv.Itoa(len(args))
	}
	return store.All(tx, scanSettlement, `SELECT `+settlementColumns+` FROM billing_settlement WHERE tenant_id = $1 AND (created_at < $2 OR (created_at = $2 AND id < $3))`+where+`
		ORDER BY created_at DESC, id DESC LIMIT $4`, args...)
}

// CloseSettlement is a person's word that a settlement was looked at, and why it may
// stand as it is. What is booked stays booked. A Conflict: it waits for nobody.
func CloseSettlement(tx *store.Tx, sc access.Scope, settlement, reason string) (Settlement, error) {
	const op = "billing.CloseSettlement"
	if reason = strings.TrimSpace(reason); reason == "" || len(reason) > 500 {
		return Settlement{}, fail.Field(op, "reason", "it needs 1 to 500 characters")
	}
	s, found, err := store.One(tx, scanSettlement, `SELECT `+settlementColumns+` FROM billing_settlement WHERE id = $1`, settlement)
	if err == nil && (!found || s.Tenant != sc.Tenant || sc.Limited()) {
		return Settlement{}, fail.New(fail.NotFound, op, "there is no settlement %q", settlement)
	}
	if err != nil {
		return s, err
	}
	if s.State != SettlementDiffers && s.State != SettlementStrange && s.State != SettlementOverdue {
		return s, fail.New(fail.Conflict, op, "the settlement is %s, and waits for nobody", s.State)
	}
	s.State, s.By = SettlementClosed, sc.Actor
	s.Why += "; " + reason
	s.write(tx)
	return s, nil
}
