package driver

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"strings"
	"time"

	"chargewright/base/energy"
	"chargewright/base/fail"
	"chargewright/base/id"
	codes "chargewright/base/secret"
	"chargewright/base/store"
	"chargewright/core/access"
)

// GuestState is how far a visit has come.
//
//	paying ─▶ asking ─▶ plug_in ─▶ charging ─▶ done
//	   │         └─────────┴─▶ failed          nothing is charged
//	   └─▶ unpaid
type GuestState string

// The states of a visit.
const (
	GuestPaying   GuestState = "paying"   // on the page of the payment provider
	GuestUnpaid   GuestState = "unpaid"   // they did not pay, or their bank said no
	GuestAsking   GuestState = "asking"   // the station is asked to start
	GuestPlugIn   GuestState = "plug_in"  // the station waits for the cable
	GuestCharging GuestState = "charging" // their session began
	GuestDone     GuestState = "done"     // it ended
	GuestFailed   GuestState = "failed"   // nothing was delivered, and nothing is charged
)

// Over reports whether nothing more will come of the visit.
func (s GuestState) Over() bool { return s == GuestUnpaid || s == GuestDone || s == GuestFailed }

// PayTime is how long a guest may take to pay, and ReaderTime how long one who
// stands before a card reader may.
const (
	PayTime    = 30 * time.Minute
	ReaderTime = 2 * time.Minute
)

// Guest is one visit of somebody without an account.
type Guest struct {
	ID, Tenant string
	Station    string
	EVSE       int64
	Terminal   string // where it began; "" on their own page
	Token      string // as the station gets it
	Number     int64  // the remote start id, 1…2³¹−1
	Offer      Offer  // what they accepted
	Hold       int64  // minor units of the offer's currency: the most they may spend
	Limits     Limits // what they take at most; Limits.Cost is no more than Hold where it counts
	Asked      Limits // what they chose at the station, before they chose Limits on the page
	Reached    string // the limit that ended charging, as OCPP spells it; "" none did
	Email      string // for the receipt; "" for none
	Remote     string // digest of the address they came from
	Payment    string
	State      GuestState
	Reason     string // why it failed, for people
	Session    string // "" until it began
	CreatedAt  time.Time
	ExpiresAt  time.Time // of paying, asking and plug_in
}

const guestColumns = `id, tenant_id, station_id, evse, shown_token, number, tariff_id, tariff_version, currency, language, words, hold_minor, email, remote,
	payment_id, state, reason, session_id, created_at, expires_at, connectors, max_cost_minor, max_energy_wh, max_time_s, asked_cost_minor, asked_energy_wh, asked_time_s,
	reached, terminal_id`

func scanGuest(r *store.Row) Guest {
	return Guest{
		ID: r.Text(0), Tenant: r.Text(1), Station: r.Text(2), EVSE: r.Int(3), Token: r.Text(4), Number: r.Int(5),
		Offer: Offer{r.Text(6), r.Text(7), r.Text(8), r.Text(9), r.Text(10), r.Text(20)}, Hold: r.Int(11), Email: r.Text(12), Remote: r.Text(13),
		Payment: r.Text(14), State: GuestState(r.Text(15)), Reason: r.Text(16), Session: r.Text(17), CreatedAt: r.Time(18), ExpiresAt: r.Time(19),
		Limits: limitsIn(r, 21), Asked: limitsIn(r, 24), Reached: r.Text(27), Terminal: r.Text(28),
	}
}

func limitsIn(r *store.Row, at int) Limits {
	return Limits{r.Int(at), energy.Energy(r.Int(at+1)) * energy.WattHour, time.Duration(r.Int(at+2)) * time.Second}
}

// purposeGuest marks the token of one visit.
const purposeGuest = "guest"

