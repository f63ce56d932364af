package session

import (
	"crypto/sha256"
	"encoding/hex"
	"time"

	"chargewright/base/store"
	"chargewright/core/driver"
	"chargewright/core/station"
	"chargewright/core/tariff"
)

// Shown is the price of a session as its driver was told.
type Shown struct {
	How      How
	Tariff   string
	Version  string
	Currency string
	Language string // ISO 639-1, of Words
	Words    string // the price in a sentence, and its details a line each
	Digest   string // SHA-256 of Words, in hexadecimal
	Profile  tariff.Profile
	At       time.Time // when it came to hold, by our clock
}

// How says how a price came to hold for a session.
type How string

// The ways.
const (
	Offered  How = "offered"  // it was the one offered there to such a driver when the session began
	Accepted How = "accepted" // the driver accepted it in the app or on a page
)

// price binds a session to a tariff version as soon as what that depends on is
// known: when it began, on which EVSE, by whose token. What its driver accepted
// stands, whatever was published since (money policy, rule 4); else the version
// holds that was offered there when it began, by the station's clock as far as
// that can be right. A settled session stays as it is.
func price(tx *store.Tx, s Session, r Report, exists bool) (Session, error) {
	var now Shown
	var err error
	if exists {
		if now, _, err = PriceShown(tx, s.ID); err != nil {
			return s, err
		}
	}
	if s.Settled || now.How == Accepted {
		return s, nil
	}
	g, err := station.GroundOf(tx, s.Station, s.EVSE)
	if err != nil {
		return s, err
	}
	next, err := accepted(tx, s)
	if err == nil && next.How == "" {
		next, err = offered(tx, s, r, g.Country)
	}
	if err != nil {
		return s, err
	}
	next.Profile = tariff.Profile(g.Profile)
	s.Tariff, s.Version, s.Currency, s.Flags = next.Tariff, next.Version, next.Currency, s.Flags.without(FlagNoTariff)
	if next.Version == "" {
		s.Flags = s.Flags.With(FlagNoTariff)
	}
	return s, show(tx, s.ID, next)
}

// accepted is the price that the driver accepted for the session; the zero Shown
// where there was none.
func accepted(tx *store.Tx, s Session) (Shown, error) {
	b := driver.Beginning{Tenant: s.Tenant, Token: s.Token, Station: s.Station, EVSE: s.EVSE, Connector: s.Connector, Number: s.RemoteID, Session: s.ID}
	if s.Token == "" {
		return Shown{}, nil
	}
	var o driver.Offer
	var found bool
	var err error
	if s.Driver != "" {
		o, found, err = driver.Began(tx, b)
	} else {
		var g driver.Guest
		g, found, err = driver.GuestBegan(tx, b)
		o = g.Offer
	}
	if err != nil || !found || o.Version == "" {
		return Shown{}, err
	}
	return Shown{How: Accepted, Tariff: o.Tariff, Version: o.Version, Currency: o.Currency, Language: o.Language, Words: o.Words}, nil
}

// offered is the price that was offered where and when the session began, in the
// language of the country; without a version where there was none.
func offered(tx *store.Tx, s Session, r Report, country string) (Shown, error) {
	p := Shown{How: Offered, Language: tariff.LanguageOf(country)}
	u := tariff.Use{Site: s.Site, Station: s.Station, EVSE: s.EVSE, Connector: s.Connector, At: s.bindsAt(r)}
	var err error
	if u.Customer, err = CustomerOf(tx, s.Tenant, s.Token); err != nil {
		return p, err
	}
	b, found, err := tariff.Bind(tx, s.Tenant, u)
	if err != nil || !found {
		return p, err
	}
	t, err := tariff.GetVersion(tx, s.Tenant, b.Tariff, tariff.Version(b.Version))
	if err != nil {
		return p, err
	}
	p.Tariff, p.Version, p.Currency, p.Words = b.Tariff, b.Version, b.Currency, tariff.Words(t, p.Language)
	return p, nil
}

// bindsAt is when the session began, as far as the station's clock can be right:
// never after the report was received, and never where the clock is wrong.
func (s Session) bindsAt(r Report) time.Time {
	at := s.StartedAt
	if at.IsZero() {
		at = r.At
	}
	if at.After(r.Received) || clockWrong(at, r.Received) {
		return r.Received
	}
	return at
}

// CustomerOf is who charges with a token, as far as prices depend on it. Who has no
// account, or is not known yet, is a guest, as on the screens of stations.
func CustomerOf(tx *store.Tx, tenant, token string) (tariff.Customer, error) {
	if token == "" {
		return tariff.Customer{Guest: true}, nil
	}
	t, found, err := driver.FindToken(tx, tenant, token)
	if err != nil || !found {
		return tariff.Customer{Guest: true}, err
	}
	groups, err := driver.GroupsOf(tx, t)
	return tariff.Customer{Guest: t.Guest || t.Driver == "", Member: t.Driver != "", Groups: groups}, err
}

func show(tx *store.Tx, session string, p Shown) error {
	sum := sha256.Sum256([]byte(p.Words))
	_, err := tx.Exec(`INSERT INTO session_price (session_id, how, tariff_id, tariff_version, currency, language, words, digest, profile, at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
		ON CONFLICT (session_id) DO UPDATE SET how = excluded.how, tariff_id = excluded.tariff_id, tariff_version = excluded.tariff_version,
			currency = excluded.currency, language = excluded.language, words = excluded.words, digest = excluded.digest, profile = excluded.profile, at = excluded.at`,
		session, string(p.How), p.Tariff, p.Version, p.Currency, p.Language, p.Words, hex.EncodeToString(sum[:]), string(p.Profile), tx.Now())
	return err
}

// PriceShown returns the price of a session as its driver was told; found is
// false of sessions from before that was kept.
func PriceShown(tx *store.Tx, session string) (p Shown, found bool, err error) {
	all, err := PricesShown(tx, []string{session})
	p, found = all[session]
	return p, found, err
}

// PricesShown is PriceShown of sessions, by their id.
func PricesShown(tx *store.Tx, sessions []string) (map[string]Shown, error) {
	return store.Keyed(tx, func(r *store.Row) (string, Shown) {
		return r.Text(0), Shown{
			How(r.Text(1)), r.Text(2), r.Text(3), r.Text(4), r.Text(5), r.Text(6), r.Text(7), tariff.Profile(r.Text(8)), r.Time(9),
		}
	}, `SELECT session_id, how, tariff_id, tariff_version, currency, language, words, digest, profile, at FROM session_price WHERE session_id IN `, sessions)
}
