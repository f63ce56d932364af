package brake

import (
	"math/big"
	"time"

	"chargewright/base/fail"
	"chargewright/base/store"
)

// The windows that are counted in.
const (
	Day  = 24 * time.Hour
	Hour = time.Hour
)

// Limits are a tenant's: from that many on something looks like fraud. 0 is no
// limit.
type Limits struct {
	TokenStarts     int64 // sessions that one token began within a day
	AccountParallel int64 // open sessions of one driver
	TravelKMH       int64 // between two stations at which one card was shown
	AddressVisits   int64 // of guests from one address, within an hour
	AddressUnpaid   int64 // and how many of them were not paid
	EVSEVisits      int64 // of guests at one EVSE, within an hour
	EVSEUnpaid      int64
	CardVisits      int64 // of guests by one card, within a day
	CardRefused     int64 // of them by the bank
}

var standard = Limits{
	TokenStarts: 30, AccountParallel: 10, TravelKMH: 250, AddressVisits: 12, AddressUnpaid: 6, EVSEVisits: 60, EVSEUnpaid: 15, CardVisits: 10, CardRefused: 4,
}

// Standard are the limits of a tenant that has set none.
func Standard() Limits { return standard }

// fields are the limits by the names of the API.
func (l *Limits) fields() []struct {
	name  string
	value *int64
} {
	return []struct {
		name  string
		value *int64
	}{
		{"token_starts", &l.TokenStarts}, {"account_parallel", &l.AccountParallel}, {"travel_kmh", &l.TravelKMH}, {"address_visits", &l.AddressVisits},
		{"address_unpaid", &l.AddressUnpaid}, {"evse_visits", &l.EVSEVisits}, {"evse_unpaid", &l.EVSEUnpaid}, {"card_visits", &l.CardVisits}, {"card_refused", &l.CardRefused},
	}
}

// maxLimit bounds a limit.
const maxLimit = 10_000

// GetLimits returns a tenant's limits.
func GetLimits(tx *store.Tx, tenant string) (Limits, error) {
	l, found, err := store.One(tx, func(r *store.Row) (l Limits) {
		for i, f := range l.fields() {
			*f.value = r.Int(i)
		}
		return l
	}, `SELECT token_starts, account_parallel, travel_kmh, address_visits, address_unpaid, evse_visits, evse_unpaid, card_visits, card_refused
		FROM brake_limits WHERE tenant_id = $1`, tenant)
	if err == nil && !found {
		l = standard
	}
	return l, err
}

// SetLimits writes a tenant's limits. Invalid: one that is not between 0 and 10,000.
func SetLimits(tx *store.Tx, tenant string, l Limits) error {
	args := []any{tenant}
	for _, f := range l.fields() {
		if *f.value < 0 || *f.value > maxLimit {
			return fail.Field("brake.SetLimits", f.name, "it is not between 0 and %d", int64(maxLimit))
		}
		args = append(args, *f.value)
	}
	_, err := tx.Exec(`INSERT INTO brake_limits (tenant_id, token_starts, account_parallel, travel_kmh, address_visits, address_unpaid, evse_visits, evse_unpaid, card_visits, card_refused, updated_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
		ON CONFLICT (tenant_id) DO UPDATE SET token_starts = excluded.token_starts, account_parallel = excluded.account_parallel, travel_kmh = excluded.travel_kmh,
			address_visits = excluded.address_visits, address_unpaid = excluded.address_unpaid, evse_visits = excluded.evse_visits, evse_unpaid = excluded.evse_unpaid,
			card_visits = excluded.card_visits, card_refused = excluded.card_refused, updated_at = excluded.updated_at`, append(args, tx.Now())...)
	return err
}

// Reached reports whether n is at a limit or beyond.
func Reached(n, limit int64) bool { return limit > 0 && n >= limit }

// Visits lays before two limits how many visits there were since a time, and how
// many of them came to nothing at the bank: bad is false while both are kept.
func (s Sign) Visits(all, refused, most, mostRefused int64, since time.Time) (found Sign, bad bool) {
	s.Evidence.Since = since
	switch {
	case Reached(refused, mostRefused):
		s.Reason, s.Evidence.Count, s.Evidence.Limit = CardTesting, refused, mostRefused
	case Reached(all, most):
		s.Reason, s.Evidence.Count, s.Evidence.Limit = TooManyVisits, all, most
	default:
		return s, false
	}
	return s, true
}

// Point is a place on Earth, in 10⁻⁶ degrees.
type Point struct{ Latitude, Longitude int64 }

// near is within what coordinates of sites are wrong and parks are wide, in m.
const near = 10_000

// metres of one degree of latitude.
const metres = 111_195

// cosines are 1000 times the cosine of 0°, 5°, … 90°.
var cosines = []int64{1000, 996, 984, 965, 939, 906, 866, 819, 766, 707, 642, 573, 500, 422, 342, 258, 173, 87, 0}

// Distance is no more than the way between two places by air, in m, and little
// less where they are within a country or two.
func Distance(a, b Point) int64 {
	abs := func(n int64) int64 { return max(n, -n) }
	y := abs(a.Latitude-b.Latitude) * metres / 1_000_000
	lon := abs(a.Longitude-b.Longitude) % 360_000_000
	lon = min(lon, 360_000_000-lon)
	parallel := min((max(abs(a.Latitude), abs(b.Latitude))+4_999_999)/5_000_000, int64(len(cosines)-1)) // the next nearer to the pole: shorter
	x := lon * metres / 1_000_000 * cosines[parallel] / 1000
	return new(big.Int).Sqrt(big.NewInt(x*x + y*y)).Int64()
}

// Undriveable reports whether nobody drives between two places in that time at that
// speed (km/h, 0: at any), and how far apart they are, in km.
func Undriveable(a, b Point, in time.Duration, kmh int64) (km int64, cannot bool) {
	m := Distance(a, b)
	within := min(max(in, 0), 30*Day)
	return m / 1000, kmh > 0 && m-near > kmh*within.Milliseconds()/3600
}
