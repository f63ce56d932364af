package session

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"chargewright/base/energy"
	"chargewright/base/fail"
	"chargewright/base/store"
	"chargewright/core/access"
	"chargewright/core/driver"
)

// Filter narrows a list of sessions. Zero fields do not narrow.
type Filter struct {
	Station string
	Tx      string // the transaction, as OCPP has it
	Token   string
	Driver  string
	Site    string
	Open    bool
	States  []string // alternatives: states, and the words in States
	Flag    Flag
	Text    string    // the id or its end, the transaction, or the end of the token
	From    time.Time // begun at or after it
	To      time.Time // begun before it
	// Before is the last session of the previous page.
	BeforeAt time.Time
	Before   string
}

// Words of Filter.States beside the states themselves.
const (
	AnyOpen      = "open"
	AnyHeld      = "held"      // closed, and waiting for a person before it is priced
	AnyEstimated = "estimated" // closed at the last reading
	AnyFailed    = "failed"    // a failed start, as StartsSince counts them
	AnyDoubtful  = "doubtful"  // billed, and somebody should look: Doubtful
)

var words = []string{
	string(Pending), string(Charging), string(Suspended), string(Finishing), string(Closed), AnyOpen, AnyHeld, AnyEstimated, AnyFailed, AnyDoubtful,
}

// Check returns an Invalid error that names the field at fault.
func (f Filter) Check() error {
	for _, s := range f.States {
		if !slices.Contains(words, s) {
			return fail.Field("session.Filter", "state", "%.50q is none of %s", s, strings.Join(words, ", "))
		}
	}
	return nil
}

// where is the filter, but for the page, as an SQL condition on session_session.
func (f Filter) where(sc access.Scope, args *[]any) string {
	conds := []string{"tenant_id = " + param(args, sc.Tenant), sc.Within("site_id", args)}
	add := func(when bool, sql string, v any) {
		if when {
			conds = append(conds, sql+param(args, v))
		}
	}
	add(f.Station != "", "station_id = ", f.Station)
	add(f.Tx != "", "tx = ", f.Tx)
	add(f.Token != "", "token = ", driver.Key(f.Token))
	add(f.Driver != "", "driver_id = ", f.Driver)
	add(f.Site != "", "site_id = ", f.Site)
	add(!f.From.IsZero(), began+" >= ", f.From)
	add(!f.To.IsZero(), began+" < ", f.To)
	if f.Open {
		conds = append(conds, "state <> 'closed'")
	}
	if f.Flag != "" {
		conds = append(conds, flagged(f.Flag, args))
	}
	if len(f.States) > 0 {
		var any []string
		for _, s := range f.States {
			any = append(any, stateIs(s, args))
		}
		conds = append(conds, "("+strings.Join(any, " OR ")+")")
	}
	if text := strings.TrimSpace(f.Text); text != "" {
		tx, key := param(args, text), param(args, driver.Key(text))
		conds = append(conds, `(tx = `+tx+` OR `+endsWith("id", key, driver.Key(text), args)+` OR `+endsWith("token", key, driver.Key(text), args)+`)`)
	}
	return strings.Join(conds, " AND ")
}

// endsWith is an SQL condition: the text of a column ends in a part.
func endsWith(column, part, value string, args *[]any) string {
	n := param(args, len([]rune(value)))
	return `(length(` + column + `) >= ` + n + ` AND substr(` + column + `, length(` + column + `) - ` + n + ` + 1) = ` + part + `)`
}

// flagged is an SQL condition: the flag is in the set.
func flagged(f Flag, args *[]any) string {
	return `replace(',' || flags || ',', ` + param(args, ","+string(f)+",") + `, '') <> ',' || flags || ','`
}

// anyFlagged is an SQL condition: one of the flags is in the set.
func anyFlagged(some []Flag, args *[]any) string {
	conds := make([]string, len(some))
	for i, f := range some {
		conds[i] = flagged(f, args)
	}
	return "(" + strings.Join(conds, " OR ") + ")"
}

// stateIs is an SQL condition for one word of States.
func stateIs(word string, args *[]any) string {
	switch word {
	case AnyOpen:
		return "state <> 'closed'"
	case AnyEstimated:
		return "(estimated OR " + flagged(FlagEstimated, args) + ")"
	case AnyFailed:
		return "(" + failedSQL + ")"
	case AnyHeld:
		return "(state = 'closed' AND NOT settled AND " + anyFlagged(holding, args) + ")"
	case AnyDoubtful: // the first two as the index has them
		return "(settled AND flags <> '' AND " + anyFlagged(doubting, args) + " AND NOT " + anyFlagged([]Flag{FlagSeen, FlagVoid}, args) + ")"
	}
	return "state = " + param(args, word)
}

// param appends an argument and returns the name of its parameter.
func param(args *[]any, v any) string {
	*args = append(*args, v)
	return "$" + strconv.Itoa(len(*args))
}

// began is Session.Began in SQL, as the indexes have it.
const began = "COALESCE(started_at, created_at)"

