package driver

import (
	"crypto/rand"
	"encoding/base32"
	"slices"
	"strconv"
	"strings"
	"time"

	"chargewright/base/fail"
	"chargewright/base/id"
	"chargewright/base/store"
)

// StartState is how far a start that a driver asked for has come.
//
//	asking ─▶ plug_in ─▶ charging
//	   ├──▶ refused │
//	   └────────────┴──▶ expired   by time alone; a session that comes late is still its own
type StartState string

// The states of a start.
const (
	Asking   StartState = "asking"   // the station is asked
	PlugIn   StartState = "plug_in"  // the station took it and waits for the cable
	Begun    StartState = "charging" // its session began
	Refused  StartState = "refused"  // the station will not, or cannot be reached
	TimedOut StartState = "expired"  // nothing came of it
)

// Patience of starts.
const (
	AskTime  = 45 * time.Second  // for the station's answer
	PlugTime = 120 * time.Second // for the cable, as stations count (1.6 ConnectionTimeOut)
	// lateTime is how long after it was asked for a session is still the start's.
	lateTime = 15 * time.Minute
)

// maxStarts is how many starts of a driver may be under way at once.
const maxStarts = 3

// Offer is the tariff version that a driver accepted, and the words in which it
// was shown.
type Offer struct {
	Tariff, Version, Currency, Language, Words string
	Connectors                                 string // ids of those it was shown for, "1,3"; "" is any
}

// holds reports whether the offer was made for a connector; 0 is not known yet.
func (o Offer) holds(connector int64) bool {
	return o.Connectors == "" || connector == 0 || slices.Contains(strings.Split(o.Connectors, ","), strconv.FormatInt(connector, 10))
}

// Start is a start that a driver asked for.
type Start struct {
	ID, Tenant, Driver string
	Station            string
	EVSE               int64
	Token              string // the app token: of Ask as the station gets it, else as tokens compare
	Number             int64  // the remote start id, 1…2³¹−1
	Offer              Offer
	Vehicle            string // of the driver; "" when none was named
	State              StartState
	Reason             string // why it was refused, for people
	Session            string // "" until it began
	CreatedAt          time.Time
	ExpiresAt          time.Time
}

// At is the start as it stands at that time: what nothing came of has expired.
func (s Start) At(now time.Time) Start {
	if (s.State == Asking || s.State == PlugIn) && !now.Before(s.ExpiresAt) {
		s.State = TimedOut
	}
	return s
}

const startColumns = `id, tenant_id, driver_id, station_id, evse, token, number, tariff_id, tariff_version, currency, vehicle_id, state, reason, session_id, created_at, expires_at, language, words, connectors`

func scanStart(r *store.Row) Start {
	return Start{
		r.Text(0), r.Text(1), r.Text(2), r.Text(3), r.Int(4), r.Text(5), r.Int(6), Offer{r.Text(7), r.Text(8), r.Text(9), r.Text(16), r.Text(17), r.Text(18)},
		r.Text(10), StartState(r.Text(11)), r.Text(12), r.Text(13), r.Time(14), r.Time(15),
	}
}

