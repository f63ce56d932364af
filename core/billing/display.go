package billing

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"chargewright/base/fail"
	"chargewright/base/outbox"
	"chargewright/base/store"
	"chargewright/core/access"
	"chargewright/core/device"
	"chargewright/core/station"
	"chargewright/core/tariff"
)

// TopicLearnt is the timer of a tenant of whose stations more is known than when they
// were last told; it is not TopicDisplay, which it must not put off. The key is the
// tenant.
const TopicLearnt = "billing.learnt"

// TopicDisplay is the timer of a tenant at whose time other prices hold. The key
// is the tenant.
const TopicDisplay = "billing.display"

// Bounds of what is planned.
const (
	displayStations = 10_000 // of one tenant
	displayChanges  = 20     // times to come that are looked at
)

// offer is what a stranger is offered at a station: one version for all EVSEs, or
// one for each.
type offer struct {
	evses  []int64
	bounds []tariff.Bound // of each EVSE; the zero Bound where nothing is offered
}

func (o offer) same(p offer) bool { return slices.Equal(o.bounds, p.bounds) }

// one reports whether all EVSEs have the same.
func (o offer) one() bool {
	return !slices.ContainsFunc(o.bounds, func(b tariff.Bound) bool { return b != o.bounds[0] })
}

// Shown is what a station is to show: what holds now, and what comes next.
type Shown struct {
	Station string
	Screen  device.Screen
	Ahead   bool // it can be told now what comes next
	now     offer
	next    offer // as of Next
	Next    time.Time
	Command device.ShowPrice // but for Slot and Drop
	Cannot  string           // why it shows nothing
}

// Plan is what the stations of a tenant are to show.
type Plan struct {
	Tenant string
	At     time.Time
	Shown  []Shown
	Next   time.Time // when prices may change next; zero: no change is planned
}

// PlanDisplays says what each station of a tenant is to show strangers of its
// prices, now and after their next change. Stations of which it is not known what
// they show are left out and returned.
func PlanDisplays(tx *store.Tx, tenant string) (p Plan, unknown []string, err error) {
	p = Plan{Tenant: tenant, At: tx.Now()}
	sc := access.Scope{Tenant: tenant, Role: access.Owner, Kind: access.KindSystem}
	list, err := station.List(tx, sc, "", displayStations)
	if err != nil || len(list) == 0 {
		return p, nil, err
	}
	ids := idsOf(list)
	screens, err := device.Screens(tx, ids)
	if err != nil {
		return p, nil, err
	}
	uses, err := usesOfAll(tx, sc, list)
	if err != nil {
		return p, nil, err
	}
	times, err := tariff.Changes(tx, tenant, displayChanges)
	if err != nil {
		return p, nil, err
	}
	if len(times) > 0 {
		p.Next = times[0]
	}
	boards := make([]tariff.Board, 0, len(times)+1)
	for _, at := range append([]time.Time{tx.Now()}, times...) {
		b, err := tariff.Post(tx, tenant, at, slices.Concat(mapValues(uses, ids)...)...)
		if err != nil {
			return p, nil, err
		}
		boards = append(boards, b)
	}
	w := writer{tx: tx, tenant: tenant, known: map[string]*tariff.Tariff{}, sites: map[string]station.Site{}}
	for _, s := range list {
		screen, known := screens[s.ID]
		if !known {
			unknown = append(unknown, s.ID)
			continue
		}
		x := Shown{Station: s.ID, Screen: screen, Ahead: screen.Messages || screen.Tariffs, now: offered(boards[0], uses[s.ID])}
		for i, at := range times {
			if x.next = offered(boards[i+1], uses[s.ID]); !x.next.same(x.now) {
				x.Next = at
				break
			}
		}
		if err := w.write(s, &x, p.At); err != nil {
			return p, nil, err
		}
		p.Shown = append(p.Shown, x)
	}
	return p, unknown, nil
}

