package session

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
	"time"

	"chargewright/base/energy"
	"chargewright/base/fail"
	"chargewright/base/id"
	"chargewright/base/outbox"
	"chargewright/base/store"
	"chargewright/core/device"
	"chargewright/core/driver"
	"chargewright/core/notify"
	"chargewright/core/station"
)

// Topics of the events that sessions emit. The key is the session id.
const (
	TopicClosed    = "session.closed"
	TopicAbandoned = "session.abandoned"
	TopicSilent    = "session.silent"
)

// Patience of sessions.
const (
	// gapWait is how long a closed session waits for missing messages.
	gapWait = 15 * time.Minute
	// lostWait is how long a session whose end seems lost waits for it.
	lostWait = 10 * time.Minute
	// silence after which an open session is provisional: what an AC and a DC
	// session may take (money policy, rule 7).
	silenceAC = 48 * time.Hour
	silenceDC = 6 * time.Hour
	// dcPower is the most an AC EVSE delivers, in W; what delivers more is DC.
	dcPower = 44_000
)

// Bounds of one report.
const (
	maxSamples = 2_000
	maxTx      = 256
)

// Apply stores a report and steps its session. The station must be known. The
// verdict is the same however often the report comes. A report that continues
// an open session costs one read, one append and one update. Meter values of a
// 1.6 transaction that we never gave make no session: the verdict names none.
func Apply(tx *store.Tx, r Report) (Verdict, error) {
	if len(r.Tx) > maxTx {
		return Verdict{}, fail.New(fail.Invalid, "session.Apply", "the transaction id has %d characters", len(r.Tx))
	}
	r = r.bounded()
	s, exists, err := find(tx, r)
	if err == nil && !exists {
		if r.Kind == Updated && r.Seq < 0 {
			return Verdict{}, nil
		}
		s, err = begin(tx, r)
	}
	if err != nil {
		return Verdict{}, err
	}
	r.Tx = s.Tx
	fresh, err := remember(tx, r)
	if err != nil {
		return Verdict{}, err
	}
	if exists && !fresh {
		return verdict(tx, s, r, true)
	}
	if exists && s.contradicts(r) {
		s.Flags = s.Flags.without(FlagSeen).With(FlagConflict)
		update(tx, s)
		return verdict(tx, s, r, false)
	}
	if s, err = advance(tx, s, r, exists); err != nil {
		return Verdict{}, err
	}
	return verdict(tx, s, r, false)
}

// advance steps the session by a report that is new and writes it.
func advance(tx *store.Tx, s Session, r Report, exists bool) (Session, error) {
	m, err := meterFor(tx, s, r, exists)
	if err != nil {
		return s, err
	}
	before, was, silent := s, s.State, s.Flags.Has(FlagProvisional)
	s = s.step(r, m)
	if r.Token != "" && s.Token == "" && r.Kind != Ended { // with the start, or the card after the cable (2.x E02)
		if s, err = identify(tx, s, r); err != nil {
			return s, err
		}
	}
	if !exists || r.Kind == Started || s.Token != before.Token || s.EVSE != before.EVSE {
		if s, err = price(tx, s, r, exists); err != nil {
			return s, err
		}
	}
	if r.Kind == Started {
		if err := supersede(tx, s, r); err != nil {
			return s, err
		}
	}
	s = s.done()
	if exists {
		update(tx, s)
	} else {
		insert(tx, s)
	}
	claim(tx, s.ID, r.Claim)
	if !exists || silent && !s.Flags.Has(FlagProvisional) {
		if err := watch(tx, s, tx.Now(), m); err != nil {
			return s, err
		}
	}
	if err := tell(tx, s, was, r.Kind); err != nil {
		return s, err
	}
	return s, after(tx, s, was, r)
}