// NewGuest puts a visit on record and returns it, with the secret of its own
// address, which is kept nowhere: that of a visit at a terminal is short enough to be
// typed, and ends. It is a Conflict while somebody is starting at the EVSE, and Invalid
// with limits that are out of bounds.
func NewGuest(tx *store.Tx, g Guest) (Guest, string, error) {
	if err := g.Limits.Check(); err != nil {
		return g, "", err
	}
	if err := g.Asked.Check(); err != nil {
		return g, "", err
	}
	busy, err := Starting(tx, g.Station, g.EVSE)
	if err != nil {
		return g, "", err
	}
	if busy {
		return g, "", fail.New(fail.Conflict, "driver.NewGuest", "somebody is starting there at this moment")
	}
	b := make([]byte, 27)
	if _, err := rand.Read(b); err != nil {
		return g, "", fail.Wrap(fail.Internal, "driver.NewGuest", err)
	}
	words := base32.StdEncoding.WithPadding(base32.NoPadding)
	secret, term := words.EncodeToString(b[:16]), PayTime
	if g.Terminal != "" {
		secret, term = codes.Code(shortLength), ReaderTime
	}
	// 20 characters: the most an idTag of OCPP 1.6 has.
	g.Token = "GST" + words.EncodeToString(b[16:])[:17]
	g.ID, g.Number, g.State, g.CreatedAt, g.ExpiresAt = id.New("gst"), id.Transaction(), GuestPaying, tx.Now(), tx.Now().Add(term)
	_, err = tx.Exec(`INSERT INTO driver_guest (`+guestColumns+`, token, secret)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, '', '', $17, $18, $19, $20, $21, $22, $23, $24, $25, '', $26, $27, $28)`,
		g.ID, g.Tenant, g.Station, g.EVSE, g.Token, g.Number, g.Offer.Tariff, g.Offer.Version, g.Offer.Currency, g.Offer.Language, g.Offer.Words, g.Hold,
		g.Email, g.Remote, g.Payment, g.State, g.CreatedAt, g.ExpiresAt, g.Offer.Connectors, g.Limits.Cost, g.Limits.Energy.WattHours(), int64(g.Limits.Time/time.Second),
		g.Asked.Cost, g.Asked.Energy.WattHours(), int64(g.Asked.Time/time.Second), g.Terminal, Key(g.Token), digestOf(secret))
	return g, secret, err
}

// crockford are the letters of short secrets, of which nobody takes one for another
// (secret.Code). Twelve of them are 60 bits.
const crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// The length of a short secret, and for how long after its visit began it opens it.
const (
	shortLength = 12
	ShortTerm   = 30 * 24 * time.Hour
)

// Short spells a short secret as it was given out, of what somebody typed: small
// letters, spaces and dashes do not matter, nor do O for 0, I and L for 1. It is ""
// for what cannot be one.
func Short(text string) string {
	s := shortened.Replace(strings.ToUpper(text))
	if len(s) != shortLength || strings.Trim(s, crockford) != "" {
		return ""
	}
	return s
}

var shortened = strings.NewReplacer(" ", "", "-", "", "O", "0", "I", "1", "L", "1")

func digestOf(secret string) string {
	d := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(d[:])
}

func guestsAt(tx *store.Tx, station string, evse int64, a, b GuestState) ([]Guest, error) {
	return store.All(tx, scanGuest, `SELECT `+guestColumns+` FROM driver_guest WHERE station_id = $1 AND evse = $2 AND created_at > $3 AND state IN ($4, $5)
		AND expires_at > $6 ORDER BY created_at DESC, id DESC LIMIT 20`, station, evse, tx.Now().Add(-PayTime-PlugTime-AskTime), a, b, tx.Now())
}

// Starting reports whether a guest who has paid is starting at an EVSE: its station is
// asked, or waits for their cable.
func Starting(tx *store.Tx, station string, evse int64) (bool, error) {
	list, err := guestsAt(tx, station, evse, GuestAsking, GuestPlugIn)
	return len(list) > 0, err
}

