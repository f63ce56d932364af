package tariff

import (
	"fmt"
	"slices"
	"time"

	"chargewright/base/fail"
	"chargewright/base/money"
	"chargewright/base/store"
)

// Index is a wholesale price that tariffs may follow.
type Index struct {
	Tenant   string
	ID       string
	Currency money.Currency
	Zone     string        // IANA: its prices are published by the days there
	Slot     time.Duration // 15, 30 or 60 minutes
	Due      int           // minute of the local day from which on tomorrow's prices are asked for
	Alarm    int           // minute of the local day from which on it is an alarm that they are missing
	Fed      bool          // a Source is configured; else prices are put in by hand

	FetchedAt time.Time // when an answer of the source was last taken
	FailedAt  time.Time // of the last try, if it failed
	Failure   string
	Missed    int // yyyymmdd: the last day for which an alarm was given
}

// MaxIndexes bounds the indexes of a tenant.
const MaxIndexes = 200

// Location is the zone of the index.
func (x *Index) Location() (*time.Location, error) {
	zone, err := time.LoadLocation(x.Zone)
	if err != nil || x.Zone == "" || x.Zone == "Local" {
		return nil, fail.Field("tariff.index", "time_zone", "%q is not an IANA time zone", clip(x.Zone))
	}
	return zone, nil
}

// Check returns an Invalid error that names the member at fault.
func (x *Index) Check() error {
	const op = "tariff.index"
	if !IsIndex(x.ID) {
		return fail.Field(op, "id", "must be 1 to 64 letters, digits, dots, dashes and underscores")
	}
	if _, err := money.ParseCurrency(string(x.Currency)); err != nil {
		return fail.Field(op, "currency", "%s", fail.Say(err))
	}
	switch x.Slot {
	case 15 * time.Minute, 30 * time.Minute, time.Hour:
	default:
		return fail.Field(op, "slot_minutes", "is not one of 15, 30, 60")
	}
	if x.Due < 0 || x.Due >= 24*60 {
		return fail.Field(op, "due", "is no time of day")
	}
	if x.Alarm < x.Due || x.Alarm >= 24*60 {
		return fail.Field(op, "alarm", "is not between due and the end of the day")
	}
	_, err := x.Location()
	return err
}

const indexColumns = `tenant_id, id, currency, zone, slot_minutes, due_minute, alarm_minute, fed, fetched_at, failed_at, failure, missed`

func scanIndex(r *store.Row) Index {
	return Index{
		Tenant: r.Text(0), ID: r.Text(1), Currency: money.Currency(r.Text(2)), Zone: r.Text(3), Slot: time.Duration(r.Int(4)) * time.Minute,
		Due: int(r.Int(5)), Alarm: int(r.Int(6)), Fed: r.Bool(7), FetchedAt: r.Time(8), FailedAt: r.Time(9), Failure: r.Text(10), Missed: int(r.Int(11)),
	}
}

// PutIndex makes or changes an index; what a fetch noted stays. Conflict: the
// currency of an index holds for good, since tariffs and sessions depend on it; one
// that is fed is not changed by hand; there are MaxIndexes already.
func PutIndex(tx *store.Tx, x Index) error {
	if err := x.Check(); err != nil {
		return err
	}
	now, err := GetIndex(tx, x.Tenant, x.ID)
	switch {
	case fail.Is(err, fail.NotFound):
		all, err := Indexes(tx, x.Tenant)
		if err != nil {
			return err
		}
		if len(all) >= MaxIndexes {
			return fail.New(fail.Conflict, "tariff.putindex", "there are %d indexes already", MaxIndexes)
		}
	case err != nil:
		return err
	case now.Fed && !x.Fed:
		return fail.New(fail.Conflict, "tariff.putindex", "the prices of %s are fetched: the configuration of the server says how", x.ID)
	case now.Currency != x.Currency:
		return fail.New(fail.Conflict, "tariff.putindex", "the index %s is in %s for good", x.ID, now.Currency)
	}
	tx.Write(`INSERT INTO tariff_index (tenant_id, id, currency, zone, slot_minutes, due_minute, alarm_minute, fed, failure, missed, updated_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, '', 0, $9)
		ON CONFLICT (tenant_id, id) DO UPDATE SET zone = excluded.zone, slot_minutes = excluded.slot_minutes, due_minute = excluded.due_minute,
			alarm_minute = excluded.alarm_minute, fed = excluded.fed, updated_at = excluded.updated_at`,
		x.Tenant, x.ID, string(x.Currency), x.Zone, int64(x.Slot/time.Minute), int64(x.Due), int64(x.Alarm), x.Fed, tx.Now())
	return nil
}