func idsOf(list []station.Station) []string {
	ids := make([]string, len(list))
	for i, s := range list {
		ids[i] = s.ID
	}
	return ids
}

func mapValues(m map[string][]tariff.Use, keys []string) [][]tariff.Use {
	out := make([][]tariff.Use, len(keys))
	for i, k := range keys {
		out[i] = m[k]
	}
	return out
}

// usesOfAll are the sessions that a stranger could begin at some stations.
func usesOfAll(tx *store.Tx, sc access.Scope, list []station.Station) (map[string][]tariff.Use, error) {
	evses, err := station.EVSEsOf(tx, sc, list[0].ID, list[len(list)-1].ID)
	if err != nil {
		return nil, err
	}
	connectors, err := station.ConnectorsOf(tx, sc, list[0].ID, list[len(list)-1].ID)
	if err != nil {
		return nil, err
	}
	numbers := map[string][]int64{}
	add := func(at string, n int64) {
		if n > 0 && !slices.Contains(numbers[at], n) {
			numbers[at] = append(numbers[at], n)
		}
	}
	for _, e := range evses {
		add(e.Station, e.EVSE)
	}
	for _, c := range connectors {
		add(c.Station, c.EVSE)
	}
	out := map[string][]tariff.Use{}
	for _, s := range list {
		ns := numbers[s.ID]
		if len(ns) == 0 {
			ns = []int64{0}
		}
		slices.Sort(ns)
		for _, n := range ns {
			out[s.ID] = append(out[s.ID], tariff.Use{Site: s.Site, Station: s.ID, EVSE: n, Customer: tariff.Customer{Guest: true}})
		}
	}
	return out, nil
}

func offered(b tariff.Board, uses []tariff.Use) (o offer) {
	for _, u := range uses {
		bound, _ := b.Choose(u)
		o.evses, o.bounds = append(o.evses, u.EVSE), append(o.bounds, bound)
	}
	return o
}

// writer makes contents of offers.
type writer struct {
	tx     *store.Tx
	tenant string
	known  map[string]*tariff.Tariff
	sites  map[string]station.Site
}

// site is where a station stands: each is read once.
func (w *writer) site(s station.Station) (station.Site, error) {
	if site, ok := w.sites[s.Site]; ok {
		return site, nil
	}
	site, err := station.SiteOf(w.tx, s.ID)
	if err == nil {
		w.sites[s.Site] = site
	}
	return site, err
}

func (w *writer) tariff(b tariff.Bound) (*tariff.Tariff, error) {
	if t := w.known[b.Tariff+"/"+b.Version]; t != nil {
		return t, nil
	}
	t, err := tariff.GetVersion(w.tx, w.tenant, b.Tariff, tariff.Version(b.Version))
	if err == nil {
		w.known[b.Tariff+"/"+b.Version] = t
	}
	return t, err
}

// maxTexts is in how many languages a screen can say one thing (2.1
// SetDisplayMessage: a text and four more).
const maxTexts = 5

// write fills in what a station is told.
func (w *writer) write(s station.Station, x *Shown, at time.Time) (err error) {
	if !x.Screen.Can() {
		x.Cannot = "it shows no prices"
		return nil
	}
	site, err := w.site(s)
	if err != nil {
		return err
	}
	languages := beside(tariff.LanguageOf(site.Country), x.Screen)
	if x.Screen.Messages {
		for _, l := range tariff.Languages {
			if !slices.Contains(languages, l) && len(languages) < maxTexts {
				languages = append(languages, l)
			}
		}
	}
	var lost []string
	if x.Command.Now, lost, err = w.priced(x, site, x.now, languages, at, time.Time{}); err != nil {
		return err
	}
	if !x.Next.IsZero() {
		next, more, err := w.priced(x, site, x.next, languages, x.Next, x.Next)
		if err != nil {
			return err
		}
		lost = append(lost, more...)
		x.Command.Next = &device.NextPrice{From: x.Next.UTC(), Priced: next}
	}
	if len(lost) > 0 && !x.Screen.Messages && !x.Screen.Prices {
		slices.Sort(lost)
		x.Cannot = "it cannot rate by the tariff: " + strings.Join(slices.Compact(lost), ", ")
	}
	return nil
}

