package brake

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"chargewright/base/fail"
	"chargewright/base/id"
	"chargewright/base/store"
	"chargewright/core/access"
)

// Kind is what a block keeps from charging.
type Kind string

// The kinds, with what their subject is.
const (
	Token   Kind = "token"   // its uid, as tokens compare
	Account Kind = "account" // the driver
	Card    Kind = "card"    // provider/fingerprint, as the provider of payments made it
	EVSE    Kind = "evse"    // station/evse: its page for guests
	Address Kind = "address" // digest of where guests come from
)

// Subject is who or what is blocked.
type Subject struct {
	Kind Kind
	Key  string
}

// AtEVSE is the subject of an EVSE.
func AtEVSE(station string, evse int64) Subject {
	return Subject{EVSE, station + "/" + strconv.FormatInt(evse, 10)}
}

// ByCard is the subject of a card.
func ByCard(provider, fingerprint string) Subject { return Subject{Card, provider + "/" + fingerprint} }

// Reason is why something is blocked.
type Reason string

// The reasons.
const (
	TooManyStarts Reason = "too_many_starts"   // of a token within a day
	ParallelUse   Reason = "parallel_use"      // of an account, at more EVSEs at once than anybody drives vehicles
	Travel        Reason = "impossible_travel" // of a token, between two stations faster than anybody drives
	TooManyVisits Reason = "too_many_visits"   // of guests within an hour, or of a card within a day
	CardTesting   Reason = "card_testing"      // visits that came to nothing at the bank, as when card numbers are tried
)

// term is how long a block for a reason stands.
var term = map[Reason]time.Duration{
	TooManyStarts: 12 * time.Hour, ParallelUse: 15 * time.Minute, Travel: 24 * time.Hour, TooManyVisits: time.Hour, CardTesting: time.Hour,
}

// cardTerm is how long a card is blocked, whatever for.
const cardTerm = 24 * time.Hour

func (s Subject) term(r Reason) time.Duration {
	if s.Kind == Card {
		return cardTerm
	}
	return term[r]
}

// words say the reasons to drivers.
var words = map[string]map[Reason]string{
	"en": {
		TooManyStarts: "This card was used unusually often today. It is blocked for some hours; call the helpline if it was you.",
		ParallelUse:   "This account charges at too many places at once. End one of the sessions, or call the helpline.",
		Travel:        "This card was used far from here a short time ago. It is blocked for a day; call the helpline if it was you.",
		TooManyVisits: "There were unusually many attempts to pay. Try again later, or call the helpline.",
		CardTesting:   "There were unusually many payments that the bank refused. Try again later, or call the helpline.",
	},
	"de": {
		TooManyStarts: "Diese Karte wurde heute ungewöhnlich oft benutzt. Sie ist für einige Stunden gesperrt; rufen Sie die Hotline an, wenn Sie das waren.",
		ParallelUse:   "Dieses Konto lädt an zu vielen Orten zugleich. Beenden Sie einen der Ladevorgänge oder rufen Sie die Hotline an.",
		Travel:        "Diese Karte wurde vor kurzem weit von hier benutzt. Sie ist für einen Tag gesperrt; rufen Sie die Hotline an, wenn Sie das waren.",
		TooManyVisits: "Es gab ungewöhnlich viele Zahlungsversuche. Versuchen Sie es später noch einmal oder rufen Sie die Hotline an.",
		CardTesting:   "Es gab ungewöhnlich viele Zahlungen, die die Bank abgelehnt hat. Versuchen Sie es später noch einmal oder rufen Sie die Hotline an.",
	},
}

// Words say the reason to a driver, in English where the language has none.
func (r Reason) Words(language string) string {
	if in, ok := words[strings.ToLower(language)]; ok {
		return in[r]
	}
	return words["en"][r]
}

// Evidence is what a block was raised for.
type Evidence struct {
	Count    int64     `json:"count,omitempty"` // how many there were
	Limit    int64     `json:"limit"`           // and how many, or how fast (km/h), there may be
	Since    time.Time `json:"since"`
	Objects  []string  `json:"objects,omitempty"` // the sessions or payments, the latest first, 20 at most
	From     string    `json:"from,omitempty"`    // of travel: the station before
	Distance int64     `json:"distance_km,omitempty"`
	Seconds  int64     `json:"seconds,omitempty"` // between the two
}

// maxObjects bounds Evidence.Objects.
const maxObjects = 20

// Sign is what was noticed of a subject.
type Sign struct {
	Subject
	Reason   Reason
	Driver   string // "" for none
	Station  string // where it was noticed
	EVSE     int64  // 0 is not known
	Evidence Evidence
}

// Block keeps a subject from charging.
type Block struct {
	ID     string
	Tenant string
	Sign
	BeganAt time.Time
	Until   time.Time // when it ends by itself, or was lifted
	By      string    // who lifted it, "" for nobody
	For     string    // and why
}

// Stands reports whether the block holds at a time.
func (b Block) Stands(at time.Time) bool { return !at.Before(b.BeganAt) && at.Before(b.Until) }

const columns = `id, tenant_id, kind, subject, reason, driver_id, station_id, evse, evidence, began_at, until_at, lifted_by, lifted_for`

func scan(r *store.Row) Block {
	b := Block{
		ID: r.Text(0), Tenant: r.Text(1), Sign: Sign{Subject: Subject{Kind(r.Text(2)), r.Text(3)}, Reason: Reason(r.Text(4)), Driver: r.Text(5), Station: r.Text(6), EVSE: r.Int(7)},
		BeganAt: r.Time(9), Until: r.Time(10), By: r.Text(11), For: r.Text(12),
	}
	if json.Unmarshal([]byte(r.Text(8)), &b.Evidence) != nil {
		b.Evidence = Evidence{} // it is ours, and always reads
	}
	return b
}