// bounded returns the report within what is kept. A time that was not set is
// the time of receipt; of too many samples the first, the last and every so
// manieth are used, while the message is kept whole.
func (r Report) bounded() Report {
	if r.At.IsZero() {
		r.At, r.Flags = r.Received, r.Flags.With(FlagClock)
	}
	if n := len(r.Samples); n > maxSamples {
		step, marked := n/(maxSamples/2-1)+1, 0 // half for every so manieth, half for those marked
		var few []energy.Sample
		for i, x := range r.Samples {
			keep := i%step == 0 || i == n-1
			if !keep && (x.Begin || x.End) && marked < maxSamples/2-1 {
				keep, marked = true, marked+1
			}
			if keep {
				few = append(few, x)
			}
		}
		r.Samples, r.Flags = few, r.Flags.With(FlagThinned)
	}
	for i, x := range r.Samples {
		if x.At.IsZero() {
			r.Samples = slices.Clone(r.Samples)
			r.Samples[i].At, r.Flags = r.At, r.Flags.With(FlagClock)
		}
	}
	return r
}

// meterFor returns what is known of the register where the step needs it: for a
// new session, and where the register falls.
func meterFor(tx *store.Tx, s Session, r Report, exists bool) (energy.Meter, error) {
	falls := !exists
	for i, x := range r.Samples {
		falls = falls || i > 0 && x.Register < r.Samples[i-1].Register || s.Last != nil && x.Register < *s.Last
	}
	if !falls {
		return energy.Meter{}, nil
	}
	return MeterOf(tx, s)
}

// contradicts reports whether a report that is not a repetition claims a place
// that another report has taken.
func (s Session) contradicts(r Report) bool {
	started, ended := !s.StartedAt.IsZero(), !s.StoppedAt.IsZero() && !s.Estimated
	switch {
	case r.Kind == Started && !started, r.Kind == Ended && !ended:
		return false // whatever its number: the session lacks it
	case r.Seq >= 0:
		return s.Seq.Seen(r.Seq)
	}
	return r.Kind == Started || r.Kind == Ended
}

func find(tx *store.Tx, r Report) (Session, bool, error) {
	if r.Tx == "" {
		return store.One(tx, scan, `SELECT `+columns+` FROM session_session WHERE station_id = $1 AND start_key = $2`, r.Station, r.StartKey)
	}
	return ByTransaction(tx, r.Station, r.Tx)
}

// begin makes the session of a transaction first heard of. It has no row yet.
func begin(tx *store.Tx, r Report) (Session, error) {
	st, found, err := station.Find(tx, r.Station)
	if err != nil {
		return Session{}, err
	}
	if !found {
		return Session{}, fail.New(fail.NotFound, "session.Apply", "there is no station %q", r.Station)
	}
	s := Session{
		ID: id.New("ses"), Tenant: st.Tenant, Site: st.Site, Station: st.ID, EVSE: r.EVSE, Connector: r.Connector, Tx: r.Tx, StartKey: r.StartKey,
		Protocol: r.Protocol, State: Pending, CreatedAt: tx.Now(),
	}
	if r.Tx == "" {
		free, err := freeTransaction(tx, st.ID)
		if err != nil {
			return s, err
		}
		s.Tx = strconv.FormatInt(free, 10)
	}
	if r.Kind != Started && r.Seq < 0 { // 1.6: the id is ours to give, and we did not give this one
		s.Flags = s.Flags.With(FlagUnknownTx)
	}
	d, _, err := device.At(tx, st.ID)
	if err != nil {
		return s, err
	}
	s.Device = d.ID
	return s, nil
}

// freeTransaction finds a 1.6 transaction id that the station has not had.
func freeTransaction(tx *store.Tx, station string) (int64, error) {
	for range 16 {
		n := id.Transaction()
		_, taken, err := store.One(tx, func(*store.Row) bool { return true }, `SELECT 1 FROM session_session WHERE station_id = $1 AND tx = $2`, station, strconv.FormatInt(n, 10))
		if err != nil {
			return 0, err
		}
		if !taken {
			return n, nil
		}
	}
	return 0, fail.New(fail.Internal, "session.Apply", "no free transaction id found")
}