// nothing is what a screen says where nothing is offered.
var nothing = map[string]string{
	"en": "no price", "de": "kein Preis", "fr": "aucun prix", "nl": "geen prijs", "es": "sin precio", "it": "nessun prezzo",
}

// priced is an offer as it is shown, and what of it a station cannot rate by.
func (w *writer) priced(x *Shown, site station.Site, o offer, languages []string, at, from time.Time) (p device.Priced, lost []string, err error) {
	own := make([][]device.Text, len(o.bounds)) // of each EVSE
	for _, l := range languages {
		var lines []string
		for i, b := range o.bounds {
			line := nothing[l]
			if b.Version != "" {
				t, err := w.tariff(b)
				if err != nil {
					return p, nil, err
				}
				line = tariff.Sentence(t, l)
			}
			own[i] = append(own[i], device.Text{Format: "UTF8", Language: l, Content: line})
			if !o.one() {
				line = fmt.Sprintf("%d: %s", o.evses[i], line)
			} else if i > 0 {
				break
			}
			lines = append(lines, line)
		}
		p.Texts = append(p.Texts, device.Text{Format: "UTF8", Language: l, Content: strings.Join(lines, "\n")})
	}
	if o.one() && o.bounds[0].Version != "" && x.Screen.Prices {
		t, err := w.tariff(o.bounds[0])
		if err != nil {
			return p, nil, err
		}
		if p.Rates, err = ratesAt(t, site, at); err != nil {
			return p, nil, err
		}
	}
	if !x.Screen.Tariffs {
		return p, nil, nil
	}
	for i, b := range o.bounds {
		evse := o.evses[i]
		if o.one() {
			evse = 0
		}
		if b.Version == "" || o.one() && i > 0 {
			continue
		}
		t, err := w.tariff(b)
		if err != nil {
			return p, nil, err
		}
		if !x.Screen.Pays(b.Currency) {
			lost = append(lost, "its currency is another")
			continue
		}
		id := stationTariffID(b, evse, from)
		st, missing := Project(t, id, from.UTC(), own[i])
		if len(missing) > 0 {
			lost = append(lost, missing...)
			continue
		}
		p.Tariffs = append(p.Tariffs, device.PlacedTariff{EVSE: evse, Tariff: st})
	}
	return p, lost, nil
}

// stationTariffID is the id under which a station knows a version, of one EVSE and
// one beginning: it is never given to another (2.1 I07: ids are unique).
func stationTariffID(b tariff.Bound, evse int64, from time.Time) string {
	since := int64(0)
	if !from.IsZero() {
		since = from.Unix()
	}
	return fmt.Sprintf("%s-%d-%s", b.Version[:min(24, len(b.Version))], evse, strconv.FormatInt(since, 36))
}

// ratesAt are the prices with which a session would begin at a time.
func ratesAt(t *tariff.Tariff, site station.Site, at time.Time) (*device.ShownRates, error) {
	zone, err := site.Location()
	if err != nil {
		return nil, err
	}
	if len(t.Indexes()) > 0 { // its price changes too often for a screen; its words are shown
		return nil, nil
	}
	now, _, err := tariff.RatesAt(t, &tariff.Session{Zone: zone, Segments: []tariff.Segment{{Start: at, End: at, State: tariff.Charging}}})
	if err != nil {
		return nil, nil // a tariff that needs what is not known yet has no figures; its words are shown
	}
	out := device.ShownRates(now)
	return &out, nil
}

