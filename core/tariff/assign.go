package tariff

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"chargewright/base/fail"
	"chargewright/base/id"
	"chargewright/base/store"
	"chargewright/core/access"
)

// Place says where a tariff is offered.
type Place struct {
	Kind string
	ID   string
}

// Kinds of places, from the widest to the most specific.
const (
	OfTenant    = "tenant"
	OfSite      = "site"
	OfStation   = "station"
	OfEVSE      = "evse"      // its id is STATION/EVSE
	OfConnector = "connector" // its id is STATION/EVSE/CONNECTOR
)

var kinds = []string{OfTenant, OfSite, OfStation, OfEVSE, OfConnector}

// EVSEPlace is an EVSE of a station, counted from 1.
func EVSEPlace(station string, evse int64) Place {
	return Place{OfEVSE, fmt.Sprintf("%s/%d", station, evse)}
}

// ConnectorPlace is a connector of an EVSE, both counted from 1.
func ConnectorPlace(station string, evse, connector int64) Place {
	return Place{OfConnector, fmt.Sprintf("%s/%d/%d", station, evse, connector)}
}

// Audience says to whom a tariff is offered.
type Audience struct {
	Kind  string
	Group string // of ToGroup
}

// Kinds of audiences, from the widest to the most specific. Guests and members
// exclude each other.
const (
	ToAll     = "all"
	ToGuests  = "guests"  // who pay without an account
	ToMembers = "members" // who have an account
	ToGroup   = "group"   // whose token is in a group
)

// Customer is who is about to charge, as far as prices depend on it. The zero Customer
// is not known: what is offered to all holds for them.
type Customer struct {
	Guest  bool
	Member bool
	Groups []string
}

// rank is how specific an audience is, and whether a customer belongs to it.
func (a Audience) rank(c Customer) (rank int, belongs bool) {
	switch a.Kind {
	case ToGroup:
		return 2, slices.Contains(c.Groups, a.Group)
	case ToGuests:
		return 1, c.Guest
	case ToMembers:
		return 1, c.Member
	}
	return 0, true
}

// Offer is a tariff that is offered at a place, to an audience, for a time.
type Offer struct {
	ID string
	Place
	To      Audience
	Tariff  string
	From    time.Time // zero: since ever
	Until   time.Time // exclusive; zero: for good
	MadeAt  time.Time
	EndedAt time.Time // when it was taken away; zero: it was not
}

// Bound is the tariff version that holds for a session from its start on,
// whatever is published later (money policy, rule 4).
type Bound struct {
	Tariff   string
	Version  string
	Currency string
}

// Use is a session that begins, or could begin.
type Use struct {
	Site, Station   string
	EVSE, Connector int64 // 0: not known
	Customer        Customer
	At              time.Time // when it begins
}

// places are those that a use is at, the widest first.
func (u Use) places(tenant string) []Place {
	out := []Place{{OfTenant, tenant}, {OfSite, u.Site}, {OfStation, u.Station}}
	if u.EVSE > 0 {
		out = append(out, EVSEPlace(u.Station, u.EVSE))
		if u.Connector > 0 {
			out = append(out, ConnectorPlace(u.Station, u.EVSE, u.Connector))
		}
	}
	return out
}

// Why says why a candidate applies, or does not.
type Why string

// The reasons.
const (
	Wins          Why = "wins"
	TakenAway     Why = "taken_away"     // before that time
	NotYet        Why = "not_yet"        // it begins later
	Over          Why = "over"           // its time is over
	OtherAudience Why = "other_audience" // the customer does not belong to it
	NotPublished  Why = "not_published"  // the tariff had no version at that time
	NotValid      Why = "not_valid"      // by the tariff's own dates
	LessForWhom   Why = "less_for_whom"  // another is for a smaller audience
	LessWhere     Why = "less_where"     // another is for a more specific place
	LessBounded   Why = "less_bounded"   // another is for a limited time
	Earlier       Why = "earlier"        // another begins later
	Older         Why = "older"          // another was made later
)

// Candidate is an offer at a place of a use, and what became of it.
type Candidate struct {
	Offer
	Bound
	ValidFrom, ValidUntil time.Time // the version's own dates, zero for none
	Why                   Why
}