// identify judges the first token a transaction names: it is the session's.
func identify(tx *store.Tx, s Session, r Report) (Session, error) {
	j, err := Authorise(tx, Attempt{Tenant: s.Tenant, Token: r.Token, Type: r.TokenType, Station: s.Station, EVSE: s.EVSE, Session: s.ID, At: r.At, Late: r.Offline})
	if err != nil {
		return s, err
	}
	if r.NoCredit && j.Verdict == driver.Accepted {
		j.Verdict = driver.NoCredit
	}
	if err := j.Raise(tx, s.Tenant); err != nil {
		return s, err
	}
	s.Token, s.Shown, s.TokenType, s.Verdict, s.Driver = driver.Key(r.Token), r.Token, r.TokenType, j.Verdict, j.Token.Driver
	if j.Verdict != driver.Accepted {
		s.Flags = s.Flags.With(FlagUnauthorised)
	}
	if j.Token.Free && j.Verdict == driver.Accepted {
		return free(tx, s)
	}
	return s, nil
}

// supersede ends what else was open on the EVSE when a session begins: its end
// must have been lost.
func supersede(tx *store.Tx, s Session, r Report) error {
	if r.EVSE == 0 {
		return nil
	}
	others, err := store.All(tx, scan, `SELECT `+columns+` FROM session_session WHERE station_id = $1 AND evse = $2 AND state <> 'closed' AND id <> $3 ORDER BY id LIMIT 20`,
		s.Station, r.EVSE, s.ID)
	if err != nil {
		return err
	}
	for _, o := range others {
		if !o.StartedAt.Before(r.At) {
			continue
		}
		if err := estimate(tx, o, "Other"); err != nil {
			return err
		}
	}
	return nil
}

func openOf(tx *store.Tx, tenant, token, except string) (int64, error) {
	n, _, err := store.One(tx, func(r *store.Row) int64 { return r.Int(0) },
		`SELECT COUNT(*) FROM session_session WHERE tenant_id = $1 AND token = $2 AND state <> 'closed' AND id <> $3`, tenant, driver.Key(token), except)
	return n, err
}

// verdict answers a report from the session as stored.
func verdict(tx *store.Tx, s Session, r Report, duplicate bool) (Verdict, error) {
	v := Verdict{Session: s.ID, Tx: s.Tx, Duplicate: duplicate}
	if r.Token == "" {
		return v, nil
	}
	t, found, err := driver.FindToken(tx, s.Tenant, r.Token)
	if err != nil {
		return v, err
	}
	v.Token = s.Verdict
	if driver.Key(r.Token) != s.Token { // another token, as when a group member stops the session
		v.Token = driver.Invalid
		if found {
			v.Token = t.Judge(r.At)
		}
	}
	if found {
		v.ExpiresAt, v.Group = t.ExpiresAt, t.Group
	}
	if driver.Key(r.Token) == s.Token && t.Driver != "" && v.Token != driver.Accepted {
		b, _, err := blockOf(tx, t, Attempt{At: r.At, Late: r.Offline}.when(tx))
		v.Block = b.Reason
		return v, err
	}
	return v, nil
}

// remember stores the report as evidence; false when it was there already.
func remember(tx *store.Tx, r Report) (bool, error) {
	sum := sha256.Sum256(r.Message)
	samples, err := encodeSamples(r.Samples)
	if err != nil {
		return false, err
	}
	n, err := tx.Exec(`INSERT INTO session_input (station_id, tx, nkey, digest, kind, seq, at, received_at, offline, charging_state, samples, message)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) ON CONFLICT (station_id, tx, nkey, digest) DO NOTHING`,
		r.Station, r.Tx, r.Key, hex.EncodeToString(sum[:12]), r.Kind, r.Seq, r.At, r.Received, r.Offline, r.Flow, samples, string(r.Message))
	return n > 0, err
}

// after emits what follows from a step.
func after(tx *store.Tx, s Session, was State, r Report) error {
	if s.State != Closed || s.Settled {
		return nil
	}
	due := tx.Now()
	if len(s.Seq.Missing) > 0 && !s.Estimated {
		due = due.Add(gapWait)
	}
	if was == Closed && r.Kind == Observed {
		return nil
	}
	return outbox.At(tx, due, TopicClosed, s.ID, nil)
}

// watch arms the timer that finds a session silent.
func watch(tx *store.Tx, s Session, heard time.Time, m energy.Meter) error {
	return outbox.At(tx, heard.Add(patience(m)), TopicSilent, s.ID, nil)
}

func patience(m energy.Meter) time.Duration {
	if m.MaxPower > dcPower {
		return silenceDC
	}
	return silenceAC
}