// digest is of what the screen of a device shows; the ids of tariffs play no part.
// Another device has not been told what the one before it was.
func digest(device string, p device.Priced) string {
	p.Tariffs = slices.Clone(p.Tariffs)
	for i := range p.Tariffs {
		p.Tariffs[i].Tariff.ID, p.Tariffs[i].Tariff.ValidFrom = "", time.Time{}
	}
	b, err := json.Marshal(p)
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(append([]byte(device+"\n"), b...))
	return hex.EncodeToString(sum[:16])
}

// row is what a station was told.
type row struct {
	digest, next string
	nextAt       time.Time
	ahead        bool
	slot         int64
	placed       []string
	cannot, job  string
	versions     []shownVersion // in order
}

// shownVersion is a version of a tariff that is shown from a time on, in µs; 0 is now.
type shownVersion struct {
	from            int64
	tariff, version string
}

func (v shownVersion) compare(x shownVersion) int {
	return cmp.Or(cmp.Compare(v.from, x.from), cmp.Compare(v.tariff, x.tariff), cmp.Compare(v.version, x.version))
}

// same reports whether two rows say the same.
func (r row) same(x row) bool {
	return r.digest == x.digest && r.next == x.next && r.nextAt.Equal(x.nextAt) && r.ahead == x.ahead && r.slot == x.slot &&
		slices.Equal(r.placed, x.placed) && r.cannot == x.cannot && r.job == x.job && slices.Equal(r.versions, x.versions)
}

// at rolls a row on to a time: what was told ahead holds once its time has come.
func (r row) at(now time.Time) row {
	if r.ahead && !r.nextAt.IsZero() && !now.Before(r.nextAt) {
		r.digest, r.next, r.nextAt, r.slot = r.next, "", time.Time{}, 1-r.slot
	}
	return r
}

// ShowDisplays has the stations of a plan told what they do not show yet, by jobs
// of which each has one content, and sets the timer of the next change. What was on
// its way and is overtaken is not sent any more.
func ShowDisplays(tx *store.Tx, p Plan) error {
	rows, err := displays(tx, p.Tenant)
	if err != nil {
		return err
	}
	type group struct {
		command  device.ShowPrice
		stations []string
	}
	groups, order := map[string]*group{}, []string{}
	kept := map[string]row{}
	for _, x := range p.Shown {
		before, known := rows[x.Station]
		next, tell := x.after(before.at(p.At), known)
		if known && !tell {
			if next.cannot != "" && before.job != "" {
				device.Supersede(tx, before.job, x.Station)
			}
			if !next.same(before) {
				keepDisplay(tx, p.Tenant, x.Station, next)
			}
			continue
		}
		if before.job != "" {
			device.Supersede(tx, before.job, x.Station)
		}
		if tell {
			c := x.Command
			if !x.Ahead {
				c.Next = nil
			}
			c.Slot, c.Drop = next.slot, without(before.placed, next.placed)
			b, err := json.Marshal(c)
			if err != nil {
				return fail.Wrap(fail.Internal, "billing.ShowDisplays", err)
			}
			if len(b) > device.MaxBody {
				x.Cannot = "there is more to say than a command holds"
				kept[x.Station], _ = x.after(before.at(p.At), known)
				continue
			}
			key := string(b)
			if groups[key] == nil {
				g := &group{} // as it is read from the record after a restart
				if err := json.Unmarshal(b, &g.command); err != nil {
					return fail.Wrap(fail.Internal, "billing.ShowDisplays", err)
				}
				groups[key] = g
				order = append(order, key)
			}
			groups[key].stations = append(groups[key].stations, x.Station)
		}
		kept[x.Station] = next
	}
	jobs := map[string]string{}
	for _, key := range order {
		for some := range slices.Chunk(groups[key].stations, device.MaxJobStations) {
			j, err := device.StartOwnJob(tx, p.Tenant, groups[key].command, some)
			if err != nil {
				return err
			}
			for _, s := range some {
				jobs[s] = j.ID
			}
		}
	}
	for _, x := range p.Shown {
		if next, ok := kept[x.Station]; ok {
			next.job = jobs[x.Station]
			keepDisplay(tx, p.Tenant, x.Station, next)
		}
	}
	if p.Next.IsZero() {
		return nil
	}
	return outbox.At(tx, p.Next, TopicDisplay, p.Tenant, nil)
}