// Ask puts a start on record and returns it, with its id, number and app token.
// It is a Conflict while another start waits at the EVSE, or three of the
// driver's do, and Denied when the driver's app token is blocked.
func Ask(tx *store.Tx, s Start) (Start, error) {
	const op = "driver.Ask"
	waiting, err := store.All(tx, scanStart, `SELECT `+startColumns+` FROM driver_start
		WHERE (driver_id = $1 OR (station_id = $2 AND evse = $3)) AND state IN ('asking', 'plug_in') AND created_at > $4 AND expires_at > $5
		ORDER BY created_at DESC, id DESC LIMIT 20`, s.Driver, s.Station, s.EVSE, tx.Now().Add(-lateTime), tx.Now())
	if err != nil {
		return s, err
	}
	mine := 0
	for _, w := range waiting {
		if w.Station == s.Station && w.EVSE == s.EVSE {
			return s, fail.New(fail.Conflict, op, "somebody is starting there at this moment")
		}
		mine++
	}
	if mine >= maxStarts {
		return s, fail.New(fail.Conflict, op, "%d of your starts are under way already", mine)
	}
	t, err := appToken(tx, s.Tenant, s.Driver)
	if err != nil {
		return s, err
	}
	if t.Judge(tx.Now()) != Accepted {
		return s, fail.New(fail.Denied, op, "this account may not charge; ask the operator")
	}
	s.ID, s.Token, s.Number, s.State, s.CreatedAt, s.ExpiresAt = id.New("sta"), t.UID, id.Transaction(), Asking, tx.Now(), tx.Now().Add(AskTime)
	_, err = tx.Exec(`INSERT INTO driver_start (`+startColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, '', '', $13, $14, $15, $16, $17)`,
		s.ID, s.Tenant, s.Driver, s.Station, s.EVSE, Key(s.Token), s.Number, s.Offer.Tariff, s.Offer.Version, s.Offer.Currency, s.Vehicle, s.State, s.CreatedAt, s.ExpiresAt, s.Offer.Language, s.Offer.Words, s.Offer.Connectors)
	return s, err
}

// Answered records what the station said to a start: taken, or refused for a
// reason. A start whose session began meanwhile stays begun.
func Answered(tx *store.Tx, start string, taken bool, reason string) error {
	state, until := Refused, tx.Now()
	if taken {
		state, until, reason = PlugIn, tx.Now().Add(PlugTime), ""
	}
	_, err := tx.Exec(`UPDATE driver_start SET state = $1, reason = $2, expires_at = $3 WHERE id = $4 AND state = 'asking'`, state, reason, until, start)
	return err
}

// GetStart returns a start of the driver, as it stands now, or NotFound.
func GetStart(tx *store.Tx, tenant, driver, start string) (Start, error) {
	s, found, err := store.One(tx, scanStart, `SELECT `+startColumns+` FROM driver_start WHERE id = $1 AND tenant_id = $2 AND driver_id = $3`, start, tenant, driver)
	if err == nil && !found {
		err = fail.New(fail.NotFound, "driver.GetStart", "there is no start %q", start)
	}
	return s.At(tx.Now()), err
}

// Starts lists up to limit starts of the driver, the latest first.
func Starts(tx *store.Tx, tenant, driver string, limit int) ([]Start, error) {
	return store.All(tx, scanStart, `SELECT `+startColumns+` FROM driver_start WHERE tenant_id = $1 AND driver_id = $2
		ORDER BY created_at DESC, id DESC LIMIT $3`, tenant, driver, limit)
}

// Beginning is a session that begins with a token.
type Beginning struct {
	Tenant, Token, Station string
	EVSE, Connector        int64  // 0 when it is not known yet
	Number                 *int64 // the remote start id, where the station names it
	Session                string
}

// Began marks the start that a session comes of and returns the offer that its
// driver accepted, which holds for the session whatever was published since
// (money policy, rule 4), on the connectors that it was shown for. Found is false for a session that nobody asked for by
// a start, or that has taken its own already.
func Began(tx *store.Tx, b Beginning) (o Offer, found bool, err error) {
	waiting, err := store.All(tx, scanStart, `SELECT `+startColumns+` FROM driver_start
		WHERE tenant_id = $1 AND token = $2 AND station_id = $3 AND created_at > $4 AND session_id = '' AND state <> 'refused'
		ORDER BY created_at DESC, id DESC LIMIT 20`, b.Tenant, Key(b.Token), b.Station, tx.Now().Add(-lateTime))
	if err != nil {
		return o, false, err
	}
	for _, s := range waiting {
		if b.EVSE != 0 && s.EVSE != b.EVSE || !s.Offer.holds(b.Connector) || b.Number != nil && s.Number != *b.Number {
			continue
		}
		_, err := tx.Exec(`UPDATE driver_start SET state = $1, session_id = $2 WHERE id = $3`, Begun, b.Session, s.ID)
		return s.Offer, err == nil, err
	}
	return o, false, nil
}

// purposeApp marks the hidden token that a driver's own starts are made with.
const purposeApp = "app"

// appToken returns the driver's app token, which is made at first need.
func appToken(tx *store.Tx, tenant, driver string) (Token, error) {
	t, found, err := store.One(tx, scanToken, `SELECT `+tokenColumns+` FROM driver_token
		WHERE driver_id = $1 AND tenant_id = $2 AND purpose = $3 ORDER BY uid LIMIT 1`, driver, tenant, purposeApp)
	if err != nil || found {
		return t, err
	}
	b := make([]byte, 11)
	if _, err := rand.Read(b); err != nil {
		return t, fail.Wrap(fail.Internal, "driver.appToken", err)
	}
	// 20 characters: the most an idTag of OCPP 1.6 has. 85 bits of them are random.
	uid := "APP" + base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(b)[:17]
	t = Token{Tenant: tenant, UID: uid, Type: "Central", Driver: driver, Status: StatusAccepted, UpdatedAt: tx.Now()}
	_, err = tx.Exec(`INSERT INTO driver_token (tenant_id, uid, shown_uid, type, driver_id, group_id, status, purpose, added_at, updated_at)
		VALUES ($1, $2, $3, $4, $5, '', $6, $7, $8, $9)`, tenant, Key(uid), uid, t.Type, driver, t.Status, purposeApp, tx.Now(), tx.Now())
	return t, err
}

// purposeFree marks the token of one start that nobody pays.
const purposeFree = "free"

// NewFree makes a token for one session that nobody pays, to be started within the
// time that a start may take. Who gives it away, and why, stands with the command.
func NewFree(tx *store.Tx, tenant string) (Token, error) {
	b := make([]byte, 11)
	if _, err := rand.Read(b); err != nil {
		return Token{}, fail.Wrap(fail.Internal, "driver.NewFree", err)
	}
	one := int64(1)
	// 20 characters: the most an idTag of OCPP 1.6 has.
	uid := "FRE" + base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(b)[:17]
	t := Token{
		Tenant: tenant, UID: uid, Type: "Central", Status: StatusAccepted, ExpiresAt: tx.Now().Add(lateTime), MaxParallelSessions: &one, UpdatedAt: tx.Now(), Free: true,
	}
	_, err := tx.Exec(`INSERT INTO driver_token (tenant_id, uid, shown_uid, type, group_id, status, expires_at, max_parallel_sessions, purpose, added_at, updated_at)
		VALUES ($1, $2, $3, $4, '', $5, $6, $7, $8, $9, $9)`, tenant, Key(uid), uid, t.Type, t.Status, t.ExpiresAt, one, purposeFree, tx.Now())
	return t, err
}

// Spent takes note that the session of a token of NewFree began: it starts no other.
func Spent(tx *store.Tx, tenant, uid string) {
	tx.Write(`UPDATE driver_token SET status = $1, updated_at = $2 WHERE tenant_id = $3 AND uid = $4 AND purpose = $5`, StatusBlocked, tx.Now(), tenant, Key(uid), purposeFree)
}
