package session

import (
	"time"

	"chargewright/base/store"
	"chargewright/core/brake"
	"chargewright/core/driver"
	"chargewright/core/station"
)

// DirectPayment is the type of a token that is the reference of a payment at the
// station's own terminal (2.1 C18): the terminal has authorised it.
const DirectPayment = "DirectPayment"

// Attempt is a token that is shown for a session.
type Attempt struct {
	Tenant, Token string
	Type          string // as the station says, "" for not
	Station       string
	EVSE          int64  // 0 is not known
	Session       string // that it is for, where there is one: it does not count
	At            time.Time
	Late          bool // it was used earlier, and told now
}

// Judgement is what a token is worth for one more session.
type Judgement struct {
	Verdict driver.Verdict
	Token   driver.Token
	Block   brake.Reason // why it is kept from charging; "" for none
	sign    *brake.Sign  // of what looks like fraud and nobody has noticed before
}

// Noticed reports whether the judgement found what is to be raised.
func (j Judgement) Noticed() bool { return j.sign != nil }

// Raise puts on record what the judgement found.
func (j Judgement) Raise(tx *store.Tx, tenant string) error {
	if j.sign == nil {
		return nil
	}
	_, err := brake.Raise(tx, tenant, *j.sign)
	return err
}

// Authorise judges a token at a time, counting its open sessions but the named one.
// It writes nothing: the caller may Raise what it found.
func Authorise(tx *store.Tx, u Attempt) (Judgement, error) {
	if driver.Key(u.Token) == "" {
		return Judgement{Verdict: driver.Invalid}, nil
	}
	t, found, err := driver.FindToken(tx, u.Tenant, u.Token)
	if err != nil {
		return Judgement{}, err
	}
	if !found && u.Type == DirectPayment {
		return Judgement{Verdict: driver.Accepted}, nil
	}
	if !found {
		return Judgement{Verdict: driver.Invalid}, nil
	}
	j := Judgement{Verdict: t.Judge(u.At), Token: t}
	if j.Verdict == driver.Accepted && t.MaxParallelSessions != nil {
		n, err := openOf(tx, u.Tenant, u.Token, u.Session)
		if err != nil {
			return Judgement{}, err
		}
		if n >= *t.MaxParallelSessions {
			j.Verdict = driver.ConcurrentTx
		}
	}
	if j.Verdict != driver.Accepted || t.Driver == "" {
		return j, nil
	}
	return j.braked(tx, u)
}

// braked judges a token of a driver that is good by itself by what it is used for.
func (j Judgement) braked(tx *store.Tx, u Attempt) (Judgement, error) {
	b, found, err := blockOf(tx, j.Token, u.when(tx))
	if err != nil {
		return j, err
	}
	if !found {
		if j.sign, err = suspect(tx, u, j.Token); err != nil || j.sign == nil {
			return j, err
		}
		b.Reason = j.sign.Reason
	}
	j.Verdict, j.Block = driver.Blocked, b.Reason
	if b.Reason == brake.ParallelUse {
		j.Verdict = driver.ConcurrentTx
	}
	return j, nil
}

func tokenOf(t driver.Token) brake.Subject {
	return brake.Subject{Kind: brake.Token, Key: driver.Key(t.UID)}
}

func blockOf(tx *store.Tx, t driver.Token, at time.Time) (brake.Block, bool, error) {
	return brake.Standing(tx, t.Tenant, at, tokenOf(t), brake.Subject{Kind: brake.Account, Key: t.Driver})
}

const (
	// atOnce is how far the clocks of a station and ours may be apart for what it
	// says to be of this moment.
	atOnce = 5 * time.Minute
	// maxUses bounds the sessions of a driver that are looked at.
	maxUses = 200
	// central is the type of tokens that nobody carries: only the server and an app know them.
	central = "Central"
)

// late reports whether the token was shown some time ago, and told now.
func (u Attempt) late(tx *store.Tx) bool { return u.Late || u.At.Sub(tx.Now()).Abs() > atOnce }

// when is when blocks are asked for: by our clock, unless it was some time ago.
func (u Attempt) when(tx *store.Tx) time.Time {
	if u.late(tx) {
		return u.At
	}
	return tx.Now()
}