// after is the row once a station shows what it is to show, and whether it is to
// be told for that.
func (x Shown) after(r row, known bool) (next row, tell bool) {
	next = row{slot: r.slot, cannot: x.Cannot, job: r.job, ahead: x.Ahead, nextAt: x.Next, versions: x.versions()}
	if x.Cannot != "" {
		next.job, next.placed = "", r.placed // what it was given is still to be taken off it
		return next, false
	}
	next.digest = digest(x.Screen.Device, x.Command.Now)
	for _, t := range x.Command.Now.Tariffs {
		next.placed = append(next.placed, t.Tariff.ID)
	}
	if n := x.Command.Next; n != nil {
		next.next = digest(x.Screen.Device, n.Priced)
		if x.Ahead {
			for _, t := range n.Tariffs {
				next.placed = append(next.placed, t.Tariff.ID)
			}
		}
	}
	same := known && r.job != "" && r.digest == next.digest
	if x.Ahead {
		same = same && r.next == next.next && r.nextAt.Equal(next.nextAt)
	}
	if same {
		next.placed = r.placed
	}
	return next, !same
}

// versions are those that a station shows, or should, now and next.
func (x Shown) versions() (out []shownVersion) {
	add := func(o offer, from int64) {
		for _, b := range o.bounds {
			if b.Version != "" {
				out = append(out, shownVersion{from, b.Tariff, b.Version})
			}
		}
	}
	add(x.now, 0)
	if !x.Next.IsZero() {
		add(x.next, x.Next.UnixMicro())
	}
	slices.SortFunc(out, shownVersion.compare)
	return slices.Compact(out)
}

func without(list, some []string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(s string) bool { return slices.Contains(some, s) })
}

func displays(tx *store.Tx, tenant string) (map[string]row, error) {
	out := map[string]row{}
	err := tx.Each(func(r *store.Row) error {
		x := row{digest: r.Text(1), nextAt: r.Time(2), next: r.Text(3), ahead: r.Bool(4), slot: r.Int(5), cannot: r.Text(7), job: r.Text(8)}
		if p := r.Text(6); p != "" {
			x.placed = strings.Split(p, ",")
		}
		out[r.Text(0)] = x
		return nil
	}, `SELECT station_id, digest, next_at, next_digest, ahead, slot, placed, cannot, job_id FROM billing_display WHERE tenant_id = $1 ORDER BY station_id`, tenant)
	if err != nil {
		return nil, err
	}
	err = tx.Each(func(r *store.Row) error {
		x := out[r.Text(0)]
		x.versions = append(x.versions, shownVersion{r.Int(1), r.Text(2), r.Text(3)})
		out[r.Text(0)] = x
		return nil
	}, `SELECT t.station_id, t.from_at, t.tariff_id, t.version_hash FROM billing_display_tariff t JOIN billing_display d ON d.station_id = t.station_id
		WHERE d.tenant_id = $1`, tenant)
	for _, x := range out { // the database's order of texts is not ours
		slices.SortFunc(x.versions, shownVersion.compare)
	}
	return out, err
}

func keepDisplay(tx *store.Tx, tenant, station string, r row) {
	tx.Write(`INSERT INTO billing_display (station_id, tenant_id, digest, next_at, next_digest, ahead, slot, placed, cannot, job_id)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (station_id) DO UPDATE SET tenant_id = excluded.tenant_id, digest = excluded.digest,
		next_at = excluded.next_at, next_digest = excluded.next_digest, ahead = excluded.ahead, slot = excluded.slot, placed = excluded.placed,
		cannot = excluded.cannot, job_id = excluded.job_id`,
		station, tenant, r.digest, r.nextAt, r.next, r.ahead, r.slot, strings.Join(r.placed, ","), r.cannot, r.job)
	tx.Write(`DELETE FROM billing_display_tariff WHERE station_id = $1`, station)
	for _, v := range r.versions {
		tx.Write(`INSERT INTO billing_display_tariff (station_id, tenant_id, tariff_id, version_hash, from_at) VALUES ($1, $2, $3, $4, $5)`,
			station, tenant, v.tariff, v.version, v.from)
	}
}

