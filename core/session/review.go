package session

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strconv"

	"chargewright/base/energy"
	"chargewright/base/fail"
	"chargewright/base/outbox"
	"chargewright/base/store"
	"chargewright/core/access"
	"chargewright/core/device"
	"chargewright/core/driver"
	"chargewright/core/plan"
)

// Choice is what a person decides about a session that a flag holds.
type Choice string

// The choices.
const (
	Accept  Choice = "accept" // it is billed as its evidence has it
	ByWord  Choice = "energy" // an amount of energy is billed, marked estimated
	Unbills Choice = "void"   // it is never billed
)

// MaxReviewed bounds the energy that a person may name, in Wh.
const MaxReviewed = 10_000_000

// Decision is a choice with what belongs to it. It is kept as evidence.
type Decision struct {
	Choice Choice `json:"decision"`
	Energy int64  `json:"energy_wh,omitempty"` // with ByWord: in Wh
	Reason string `json:"reason"`
	Actor  string `json:"actor,omitempty"`
	Flags  Flags  `json:"flags,omitempty"` // that held it then: later ones hold it again
}

// Check returns an Invalid error that names the field at fault.
func (d Decision) Check() error {
	const op = "session.Review"
	switch {
	case d.Choice != Accept && d.Choice != ByWord && d.Choice != Unbills:
		return fail.Field(op, "decision", "%.50q is none of accept, energy, void", string(d.Choice))
	case d.Choice != ByWord && d.Energy != 0:
		return fail.Field(op, "energy_wh", "it belongs to the decision energy")
	case d.Energy < 0 || d.Energy > MaxReviewed:
		return fail.Field(op, "energy_wh", "it is not within 0…%d", MaxReviewed)
	case d.Reason == "" || len(d.Reason) > 1000:
		return fail.Field(op, "reason", "it has %d bytes, not 1 to 1000", len(d.Reason))
	}
	return nil
}

// on applies the decision to what the station's word comes to. The flags that
// the decision knew no longer hold.
func (d Decision) on(t Timeline) Timeline {
	if d.Choice != Accept && d.Choice != ByWord {
		return t
	}
	t.Flags = slices.DeleteFunc(slices.Clone(t.Flags), func(f Flag) bool { return f.Hold() && d.Flags.Has(f) }).With(FlagReviewed)
	if d.Choice == Accept {
		return t
	}
	t.Flags, t.Energy = t.Flags.With(FlagEstimated), energy.Energy(d.Energy)*energy.WattHour
	for i := range t.Segments {
		t.Segments[i].Energy = 0
	}
	spread(t.Segments, t.Start, t.End, t.Energy)
	return t
}

// apart parts what the station said from the last thing a person decided.
func apart(inputs []Input) (said []Input, d Decision) {
	var last Input
	said = slices.Clone(inputs)
	said = slices.DeleteFunc(said, func(x Input) bool {
		if x.Kind == Reviewed && (last.Kind == "" || !x.Received.Before(last.Received)) {
			last = x
		}
		return x.Kind == Reviewed || x.Kind == Noted
	})
	if last.Kind != "" && json.Unmarshal([]byte(last.Message), &d) != nil {
		d = Decision{} // it is ours, and always reads; unread it decides nothing
	}
	return said, d
}

// Review decides about a session that a flag holds. Accepted, it is settled by
// the same event that closing emits; void, it never is. A session that is not
// held is a Conflict, and so is one without a usable tariff or a known tax unless
// it is voided: there is no price that a person could accept. Of a Doubtful session
// that was billed the bill can be accepted; another bill is a correction.
func Review(tx *store.Tx, sc access.Scope, session string, d Decision) (Session, error) {
	if err := d.Check(); err != nil {
		return Session{}, err
	}
	s, err := Get(tx, sc, session)
	switch {
	case err != nil:
		return s, err
	case s.Doubtful() && d.Choice == Accept:
		return looked(tx, sc, s, d.Reason)
	case !s.Held():
		return s, fail.New(fail.Conflict, "session.Review", "the session is not held for a decision")
	case d.Choice != Unbills && (s.Flags.Has(FlagNoTariff) || s.Flags.Has(FlagBadTariff)):
		return s, fail.New(fail.Conflict, "session.Review", "no usable tariff was bound at its start: it can only be voided")
	case d.Choice != Unbills && s.Flags.Has(FlagPriceDiffers):
		return s, fail.New(fail.Conflict, "session.Review", "it would be billed by another price than its driver was shown: it can only be voided")
	case d.Choice != Unbills && s.Flags.Has(FlagNoCalendar):
		return s, fail.New(fail.Conflict, "session.Review", "the public holidays there are not known: enter them, and it is settled; or void it")
	case d.Choice != Unbills && s.Flags.Has(FlagNoTax):
		return s, fail.New(fail.Conflict, "session.Review", "no tax is known for it: enter the tax, and it is settled; or void it")
	}
	d.Actor, d.Flags = sc.Actor, slices.DeleteFunc(slices.Clone(s.Flags), func(f Flag) bool { return !f.Hold() })
	if err := remark(tx, s, Reviewed, d); err != nil {
		return s, err
	}
	if d.Choice == Unbills {
		s.Settled, s.CostMinor, s.Flags = true, nil, s.Flags.With(FlagVoid)
		update(tx, s)
		plan.Release(tx, s.Tenant, s.ID)
		return Get(tx, sc, session)
	}
	update(tx, s) // a settlement under way sees that it changed
	if err := outbox.At(tx, tx.Now(), TopicClosed, s.ID, nil); err != nil {
		return s, err
	}
	return Get(tx, sc, session)
}