// GuestBySecret returns the visit whose own address holds that secret. A short one
// opens it for ShortTerm.
func GuestBySecret(tx *store.Tx, secret string) (Guest, bool, error) {
	short := Short(secret)
	if short != "" {
		secret = short
	}
	g, found, err := store.One(tx, scanGuest, `SELECT `+guestColumns+` FROM driver_guest WHERE secret = $1`, digestOf(secret))
	return g, found && (short == "" || tx.Now().Before(g.CreatedAt.Add(ShortTerm))), err
}

// GuestByPayment returns the visit that a payment is for.
func GuestByPayment(tx *store.Tx, payment string) (Guest, bool, error) {
	return store.One(tx, scanGuest, `SELECT `+guestColumns+` FROM driver_guest WHERE payment_id = $1 ORDER BY id LIMIT 1`, payment)
}

// GuestBySession returns the visit of a session.
func GuestBySession(tx *store.Tx, session string) (Guest, bool, error) {
	all, err := GuestsBySessions(tx, []string{session})
	g, found := all[session]
	return g, found, err
}

// FindGuest returns a visit for the jobs that work on it.
func FindGuest(tx *store.Tx, guest string) (Guest, bool, error) {
	return store.One(tx, scanGuest, `SELECT `+guestColumns+` FROM driver_guest WHERE id = $1`, guest)
}

// Visited returns, by guest, the sessions that some visits led to, "" of one that
// led to none yet; ids that are no guest's are left out.
func Visited(tx *store.Tx, guests []string) (map[string]string, error) {
	out := map[string]string{}
	var args []any
	err := tx.Each(func(r *store.Row) error {
		out[r.Text(0)] = r.Text(1)
		return nil
	}, `SELECT id, session_id FROM driver_guest WHERE `+access.In("id", guests, &args), args...)
	return out, err
}

// GuestsBySessions returns the visits of sessions, by the session's id. (The index knows
// no visits without one.)
func GuestsBySessions(tx *store.Tx, sessions []string) (map[string]Guest, error) {
	return store.Keyed(tx, func(r *store.Row) (string, Guest) {
		g := scanGuest(r)
		return g.Session, g
	}, `SELECT `+guestColumns+` FROM driver_guest WHERE session_id <> '' AND session_id IN `, sessions)
}

// GuestPaid lets a visit go on whose hold stands: its token charges once, from now
// on and as long as a start may take. It reports false where that is too late, or
// somebody else is starting there, and nothing may be kept of the payment.
func GuestPaid(tx *store.Tx, guest string) (g Guest, ok bool, err error) {
	g, found, err := FindGuest(tx, guest)
	if err != nil || !found || g.State != GuestPaying {
		return g, false, err
	}
	busy, err := Starting(tx, g.Station, g.EVSE)
	if err != nil {
		return g, false, err
	}
	if !tx.Now().Before(g.ExpiresAt) || busy {
		return g, false, GuestOver(tx, guest, GuestFailed, "somebody else has begun to charge there")
	}
	g.State, g.ExpiresAt = GuestAsking, tx.Now().Add(AskTime)
	tx.Write(`UPDATE driver_guest SET state = $1, expires_at = $2 WHERE id = $3`, g.State, g.ExpiresAt, g.ID)
	_, err = tx.Exec(`INSERT INTO driver_token (tenant_id, uid, shown_uid, type, group_id, status, expires_at, max_parallel_sessions, purpose, added_at, updated_at)
		VALUES ($1, $2, $3, 'Central', '', $4, $5, 1, $6, $7, $7) ON CONFLICT (tenant_id, uid) DO NOTHING`,
		g.Tenant, Key(g.Token), g.Token, StatusAccepted, tx.Now().Add(lateTime), purposeGuest, tx.Now())
	return g, true, err
}

// GuestAnswered records that the station took the start, and waits for the cable.
func GuestAnswered(tx *store.Tx, guest string) error {
	_, err := tx.Exec(`UPDATE driver_guest SET state = $1, expires_at = $2 WHERE id = $3 AND state = $4`, GuestPlugIn, tx.Now().Add(PlugTime), guest, GuestAsking)
	return err
}