// suspect looks for signs of fraud in what a driver did before. Only what is told
// at once counts: stations that were offline deliver late, and in any order.
func suspect(tx *store.Tx, u Attempt, t driver.Token) (*brake.Sign, error) {
	if u.late(tx) {
		return nil, nil
	}
	l, err := brake.GetLimits(tx, t.Tenant)
	if err != nil {
		return nil, err
	}
	uses, err := OfDriver(tx, t.Tenant, t.Driver, time.Time{}, "", maxUses)
	if err != nil {
		return nil, err
	}
	for _, rule := range []func(*store.Tx, Attempt, driver.Token, brake.Limits, []Session) (*brake.Sign, error){tooOften, atTooMany, tooFar} {
		if s, err := rule(tx, u, t, l, uses); err != nil || s != nil {
			return s, err
		}
	}
	return nil, nil
}

// told are the sessions that began after a time and were told at once, but the one
// that is judged.
func (u Attempt) told(uses []Session, since time.Time, fits func(Session) bool) (ids []string, first Session) {
	for _, s := range uses {
		if s.ID == u.Session || s.Offline || !s.CreatedAt.After(since) || s.Began().Sub(s.CreatedAt).Abs() > atOnce || !fits(s) {
			continue
		}
		if len(ids) == 0 {
			first = s
		}
		ids = append(ids, s.ID)
	}
	return ids, first
}

func tooOften(tx *store.Tx, u Attempt, t driver.Token, l brake.Limits, uses []Session) (*brake.Sign, error) {
	token := tokenOf(t)
	since, err := brake.Since(tx, t.Tenant, token, brake.Day)
	ids, _ := u.told(uses, since, func(s Session) bool { return s.Token == token.Key })
	if n := int64(len(ids)); err == nil && brake.Reached(n, min(l.TokenStarts, maxUses)) {
		return u.sign(token, brake.TooManyStarts, t, brake.Evidence{Count: n, Limit: l.TokenStarts, Since: since, Objects: ids}), nil
	}
	return nil, err
}

func atTooMany(tx *store.Tx, u Attempt, t driver.Token, l brake.Limits, uses []Session) (*brake.Sign, error) {
	account := brake.Subject{Kind: brake.Account, Key: t.Driver}
	since, err := brake.Since(tx, t.Tenant, account, 7*brake.Day)
	ids, _ := u.told(uses, since, func(s Session) bool { return s.State.Open() })
	if n := int64(len(ids)); err == nil && brake.Reached(n, min(l.AccountParallel, maxUses)) {
		return u.sign(account, brake.ParallelUse, t, brake.Evidence{Count: n, Limit: l.AccountParallel, Since: since, Objects: ids}), nil
	}
	return nil, err
}

// tooFar finds a card that was shown at a place where it cannot come from. A token
// that nobody carries is used from anywhere.
func tooFar(tx *store.Tx, u Attempt, t driver.Token, l brake.Limits, uses []Session) (*brake.Sign, error) {
	if t.Type == central || u.Station == "" {
		return nil, nil
	}
	token := tokenOf(t)
	since, err := brake.Since(tx, t.Tenant, token, brake.Day)
	if err != nil {
		return nil, err
	}
	ids, last := u.told(uses, since, func(s Session) bool { return s.Token == token.Key })
	if len(ids) == 0 || last.Station == u.Station {
		return nil, nil
	}
	here, ok, err := placeOf(tx, u.Station)
	if err != nil || !ok {
		return nil, err
	}
	there, ok, err := placeOf(tx, last.Station)
	if err != nil || !ok {
		return nil, err
	}
	since = last.Began()
	km, cannot := brake.Undriveable(here, there, u.At.Sub(since), l.TravelKMH)
	if !cannot {
		return nil, nil
	}
	return u.sign(token, brake.Travel, t, brake.Evidence{
		Limit: l.TravelKMH, Since: since, Objects: ids[:1], From: last.Station, Distance: km, Seconds: int64(max(u.At.Sub(since), 0) / time.Second),
	}), nil
}

func placeOf(tx *store.Tx, at string) (brake.Point, bool, error) {
	s, err := station.SiteOf(tx, at)
	if err != nil || s.Latitude == nil || s.Longitude == nil {
		return brake.Point{}, false, err
	}
	return brake.Point{Latitude: *s.Latitude, Longitude: *s.Longitude}, true, nil
}

func (u Attempt) sign(s brake.Subject, r brake.Reason, t driver.Token, e brake.Evidence) *brake.Sign {
	if u.Session != "" {
		e.Objects = append([]string{u.Session}, e.Objects...)
	}
	return &brake.Sign{Subject: s, Reason: r, Driver: t.Driver, Station: u.Station, EVSE: u.EVSE, Evidence: e}
}