// Decided is Timeline as if a person decided now, knowing all that holds it: known
// are the flags that did.
func (s Session) Decided(inputs []Input, m energy.Meter, d Decision) (t Timeline, known Flags) {
	said, _ := apart(inputs)
	t = s.rebuild(said, m)
	known = slices.DeleteFunc(slices.Clone(t.Flags), func(f Flag) bool { return !f.Hold() })
	d.Flags = known
	t = d.on(t)
	t.Flags = t.Flags.without(FlagLate)
	if slices.ContainsFunc(doubting, t.Flags.Has) {
		t.Flags = t.Flags.With(FlagSeen)
	}
	return t, known
}

// looked records that a person looked at a doubtful session and leaves it as it was
// billed. What is said of it from then on is doubtful anew.
func looked(tx *store.Tx, sc access.Scope, s Session, reason string) (Session, error) {
	if err := noted(tx, sc, s, reason); err != nil {
		return s, err
	}
	s.Flags = s.Flags.With(FlagSeen)
	update(tx, s)
	return Get(tx, sc, s.ID)
}

func noted(tx *store.Tx, sc access.Scope, s Session, note string) error {
	return remark(tx, s, Noted, struct {
		Note  string `json:"note"`
		Actor string `json:"actor,omitempty"`
	}{note, sc.Actor})
}

// Amend writes down what a person decided about a session after it was settled,
// with the flags of Decided. The caller prices it anew.
func Amend(tx *store.Tx, sc access.Scope, s Session, d Decision, known Flags) error {
	if err := d.Check(); err != nil {
		return err
	}
	if !s.Settled || s.Flags.Has(FlagVoid) {
		return fail.New(fail.Conflict, "session.Amend", "the session is not settled")
	}
	d.Actor, d.Flags = sc.Actor, known
	return remark(tx, s, Reviewed, d)
}

// Voided records that a session is never billed: what was billed is taken back.
func Voided(tx *store.Tx, s Session) {
	s.CostMinor, s.Flags = nil, s.Flags.With(FlagVoid)
	update(tx, s)
}

// free decides before a session begins that it is never billed: its token was made
// for that. Who gave it away, and why, is kept as evidence; the token is spent.
func free(tx *store.Tx, s Session) (Session, error) {
	actor, reason, found, err := device.FreeStart(tx, s.Tenant, s.Station, s.EVSE, s.Shown)
	if err != nil || !found { // a token that was taken elsewhere gives nothing away
		return s, err
	}
	driver.Spent(tx, s.Tenant, s.Token)
	s.Flags = s.Flags.With(FlagFree).With(FlagVoid)
	return s, remark(tx, s, Reviewed, Decision{Choice: Unbills, Reason: reason, Actor: actor})
}

// done is the session as nothing is left to do about it, where it has ended and was
// never to be billed.
func (s Session) done() Session {
	if s.State == Closed && s.Flags.Has(FlagFree) {
		s.Settled = true
	}
	return s
}

// Held reports whether the session is closed and waits for a person before it
// is priced.
func (s Session) Held() bool { return s.State == Closed && !s.Settled && s.Flags.Hold() }

// Doubtful reports whether the session was billed although something was said of it
// that the bill leaves out, and nobody has looked at that yet.
func (s Session) Doubtful() bool {
	return s.Settled && !s.Flags.Has(FlagVoid) && !s.Flags.Has(FlagSeen) && slices.ContainsFunc(doubting, s.Flags.Has)
}

// remark keeps what a person said about a session beside its evidence.
func remark(tx *store.Tx, s Session, k Kind, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return fail.Wrap(fail.Internal, "session.remark", err)
	}
	sum := sha256.Sum256(b)
	_, err = tx.Exec(`INSERT INTO session_input (station_id, tx, nkey, digest, kind, seq, at, received_at, offline, charging_state, samples, message)
		VALUES ($1, $2, $3, $4, $5, -1, $6, $6, FALSE, '', '', $7)`,
		s.Station, s.Tx, string(k)+"|"+strconv.FormatInt(tx.Now().UnixMicro(), 10), hex.EncodeToString(sum[:12]), k, tx.Now(), string(b))
	return err
}

// Close ends an open session on a person's word, at its last trusted reading.
// The note, if there is one, is kept beside its evidence. Closing a closed one
// is a Conflict.
func Close(tx *store.Tx, sc access.Scope, session, reason, note string) (Session, error) {
	s, err := Get(tx, sc, session)
	if err != nil {
		return s, err
	}
	if !s.State.Open() {
		return s, fail.New(fail.Conflict, "session.Close", "the session is %s already", s.State)
	}
	if note != "" {
		if err := noted(tx, sc, s, note); err != nil {
			return s, err
		}
	}
	if err := estimate(tx, s, reason); err != nil {
		return s, err
	}
	return Get(tx, sc, session)
}