// Silent flags a session provisional when nothing was heard of it for as long
// as its kind may take, and else looks again when that time is up. It is final on
// unplug, at the next session, or by a person.
func Silent(tx *store.Tx, session string) error {
	s, found, err := Find(tx, session)
	if err != nil || !found || !s.State.Open() || s.Flags.Has(FlagProvisional) {
		return err
	}
	m, err := MeterOf(tx, s)
	if err != nil {
		return err
	}
	if tx.Now().Sub(s.UpdatedAt) < patience(m) {
		return watch(tx, s, s.UpdatedAt, m)
	}
	// Not by update: this is no sign of life, and updated_at tells of those.
	tx.Write(`UPDATE session_session SET flags = $1 WHERE id = $2`, s.Flags.With(FlagProvisional).text(), s.ID)
	return nil
}

// MeterOf returns what is known of the register behind a session.
func MeterOf(tx *store.Tx, s Session) (energy.Meter, error) {
	d, _, err := device.At(tx, s.Station)
	if err != nil {
		return energy.Meter{}, err
	}
	w, err := station.MaxPower(tx, s.Station, s.EVSE)
	return energy.Meter{Modulus: d.MeterModulus, MaxPower: w}, err
}

// Observe gives a connector's status to the open session on its EVSE, if there
// is one. A connector that is free again while its session is open starts the
// wait for a lost end.
func Observe(tx *store.Tx, r Report, free bool) error {
	s, found, err := store.One(tx, scan, `SELECT `+columns+` FROM session_session WHERE station_id = $1 AND evse = $2 AND state <> 'closed' ORDER BY created_at DESC, id DESC LIMIT 1`,
		r.Station, r.EVSE)
	if err != nil || !found {
		return err
	}
	if free {
		return outbox.At(tx, tx.Now().Add(lostWait), TopicAbandoned, s.ID, abandoned{s.UpdatedAt})
	}
	if r.Flow == "" || r.At.Before(s.StartedAt) {
		return nil
	}
	r.Tx, r.Kind, r.Seq = s.Tx, Observed, -1
	r.Key = "status|" + strconv.FormatInt(r.At.UnixMicro(), 10) + "|" + string(r.Flow)
	_, err = Apply(tx, r)
	return err
}

type abandoned struct {
	// Seen is when the session had last been heard of.
	Seen time.Time `json:"seen"`
}

// Rebooted starts the wait for a lost end of every open session of a station
// that booted: a station that resumes them says so, one with a queue sends it.
func Rebooted(tx *store.Tx, station string) error {
	open, err := store.All(tx, scan, `SELECT `+columns+` FROM session_session WHERE station_id = $1 AND state <> 'closed' ORDER BY id LIMIT 256`, station)
	if err != nil {
		return err
	}
	for _, s := range open {
		if err := outbox.At(tx, tx.Now().Add(lostWait), TopicAbandoned, s.ID, abandoned{s.UpdatedAt}); err != nil {
			return err
		}
	}
	return nil
}

// Abandon closes a session whose end did not come within the wait. It does
// nothing when the session was heard of since, or is closed.
func Abandon(tx *store.Tx, session string, seen time.Time) error {
	s, found, err := store.One(tx, scan, `SELECT `+columns+` FROM session_session WHERE id = $1`, session)
	if err != nil || !found || !s.State.Open() || s.UpdatedAt.After(seen) {
		return err
	}
	return estimate(tx, s, "Other")
}

// estimate closes a session at its last trusted reading. No idle time is
// invented; a late real end replaces the estimate.
func estimate(tx *store.Tx, s Session, reason string) error {
	s.StoppedAt = s.StartedAt
	if s.LastAt.After(s.StoppedAt) {
		s.StoppedAt = s.LastAt
	}
	if s.StoppedAt.IsZero() {
		s.StoppedAt = tx.Now()
	}
	s.State, s.Estimated = Closed, true
	if s.Reason == "" {
		s.Reason = reason
	}
	s.Flags = s.Flags.With(FlagEstimated)
	s = s.done()
	update(tx, s)
	if err := publish(tx, notify.SessionEnded, s); err != nil {
		return err
	}
	return outbox.At(tx, tx.Now(), TopicClosed, s.ID, nil)
}