// DisplayState is how far a station is with a price that it is to show.
type DisplayState string

// The states.
const (
	DisplayTold    DisplayState = "told"
	DisplayWaiting DisplayState = "waiting" // for the station, or for its time where it cannot be told ahead
	DisplayRefused DisplayState = "refused"
	DisplayCannot  DisplayState = "cannot_show"
)

// Display is a version of a tariff on the screen of a station.
type Display struct {
	Station string
	Version string
	From    time.Time // zero: now
	State   DisplayState
	Reason  string
	Job     string // that tells it; "" for none
}

// Displays lists the stations that the scope sees which show a tariff, now or from
// a time on, or should: by station and time, up to limit, after the given one.
func Displays(tx *store.Tx, sc access.Scope, tariffID string, after Display, limit int) ([]Display, error) {
	type line struct {
		Display
		ahead bool
	}
	args := []any{sc.Tenant, tariffID, after.Station, fromOf(after), after.Version, limit}
	where := `t.tenant_id = $1 AND t.tariff_id = $2 AND (t.station_id, t.from_at, t.version_hash) > ($3, $4, $5)`
	if sc.Limited() {
		mine, err := station.List(tx, sc, "", displayStations)
		if err != nil {
			return nil, err
		}
		where += ` AND ` + access.In("t.station_id", idsOf(mine), &args)
	}
	lines, err := store.All(tx, func(r *store.Row) line {
		x := line{Display{Station: r.Text(0), Version: r.Text(1), Reason: r.Text(3), Job: r.Text(4)}, r.Bool(5)}
		if r.Int(2) != 0 {
			x.From = r.Time(2)
		}
		return x
	}, `SELECT t.station_id, t.version_hash, t.from_at, d.cannot, d.job_id, d.ahead FROM billing_display_tariff t JOIN billing_display d ON d.station_id = t.station_id
		WHERE `+where+` ORDER BY t.station_id, t.from_at, t.version_hash LIMIT $6`, args...)
	if err != nil || len(lines) == 0 {
		return nil, err
	}
	var jobs, stations []string
	for _, x := range lines {
		stations = append(stations, x.Station)
		if x.Job != "" && !slices.Contains(jobs, x.Job) {
			jobs = append(jobs, x.Job)
		}
	}
	items, err := device.ItemsOf(tx, sc.Tenant, jobs, slices.Compact(stations))
	if err != nil {
		return nil, err
	}
	out := make([]Display, len(lines))
	for i, x := range lines {
		x.State = DisplayWaiting
		item, found := items[[2]string{x.Job, x.Station}]
		switch {
		case x.Reason != "":
			x.State = DisplayCannot
		case !x.From.IsZero() && !x.ahead:
			x.Reason, x.Job = "it is told when the time has come", ""
		case found:
			x.State, x.Reason = stateOf(item)
		}
		out[i] = x.Display
	}
	return out, nil
}

// fromOf is how a display's beginning is stored: 0 is now.
func fromOf(d Display) int64 {
	if d.From.IsZero() {
		return 0
	}
	return d.From.UnixMicro()
}

func stateOf(x device.Item) (DisplayState, string) {
	switch x.State {
	case device.ItemAccepted:
		return DisplayTold, ""
	case device.ItemWaiting, device.ItemAsked:
		return DisplayWaiting, ""
	case device.ItemOffline:
		return DisplayWaiting, x.Reason
	}
	if x.Reason == "" {
		return DisplayRefused, x.Word
	}
	return DisplayRefused, x.Reason
}