// choose gives every candidate its reason and puts the one that applies first,
// the others in the order in which they would take its place.
//
// An offer counts if its time has come, the customer belongs to its audience, and
// its tariff has a valid version. Of those that count the one for the smallest
// audience wins (group, then guests or members, then all); then the most
// specific place (connector, EVSE, station, site, tenant); then one for a
// limited time over one for good; then the one that begins later; then the one
// made later.
func choose(all []Candidate, u Use) {
	for i := range all {
		all[i].Why = all[i].excluded(u)
	}
	rank := func(c *Candidate) []int64 {
		who, _ := c.To.rank(u.Customer)
		bounded := int64(0)
		if !c.Until.IsZero() {
			bounded = 1
		}
		return []int64{int64(who), int64(slices.Index(kinds, c.Kind)), bounded, c.From.UnixMicro(), c.MadeAt.UnixMicro()}
	}
	slices.SortFunc(all, func(a, b Candidate) int {
		if out := cmp.Compare(len(a.Why), 0) - cmp.Compare(len(b.Why), 0); out != 0 {
			return out
		}
		return cmp.Or(slices.Compare(rank(&b), rank(&a)), strings.Compare(b.ID, a.ID))
	})
	why := []Why{LessForWhom, LessWhere, LessBounded, Earlier, Older}
	for i := range all {
		switch {
		case all[i].Why != "":
		case i == 0:
			all[i].Why = Wins
		default:
			won, lost, k := rank(&all[0]), rank(&all[i]), 0
			for k < len(why)-1 && won[k] == lost[k] {
				k++
			}
			all[i].Why = why[k]
		}
	}
}

// excluded says why an offer does not count for a use; "" if it does.
func (c *Candidate) excluded(u Use) Why {
	over := func(end time.Time) bool { return !end.IsZero() && !u.At.Before(end) }
	_, belongs := c.To.rank(u.Customer)
	switch {
	case over(c.EndedAt):
		return TakenAway
	case u.At.Before(c.From):
		return NotYet
	case over(c.Until):
		return Over
	case !belongs:
		return OtherAudience
	case c.Version == "":
		return NotPublished
	case u.At.Before(c.ValidFrom) || over(c.ValidUntil):
		return NotValid
	}
	return ""
}

// MaxCandidates is the most offers that Explain shows, the newest first.
const MaxCandidates = 200

const candidates = `SELECT o.id, o.kind, o.place_id, o.audience, o.group_id, o.tariff_id, o.from_at, o.until_at, o.made_at, o.ended_at,
	p.version_hash, v.currency, p.valid_from, p.valid_until FROM tariff_offer o
	LEFT JOIN tariff_publication p ON p.tenant_id = o.tenant_id AND p.tariff_id = o.tariff_id AND p.from_at = (
		SELECT MAX(q.from_at) FROM tariff_publication q WHERE q.tenant_id = o.tenant_id AND q.tariff_id = o.tariff_id AND q.from_at <= $2)
	LEFT JOIN tariff_version v ON v.tenant_id = p.tenant_id AND v.tariff_id = p.tariff_id AND v.version_hash = p.version_hash
	WHERE o.tenant_id = $1`

// inForce selects the offers that were neither over nor still to come at $2.
const inForce = ` AND o.from_at <= $2 AND (o.until_at IS NULL OR o.until_at > $2) AND (o.ended_at IS NULL OR o.ended_at > $2)`

func scanOffer(r *store.Row) Offer {
	return Offer{
		ID: r.Text(0), Place: Place{r.Text(1), r.Text(2)}, To: Audience{r.Text(3), r.Text(4)}, Tariff: r.Text(5),
		From: since(r, 6), Until: r.Time(7), MadeAt: r.Time(8), EndedAt: r.Time(9),
	}
}

func scanCandidate(r *store.Row) Candidate {
	c := Candidate{Offer: scanOffer(r), ValidFrom: r.Time(12), ValidUntil: r.Time(13)}
	if v := r.Text(10); v != "" {
		c.Bound = Bound{c.Offer.Tariff, v, r.Text(11)}
	}
	return c
}

// since reads a time of which 0 is since ever.
func since(r *store.Row, i int) time.Time {
	if r.Int(i) == 0 {
		return time.Time{}
	}
	return r.Time(i)
}