// GetIndex returns an index, or NotFound.
func GetIndex(tx *store.Tx, tenant, id string) (Index, error) {
	x, found, err := store.One(tx, scanIndex, `SELECT `+indexColumns+` FROM tariff_index WHERE tenant_id = $1 AND id = $2`, tenant, id)
	if err == nil && !found {
		err = fail.New(fail.NotFound, "tariff.getindex", "there is no index %q", clip(id))
	}
	return x, err
}

// Indexes lists the indexes of a tenant by id.
func Indexes(tx *store.Tx, tenant string) ([]Index, error) {
	return store.All(tx, scanIndex, `SELECT `+indexColumns+` FROM tariff_index WHERE tenant_id = $1 ORDER BY id LIMIT $2`, tenant, MaxIndexes)
}

// checkIndexes refuses a tariff that follows an index which is not there or is
// in another currency.
func checkIndexes(tx *store.Tx, tenant string, t *Tariff) error {
	for i := range t.Elements {
		for j, c := range t.Elements[i].Components {
			if c.Spot == nil {
				continue
			}
			field := fmt.Sprintf("elements[%d].price_components[%d].spot.index", i, j)
			x, err := GetIndex(tx, tenant, c.Spot.Index)
			switch {
			case fail.Is(err, fail.NotFound):
				return fail.Field("tariff.put", field, "there is no index %q", c.Spot.Index)
			case err != nil:
				return err
			case x.Currency != t.Currency:
				return fail.Field("tariff.put", field, "the index is in %s and the tariff in %s", x.Currency, t.Currency)
			}
		}
	}
	return nil
}

// MaxPublished bounds the slots of one publication: two months of quarter hours.
const MaxPublished = 6_000

// Publication is what became of published slots.
type Publication struct {
	New     int // not known before
	Changed int // known with another price: a further version
	Same    int
	Begun   int // not taken: they have begun, and their price could not count
}

// Publish adds slots to an index. What is known already changes nothing; another
// price for a slot that has not begun is a further version of it. Slots that
// have begun are passed over, since only what was published before counts.
// Invalid, and nothing is added: slots out of order or overlapping, each other
// or those that are known, or not as long as the index has them.
func Publish(tx *store.Tx, x Index, slots []Slot) (p Publication, err error) {
	const op = "tariff.publish"
	if len(slots) > MaxPublished {
		return p, fail.Field(op, "slots", "more than %d", MaxPublished)
	}
	for i := range slots {
		if text := wrongSlot(slots, i); text != "" {
			return p, fail.Field(op, fmt.Sprintf("slots[%d]", i), "%s", text)
		}
		if slots[i].End.Sub(slots[i].Start) != x.Slot {
			return p, fail.Field(op, fmt.Sprintf("slots[%d]", i), "is not %d minutes long", x.Slot/time.Minute)
		}
	}
	if len(slots) == 0 {
		return p, nil
	}
	known, err := versions(tx, x.Tenant, x.ID, slots[0].Start, slots[len(slots)-1].End)
	if err != nil {
		return p, err
	}
	for i, s := range slots {
		if !s.Start.After(tx.Now()) {
			p.Begun++
			continue
		}
		at := tx.Now()
		switch old := overlapping(known, s); {
		case old == nil:
			p.New++
		case !old.Start.Equal(s.Start) || !old.End.Equal(s.End):
			return Publication{}, fail.Field(op, fmt.Sprintf("slots[%d]", i), "overlaps the slot from %s to %s that is known", old.Start.UTC().Format(time.RFC3339), old.End.UTC().Format(time.RFC3339))
		case old.Price == s.Price:
			p.Same++
			continue
		default:
			p.Changed++
			if !at.After(old.published) {
				at = old.published.Add(time.Microsecond)
			}
		}
		tx.Write(`INSERT INTO tariff_slot (tenant_id, index_id, start_at, published_at, end_at, price) VALUES ($1, $2, $3, $4, $5, $6)`,
			x.Tenant, x.ID, s.Start, at, s.End, int64(s.Price))
	}
	return p, nil
}