// Raise blocks the subject of a sign from now on, and returns what stands: the
// block that stood already, where one did.
func Raise(tx *store.Tx, tenant string, s Sign) (Block, error) {
	if was, found, err := Standing(tx, tenant, tx.Now(), s.Subject); err != nil || found {
		return was, err
	}
	s.Evidence.Objects = s.Evidence.Objects[:min(len(s.Evidence.Objects), maxObjects)]
	b := Block{ID: id.New("blk"), Tenant: tenant, Sign: s, BeganAt: tx.Now(), Until: tx.Now().Add(s.term(s.Reason))}
	text, err := json.Marshal(s.Evidence)
	if err != nil {
		return b, fail.Wrap(fail.Internal, "brake.Raise", err)
	}
	_, err = tx.Exec(`INSERT INTO brake_block (`+columns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, '', '')`,
		b.ID, tenant, s.Kind, s.Key, s.Reason, store.OrNull(s.Driver), s.Station, s.EVSE, string(text), b.BeganAt, b.Until)
	return b, err
}

// Standing returns the block of the first of some subjects that has one at a time.
func Standing(tx *store.Tx, tenant string, at time.Time, of ...Subject) (Block, bool, error) {
	for _, s := range of {
		b, found, err := store.One(tx, scan, `SELECT `+columns+` FROM brake_block WHERE tenant_id = $1 AND kind = $2 AND subject = $3 AND until_at > $4 AND began_at <= $4
			ORDER BY until_at DESC, id DESC LIMIT 1`, tenant, s.Kind, s.Key, at)
		if err != nil || found {
			return b, found, err
		}
	}
	return Block{}, false, nil
}

// Since is from when on something counts for a subject: within a window, and not
// before its last block ended.
func Since(tx *store.Tx, tenant string, s Subject, window time.Duration) (time.Time, error) {
	last, _, err := store.One(tx, func(r *store.Row) time.Time { return r.Time(0) },
		`SELECT MAX(until_at) FROM brake_block WHERE tenant_id = $1 AND kind = $2 AND subject = $3`, tenant, s.Kind, s.Key)
	if from := tx.Now().Add(-window); last.Before(from) {
		last = from
	}
	return last, err
}

// Get returns a block of the tenant to staff who see all sites; to others it is
// NotFound.
func Get(tx *store.Tx, sc access.Scope, block string) (Block, error) {
	b, found, err := store.One(tx, scan, `SELECT `+columns+` FROM brake_block WHERE id = $1`, block)
	if err == nil && (!found || b.Tenant != sc.Tenant || sc.Limited()) {
		return Block{}, fail.New(fail.NotFound, "brake.Get", "there is no block %q", block)
	}
	return b, err
}

// Filter narrows a list of blocks; empty fields do not.
type Filter struct {
	Standing bool
	Kind     Kind
}

// List lists up to limit blocks of the tenant, newest first, that began before the
// given one (zero values: from the newest on). Who sees some sites only sees none.
func List(tx *store.Tx, sc access.Scope, f Filter, beforeAt time.Time, before string, limit int) ([]Block, error) {
	if sc.Limited() {
		return nil, nil
	}
	if beforeAt.IsZero() {
		beforeAt = time.Unix(1<<40, 0)
	}
	args := []any{sc.Tenant, beforeAt, before, limit}
	where := ""
	if f.Standing {
		args = append(args, tx.Now())
		where += ` AND until_at > $` + strconv.Itoa(len(args))
	}
	if f.Kind != "" {
		args = append(args, f.Kind)
		where += ` AND kind = $` + strconv.Itoa(len(args))
	}
	return store.All(tx, scan, `SELECT `+columns+` FROM brake_block WHERE tenant_id = $1 AND (began_at < $2 OR (began_at = $2 AND id < $3))`+where+`
		ORDER BY began_at DESC, id DESC LIMIT $4`, args...)
}

// maxWhy bounds the reason for which a block is lifted, in bytes.
const maxWhy = 500

// Lift ends a block before its time, for a reason. A block that does not stand is a
// Conflict.
func Lift(tx *store.Tx, sc access.Scope, block, why string) (Block, error) {
	const op = "brake.Lift"
	if why = strings.TrimSpace(why); why == "" || len(why) > maxWhy {
		return Block{}, fail.Field(op, "reason", "it has %d bytes, not 1 to %d", len(why), maxWhy)
	}
	b, err := Get(tx, sc, block)
	if err != nil {
		return b, err
	}
	if !b.Stands(tx.Now()) {
		return b, fail.New(fail.Conflict, op, "the block has ended already")
	}
	b.Until, b.By, b.For = tx.Now(), sc.Actor, why
	if b.By == "" {
		b.By = access.KindSystem
	}
	_, err = tx.Exec(`UPDATE brake_block SET until_at = $2, lifted_by = $3, lifted_for = $4 WHERE id = $1`, b.ID, b.Until, b.By, b.For)
	return b, err
}

// keep is how long a block is kept after it ended.
const keep = 90 * 24 * time.Hour

// Forget deletes blocks that ended long ago.
func Forget(tx *store.Tx) {
	tx.Write(`DELETE FROM brake_block WHERE until_at < $1`, tx.Now().Add(-keep))
}

// Rename replaces a token by its pseudonym.
func Rename(tx *store.Tx, tenant, token, pseudonym string) error {
	_, err := tx.Exec(`UPDATE brake_block SET subject = $4 WHERE tenant_id = $1 AND kind = $2 AND subject = $3`, tenant, Token, token, pseudonym)
	return err
}