// sinceEver is how since is stored.
func sinceEver(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

// Board holds what is offered at some places at one time. It answers for uses
// at these places without asking the database again.
type Board struct {
	tenant string
	at     time.Time
	by     map[Place][]Candidate
}

// Post reads what is offered at a time at the places of uses, in few queries.
func Post(tx *store.Tx, tenant string, at time.Time, uses ...Use) (Board, error) {
	b := Board{tenant, at, map[Place][]Candidate{}}
	want := map[string][]string{}
	seen := map[Place]bool{}
	for _, u := range uses {
		for _, p := range u.places(tenant) {
			if !seen[p] {
				seen[p] = true
				want[p.Kind] = append(want[p.Kind], p.ID)
			}
		}
	}
	for _, kind := range kinds {
		for some := range slices.Chunk(want[kind], 1_000) {
			args := []any{tenant, at, kind}
			err := tx.Each(func(r *store.Row) error {
				c := scanCandidate(r)
				b.by[c.Place] = append(b.by[c.Place], c)
				return nil
			}, candidates+inForce+` AND o.kind = $3 AND `+access.In("o.place_id", some, &args), args...)
			if err != nil {
				return b, err
			}
		}
	}
	return b, nil
}

// Choose returns what a use at the board's time is bound to; found is false where
// nothing is offered.
func (b Board) Choose(u Use) (bound Bound, found bool) {
	u.At = b.at
	var all []Candidate
	for _, p := range u.places(b.tenant) {
		all = append(all, b.by[p]...)
	}
	choose(all, u)
	if len(all) == 0 || all[0].Why != Wins {
		return Bound{}, false
	}
	return all[0].Bound, true
}

// Bind returns the tariff version that a use is bound to: as things stood at
// its time, whatever was changed since. Found is false where nothing is offered.
func Bind(tx *store.Tx, tenant string, u Use) (b Bound, found bool, err error) {
	board, err := Post(tx, tenant, u.At, u)
	if err != nil {
		return Bound{}, false, err
	}
	b, found = board.Choose(u)
	return b, found, nil
}

// Explain returns every offer at the places of a use with the reason why it
// applies or does not, the one that applies first; at most MaxCandidates.
func Explain(tx *store.Tx, tenant string, u Use) ([]Candidate, error) {
	args := []any{tenant, u.At}
	var where []string
	for _, p := range u.places(tenant) {
		args = append(args, p.Kind, p.ID)
		where = append(where, fmt.Sprintf("(o.kind = $%d AND o.place_id = $%d)", len(args)-1, len(args)))
	}
	args = append(args, MaxCandidates)
	all, err := store.All(tx, scanCandidate, candidates+` AND (`+strings.Join(where, " OR ")+fmt.Sprintf(`) ORDER BY o.made_at DESC, o.id DESC LIMIT $%d`, len(args)), args...)
	choose(all, u)
	return all, err
}

// check returns an Invalid error that names the member at fault.
func (o Offer) check(now time.Time) error {
	const op = "tariff.Offer"
	switch {
	case !slices.Contains(kinds, o.Kind):
		return fail.Field(op, "kind", "%q is no kind of place", o.Kind)
	case o.Place.ID == "" || len(o.Place.ID) > 200:
		return fail.Field(op, "place", "names no place")
	case !slices.Contains([]string{ToAll, ToGuests, ToMembers, ToGroup}, o.To.Kind):
		return fail.Field(op, "audience", "%q is no audience", o.To.Kind)
	case (o.To.Kind == ToGroup) != (o.To.Group != ""):
		return fail.Field(op, "group_id", "goes with the audience group, and with no other")
	case !o.Until.IsZero() && !o.Until.After(o.From):
		return fail.Field(op, "until", "is not after its beginning")
	case !o.Until.IsZero() && !o.Until.After(now):
		return fail.Field(op, "until", "is over")
	}
	return nil
}

// Make offers a tariff. A beginning that is zero or in the past is now: prices
// are not changed behind those who saw them. An offer to all at a place where
// nothing was ever offered, not even at a wider place, holds since ever, for nobody
// was shown another there. A tariff that is not there is NotFound.
func Make(tx *store.Tx, tenant string, o Offer) (Offer, error) {
	o.Place.ID = strings.TrimSpace(o.Place.ID)
	if o.From.Before(tx.Now()) {
		o.From = tx.Now()
	}
	if err := o.check(tx.Now()); err != nil {
		return o, err
	}
	if _, _, err := Get(tx, tenant, o.Tariff); err != nil {
		return o, err
	}
	if o.To.Kind == ToAll && o.Until.IsZero() && o.From.Equal(tx.Now()) {
		before, err := offeredBefore(tx, tenant, o.Place)
		if err != nil {
			return o, err
		}
		if !before {
			o.From = time.Time{}
		}
	}
	o.ID, o.MadeAt, o.EndedAt = id.New("off"), tx.Now(), time.Time{}
	_, err := tx.Exec(`INSERT INTO tariff_offer (id, tenant_id, kind, place_id, audience, group_id, tariff_id, from_at, until_at, made_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		o.ID, tenant, o.Kind, o.Place.ID, o.To.Kind, o.To.Group, o.Tariff, sinceEver(o.From), o.Until, tx.Now())
	if err == nil {
		err = Changed(tx, tenant)
	}
	return o, err
}

// offeredBefore reports whether something was ever offered at a place or at one
// that it may lie in. Which site a station is at is not known here: any site
// counts.
func offeredBefore(tx *store.Tx, tenant string, p Place) (bool, error) {
	args := []any{tenant, p.Kind, p.ID}
	where := `kind = $2 AND place_id = $3`
	if p.Kind != OfTenant {
		where += ` OR kind = 'tenant'`
	}
	if p.Kind != OfTenant && p.Kind != OfSite {
		where += ` OR kind = 'site'`
		parts := strings.Split(p.ID, "/")
		for i := range parts[:len(parts)-1] {
			args = append(args, kinds[2+i], strings.Join(parts[:i+1], "/"))
			where += fmt.Sprintf(` OR kind = $%d AND place_id = $%d`, len(args)-1, len(args))
		}
	}
	_, before, err := store.One(tx, func(*store.Row) bool { return true }, `SELECT 1 FROM tariff_offer WHERE tenant_id = $1 AND (`+where+`) LIMIT 1`, args...)
	return before, err
}

// End takes an offer away from now on: sessions that began under it keep it. An
// offer that is not there, or is over, is NotFound.
func End(tx *store.Tx, tenant, offer string) error {
	n, err := tx.Exec(`UPDATE tariff_offer SET ended_at = $1 WHERE tenant_id = $2 AND id = $3 AND ended_at IS NULL AND (until_at IS NULL OR until_at > $1)`,
		tx.Now(), tenant, offer)
	if err == nil && n == 0 {
		err = fail.New(fail.NotFound, "tariff.End", "there is no offer %q in force or to come", clip(offer))
	}
	if err == nil {
		err = Changed(tx, tenant)
	}
	return err
}

// Assign makes a tariff the one that holds for all and for good at a place, in
// place of the one that does. An empty tariff takes that one away.
func Assign(tx *store.Tx, tenant string, p Place, tariff string) error {
	if !slices.Contains(kinds, p.Kind) {
		return fail.Field("tariff.Assign", "kind", "%q is no kind of place", p.Kind)
	}
	standing, err := store.All(tx, scanOffer, `SELECT `+offerColumns+` FROM tariff_offer o
		WHERE o.tenant_id = $1 AND o.kind = $3 AND o.place_id = $4 AND o.audience = 'all' AND o.until_at IS NULL`+inForce+` ORDER BY o.id LIMIT 100`,
		tenant, tx.Now(), p.Kind, p.ID)
	if err != nil {
		return err
	}
	if len(standing) == 1 && standing[0].Tariff == tariff {
		return nil
	}
	for _, o := range standing {
		if err := End(tx, tenant, o.ID); err != nil {
			return err
		}
	}
	if tariff == "" {
		return nil
	}
	_, err = Make(tx, tenant, Offer{Place: p, To: Audience{Kind: ToAll}, Tariff: tariff})
	return err
}

const offerColumns = `o.id, o.kind, o.place_id, o.audience, o.group_id, o.tariff_id, o.from_at, o.until_at, o.made_at, o.ended_at`

// MaxOffers is the most that Offers returns.
const MaxOffers = 10_000

// Offers lists the offers of the tenant that are in force or to come, by kind,
// place and beginning; at most MaxOffers.
func Offers(tx *store.Tx, tenant string) ([]Offer, error) {
	return store.All(tx, scanOffer, `SELECT `+offerColumns+` FROM tariff_offer o
		WHERE o.tenant_id = $1 AND (o.ended_at IS NULL OR o.ended_at > $2) AND (o.until_at IS NULL OR o.until_at > $2)
		ORDER BY o.kind, o.place_id, o.from_at, o.id LIMIT $3`, tenant, tx.Now(), MaxOffers)
}

// Offered returns the ids of the tariffs that are offered at stations, given with
// the sites where they stand, to whomever, now or later, in order.
func Offered(tx *store.Tx, tenant string, siteOf map[string]string) ([]string, error) {
	all, err := Offers(tx, tenant)
	if err != nil || len(siteOf) == 0 {
		return nil, err
	}
	sites := map[string]bool{}
	for _, s := range siteOf {
		sites[s] = true
	}
	var out []string
	for _, o := range all {
		station, _, _ := strings.Cut(o.Place.ID, "/")
		_, here := siteOf[station]
		if o.Kind == OfTenant || o.Kind == OfSite && sites[o.Place.ID] || o.Kind != OfSite && here {
			out = append(out, o.Tariff)
		}
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}