// List returns up to limit sessions that the scope sees, the last begun first.
func List(tx *store.Tx, sc access.Scope, f Filter, limit int) ([]Session, error) {
	if err := f.Check(); err != nil {
		return nil, err
	}
	var args []any
	where := f.where(sc, &args)
	if !f.BeforeAt.IsZero() {
		at := param(&args, f.BeforeAt)
		where += ` AND ` + began + ` <= ` + at + ` AND (` + began + ` < ` + at + ` OR id < ` + param(&args, f.Before) + `)`
	}
	return store.All(tx, scan, `SELECT `+columns+` FROM session_session WHERE `+where+` ORDER BY `+began+` DESC, id DESC LIMIT `+param(&args, limit), args...)
}

// Sum is the cost of sessions in one currency.
type Sum struct {
	Currency string
	Minor    int64
}

// Summary is what the sessions of a filter come to.
type Summary struct {
	Count, Open int64
	Energy      energy.Energy
	Cost        []Sum // gross, of those that are settled
	Unsettled   int64 // closed, and not priced: held, or on their way
}

// Summarise sums the sessions that the scope sees and the filter lets through;
// its page plays no part.
func Summarise(tx *store.Tx, sc access.Scope, f Filter) (out Summary, err error) {
	if err := f.Check(); err != nil {
		return out, err
	}
	var args []any
	where := f.where(sc, &args)
	err = tx.Each(func(r *store.Row) error {
		currency, cost, priced := r.Text(0), r.Int(1), r.Int(2)
		out.Count, out.Open, out.Unsettled = out.Count+r.Int(3), out.Open+r.Int(4), out.Unsettled+r.Int(5)
		var fits bool
		if out.Energy, fits = energy.Sum(out.Energy, energy.Energy(r.Int(6))); !fits {
			return fail.New(fail.Internal, "session.Summarise", "the energy is beyond all bounds")
		}
		if priced > 0 {
			out.Cost = append(out.Cost, Sum{currency, cost})
		}
		return nil
	}, `SELECT currency, CAST(COALESCE(SUM(CASE WHEN settled THEN cost_minor ELSE 0 END), 0) AS BIGINT), SUM(CASE WHEN settled AND cost_minor IS NOT NULL THEN 1 ELSE 0 END),
			COUNT(*), SUM(CASE WHEN state <> 'closed' THEN 1 ELSE 0 END), SUM(CASE WHEN state = 'closed' AND NOT settled THEN 1 ELSE 0 END),
			CAST(SUM(energy_mwh) AS BIGINT)
		FROM session_session WHERE `+where+` GROUP BY currency ORDER BY currency`, args...)
	return out, err
}

// OpenIn lists the open sessions at some stations that the scope sees, by
// station and EVSE, the newest of an EVSE first; at most 10,000.
func OpenIn(tx *store.Tx, sc access.Scope, stations []string) ([]Session, error) {
	if len(stations) == 0 {
		return nil, nil
	}
	args := []any{sc.Tenant}
	return store.All(tx, scan, `SELECT `+columns+` FROM session_session WHERE tenant_id = $1 AND `+sc.Within("site_id", &args)+` AND state <> 'closed' AND `+
		access.In("station_id", stations, &args)+` ORDER BY station_id, evse, created_at DESC, id DESC LIMIT 10000`, args...)
}

// Use is how much a driver has charged.
type Use struct {
	Sessions int64
	Last     time.Time // when the last session began
}

// UseOf returns how much some drivers of the tenant have charged.
func UseOf(tx *store.Tx, sc access.Scope, drivers []string) (map[string]Use, error) {
	out := map[string]Use{}
	if len(drivers) == 0 {
		return out, nil
	}
	args := []any{sc.Tenant}
	err := tx.Each(func(r *store.Row) error {
		out[r.Text(0)] = Use{r.Int(1), r.Time(2)}
		return nil
	}, `SELECT driver_id, COUNT(*), MAX(`+began+`) FROM session_session WHERE tenant_id = $1 AND `+access.In("driver_id", drivers, &args)+` GROUP BY driver_id`, args...)
	return out, err
}

// MaxSome is the most sessions that Some and OpenAfter return.
const MaxSome = 1_000

// Some returns those of some sessions that are there, in any tenant, by id; the
// first MaxSome are looked for.
func Some(tx *store.Tx, sessions []string) ([]Session, error) {
	sessions = sessions[:min(len(sessions), MaxSome)]
	var args []any
	return store.All(tx, scan, `SELECT `+columns+` FROM session_session WHERE `+access.In("id", sessions, &args)+` ORDER BY id`, args...)
}

// OpenAfter lists the open sessions of all tenants whose id is after the given
// one, by id, MaxSome at most.
func OpenAfter(tx *store.Tx, after string) ([]Session, error) {
	return store.All(tx, scan, `SELECT `+columns+` FROM session_session WHERE state <> 'closed' AND id > $1 ORDER BY id LIMIT $2`, after, MaxSome)
}

// ByTransaction returns the session of a station's transaction.
func ByTransaction(tx *store.Tx, station, transaction string) (Session, bool, error) {
	return store.One(tx, scan, `SELECT `+columns+` FROM session_session WHERE station_id = $1 AND tx = $2`, station, transaction)
}