// version is a slot as it was published at a time.
type version struct {
	Slot
	published time.Time
}

// overlapping returns the one of known, which are in order, that shares time
// with s.
func overlapping(known []version, s Slot) *version {
	i, _ := slices.BinarySearchFunc(known, s.Start, func(v version, at time.Time) int {
		if !v.End.After(at) {
			return -1
		}
		return 1
	})
	if i < len(known) && known[i].Start.Before(s.End) {
		return &known[i]
	}
	return nil
}

// longestSlot bounds how far before an instant a slot that holds it begins.
const longestSlot = time.Hour

// versions returns the last version that counts of each slot that shares time
// with from to until, in order.
func versions(tx *store.Tx, tenant, index string, from, until time.Time) ([]version, error) {
	var out []version
	err := tx.Each(func(r *store.Row) error {
		v := version{Slot{r.Time(0), r.Time(1), Spot(r.Int(2))}, r.Time(3)}
		if n := len(out); n > 0 && out[n-1].Start.Equal(v.Start) {
			out[n-1] = v
			return nil
		}
		out = append(out, v)
		return nil
	}, `SELECT start_at, end_at, price, published_at FROM tariff_slot
		WHERE tenant_id = $1 AND index_id = $2 AND start_at > $3 AND start_at < $4 AND end_at > $5 AND published_at < start_at
		ORDER BY start_at, published_at`, tenant, index, from.Add(-longestSlot), until, from)
	return out, err
}

// Slots returns the slots of an index that share time with from to until, each
// in the version that counts, in order.
func Slots(tx *store.Tx, tenant, index string, from, until time.Time) ([]Slot, error) {
	all, err := versions(tx, tenant, index, from, until)
	out := make([]Slot, len(all))
	for i := range all {
		out[i] = all[i].Slot
	}
	return out, err
}

// Stretch is a time from Start to before End.
type Stretch struct{ Start, End time.Time }

// Missing returns what of from to until no slot covers, in order.
func Missing(slots []Slot, from, until time.Time) []Stretch {
	var out []Stretch
	for _, s := range slots {
		if s.Start.After(from) && from.Before(until) {
			end := s.Start
			if end.After(until) {
				end = until
			}
			out = append(out, Stretch{from, end})
		}
		if s.End.After(from) {
			from = s.End
		}
	}
	if from.Before(until) {
		out = append(out, Stretch{from, until})
	}
	return out
}

// Almanac is what a tariff needs to know beside a session.
type Almanac struct {
	Slots    map[string][]Slot
	Holidays *Calendar // nil: not needed or not known
}

// AlmanacOf reads what a tariff needs to know of indexes and of the holidays at a
// place for a time, whose years are those in the zone there; nothing for a tariff
// that needs nothing. Of a time longer than a session may be it reads the end.
func AlmanacOf(tx *store.Tx, tenant string, t *Tariff, at Where, zone *time.Location, from, until time.Time) (u Almanac, err error) {
	if longest := until.Add(-MaxSpan - 48*time.Hour); from.Before(longest) {
		from = longest
	}
	for _, index := range t.Indexes() {
		if u.Slots == nil {
			u.Slots = map[string][]Slot{}
		}
		if u.Slots[index], err = Slots(tx, tenant, index, from, until); err != nil {
			return u, err
		}
	}
	if t.OnHolidays() {
		u.Holidays, err = CalendarOf(tx, tenant, at, from.In(zone).Year(), until.In(zone).Year())
	}
	return u, err
}