// GuestOver ends a visit, if it has not ended; its token charges no more.
func GuestOver(tx *store.Tx, guest string, as GuestState, reason string) error {
	g, found, err := FindGuest(tx, guest)
	if err != nil || !found || g.State.Over() {
		return err
	}
	tx.Write(`UPDATE driver_guest SET state = $1, reason = $2 WHERE id = $3`, as, reason, guest)
	tx.Write(`UPDATE driver_token SET status = $1, updated_at = $2 WHERE tenant_id = $3 AND uid = $4 AND purpose = $5`,
		StatusBlocked, tx.Now(), g.Tenant, Key(g.Token), purposeGuest)
	return nil
}

// GuestBegan marks the visit that a session comes of, and returns it: what they
// accepted holds for the session, on the connectors that it was shown for (else the
// offer is empty). Found is false for a session of no guest.
func GuestBegan(tx *store.Tx, b Beginning) (g Guest, found bool, err error) {
	g, found, err = store.One(tx, scanGuest, `SELECT `+guestColumns+` FROM driver_guest WHERE tenant_id = $1 AND token = $2 ORDER BY created_at DESC, id DESC LIMIT 1`,
		b.Tenant, Key(b.Token))
	if err != nil || !found || g.Session != "" && g.Session != b.Session {
		return g, false, err
	}
	if !g.Offer.holds(b.Connector) {
		g.Offer = Offer{}
	}
	g.Session = b.Session
	if !g.State.Over() {
		g.State = GuestCharging
	}
	tx.Write(`UPDATE driver_guest SET state = $1, session_id = $2 WHERE id = $3`, g.State, g.Session, g.ID)
	return g, true, nil
}

// Visits counts the visits on guests' own pages that began at an EVSE, or from an
// address, since a time, and how many of them were not paid.
func Visits(tx *store.Tx, tenant, station string, evse int64, remote string, since time.Time) (all, unpaid int64, err error) {
	type pair struct{ all, unpaid int64 }
	scan := func(r *store.Row) pair { return pair{r.Int(0), r.Int(1)} }
	const counted = `SELECT COUNT(*), CAST(COALESCE(SUM(CASE WHEN state = 'unpaid' THEN 1 ELSE 0 END), 0) AS BIGINT) FROM driver_guest
		WHERE created_at > $1 AND tenant_id = $2 AND terminal_id = '' AND `
	var p pair
	if remote != "" {
		p, _, err = store.One(tx, scan, counted+`remote = $3`, since, tenant, remote)
	} else {
		p, _, err = store.One(tx, scan, counted+`station_id = $3 AND evse = $4`, since, tenant, station, evse)
	}
	return p.all, p.unpaid, err
}

// Hold keeps a driver from charging for a reason, "" lets them again.
func Hold(tx *store.Tx, tenant, driver, why string) error {
	_, err := tx.Exec(`UPDATE driver_driver SET held_for = $1 WHERE id = $2 AND tenant_id = $3`, why, driver, tenant)
	return err
}

// HeldFor is why a driver may not charge, "" if they may.
func HeldFor(tx *store.Tx, tenant, driver string) (string, error) {
	why, _, err := store.One(tx, func(r *store.Row) string { return r.Text(0) }, `SELECT held_for FROM driver_driver WHERE id = $1 AND tenant_id = $2`, driver, tenant)
	return why, err
}

// GuestsCharging lists visits whose session is under way, 10,000 at most, in order.
func GuestsCharging(tx *store.Tx) ([]Guest, error) {
	return store.All(tx, scanGuest, `SELECT `+guestColumns+` FROM driver_guest WHERE state = $1 AND created_at > $2 ORDER BY id LIMIT 10000`,
		GuestCharging, tx.Now().AddDate(0, 0, -30))
}
