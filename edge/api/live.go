package api

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"chargewright/base/energy"
	"chargewright/base/fail"
	"chargewright/base/store"
	"chargewright/core/access"
	"chargewright/core/billing"
	"chargewright/core/device"
	drivers "chargewright/core/driver"
	"chargewright/core/monitor"
	sessions "chargewright/core/session"
	stations "chargewright/core/station"
)

func liveOperations() []operation {
	const tag, at, ses = "live", "/stations/{id}", "/sessions/{id}"
	rd := access.Read
	return []operation{
		{get, "/overview", rd, tag, "getOverview", "Read how the network does",
			"Up to about a second old, of a large network up to 15 seconds. Today begins at midnight in the zone of the first site by name, or of tz. A start worked when energy flowed or the vehicle charges; it failed when the session ended within 5 minutes without a Wh by a fault or time-out of the station; others, such as one that a person ended or a token that was refused, are neither.",
			0, nil, handle((*server).getOverview)},
		{get, "/overview/power", rd, tag, "getNetworkPower", "Read the network's power over time",
			"Means of 5 minutes, of an hour for more than 48 hours, of what is known, also what stations deliver up to 30 days late. A restart loses at most the 5 minutes that were not written. Null is a gap.",
			0, nil, handle((*server).getNetworkPower)},
		{get, "/sites/map", rd, tag, "getSitesMap", "Read the sites as GeoJSON", "Sites whose position is known, by name; 10,000 at most.", 0, nil, handle((*server).getSitesMap)},
		{get, at + "/live", rd, tag, "getStationLive", "Read what a station measures now", "", 0, nil, handle((*server).getStationLive)},
		{get, at + "/power", rd, tag, "getStationPower", "Read the power of an EVSE over time", "As measured, by the station's clock.", 0, nil, handle((*server).getStationPower)},
		{get, at + "/profiles", rd, tag, "listProfiles", "List a station's charging profiles",
			"Those that it accepted from here and that nothing removed since, and the limit they make for each EVSE over the next 24 hours. What others gave the station does not show; ask it by the command composite_schedule.",
			0, nil, handle((*server).listProfiles)},
		{get, ses + "/course", rd, tag, "getCourse", "Read how a session goes",
			"Power as measured; the mean between readings of the register where the station measured none. The running cost is made by the code that settles the session.", 0, nil, handle((*server).getCourse)},
		{get, ses + "/price", rd, tag, "getPrice", "Read how a session's price is made", "", 0, nil, handle((*server).getPrice)},
		{get, ses + "/price-audit", rd, tag, "auditPrice", "Compare the price shown with the price billed", "Of a settled session, from its evidence anew.", 0, nil, handle((*server).auditPrice)},
	}
}

// networkNow is how the network does, as far as the caller sees it.
type networkNow struct {
	At          time.Time          `json:"at"`
	PowerW      int64              `json:"power_w" doc:"Of the EVSEs whose power is known"`
	Open        int                `json:"sessions_open"`
	Drawing     int                `json:"sessions_drawing" doc:"Of them, by which energy flows as far as stations say"`
	EnergyToday int64              `json:"energy_today_wh" doc:"Of a session from before midnight the part after it, as if its energy had flowed evenly"`
	Starts      starts             `json:"starts_24h"`
	NetToday    nullable[[]amount] `json:"net_today" doc:"Of the receipts issued today; null without the right to see books, and of one site: receipts are not kept by site"`
	Stations    stationCount       `json:"stations"`
	EVSEs       evseCount          `json:"evses"`
	Held        int64              `json:"sessions_held" doc:"Closed, and waiting for a person before they are priced"`
	Reports     nullable[int64]    `json:"reports_open" doc:"Of drivers; null without the right to see people"`
	Onboarding  int64              `json:"onboarding" doc:"Stations to be accepted, and refused identities that belong to no station"`
	SitesTotal  int                `json:"sites_total"`
	Sites       []siteLive         `json:"sites" doc:"60 at most: with faults first, then with stations offline, then the others by name"`
	Truncated   bool               `json:"truncated" doc:"There are more sites"`
}

type starts struct {
	Worked int64 `json:"worked"`
	Failed int64 `json:"failed"`
}

type stationCount struct {
	Total     int            `json:"total"`
	Connected int            `json:"connected"`
	ByStatus  map[string]int `json:"by_status" doc:"By overall_status"`
}

type evseCount struct {
	Total   int            `json:"total"`
	ByState map[string]int `json:"by_state"`
}

type siteLive struct {
	ID        string     `json:"id"`
	Name      string     `json:"name"`
	Latitude  *float64   `json:"latitude"`
	Longitude *float64   `json:"longitude"`
	Worst     string     `json:"worst" doc:"The worst state of its EVSEs"`
	PowerW    int64      `json:"power_w"`
	MaxPowerW int64      `json:"max_power_w" doc:"Of the EVSEs whose maximum is known"`
	UpdatedAt time.Time  `json:"updated_at"`
	EVSEs     []evseLive `json:"evses" doc:"200 at most"`
}

type evseLive struct {
	StationID string `json:"station_id"`
	EVSE      int64  `json:"evse_id"`
	State     string `json:"state" enum:"available,preparing,charging,suspended_ev,suspended_evse,finishing,reserved,faulted,offline,unavailable,updating,unknown"`
	PowerW    *int64 `json:"power_w" doc:"Null when it is not known"`
}

// Bounds of an overview.
const (
	maxOverview  = 60
	maxSiteEVSEs = 200
	maxMap       = 10_000
)

type overviewQuery struct {
	Site string `query:"site" maxLength:"100" doc:"Only of this site"`
	Zone string `query:"tz" maxLength:"60" doc:"IANA time zone in which today begins"`
}

func (s *server) getOverview(ctx context.Context, sc access.Scope, in *overviewQuery) (networkNow, error) {
	if in.Site != "" {
		if !sc.Sees(in.Site) {
			return networkNow{}, fail.New(fail.NotFound, "api.getOverview", "there is no site %q", in.Site)
		}
		sc.Sites = []string{in.Site}
	}
	p, err := s.o.Monitor.Picture(ctx)
	if err != nil {
		return networkNow{}, err
	}
	sites := p.Sites(sc)
	if in.Site != "" && len(sites) == 0 {
		return networkNow{}, fail.New(fail.NotFound, "api.getOverview", "there is no site %q", in.Site)
	}
	midnight, err := today(p.At, in.Zone, sites)
	if err != nil {
		return networkNow{}, err
	}
	d, err := s.days.of(sc, midnight).Get(ctx, func(ctx context.Context) (dayCount, error) {
		return store.Read(ctx, s.o.DB, func(tx *store.Tx) (dayCount, error) { return countDay(tx, sc, midnight) })
	})
	if err != nil {
		return networkNow{}, err
	}
	v := networkNow{
		At: p.At.UTC(), EnergyToday: d.energy.WattHours(), Starts: d.starts, Onboarding: d.strangers, SitesTotal: len(sites), Sites: []siteLive{},
		Stations: stationCount{ByStatus: map[string]int{}}, EVSEs: evseCount{ByState: map[string]int{}},
	}
	if sc.Role.May(access.Books) && in.Site == "" {
		v.NetToday = of(d.net)
	}
	if v.Held = d.held; sc.Role.May(access.People) {
		v.Reports = of(d.reports)
	}
	v.count(sites)
	slices.SortStableFunc(sites, func(a, b *monitor.Site) int { return cmp.Compare(urgency(a), urgency(b)) })
	v.Truncated = len(sites) > maxOverview
	for _, x := range sites[:min(len(sites), maxOverview)] {
		v.Sites = append(v.Sites, showSiteLive(x, p.At))
	}
	return v, nil
}

func (v *networkNow) count(sites []*monitor.Site) {
	power := 0.0
	for _, x := range sites {
		power += x.Power
		v.Open += x.Open
		v.Drawing += x.Drawing
		v.Stations.Total += len(x.Stations)
		for _, st := range x.Stations {
			v.Stations.ByStatus[string(st.Overall)]++
			if st.Connected {
				v.Stations.Connected++
			}
			if st.Onboarding == stations.Pending {
				v.Onboarding++
			}
		}
		v.EVSEs.Total += len(x.EVSEs)
		for state, n := range x.States {
			v.EVSEs.ByState[string(state)] += n
		}
	}
	v.PowerW = *whole(&power)
}

// urgency orders sites: with a fault, with a station offline, the others.
func urgency(s *monitor.Site) int {
	switch {
	case s.States[stations.StateFaulted] > 0:
		return 0
	case s.States[stations.StateOffline] > 0:
		return 1
	}
	return 2
}

func showSiteLive(s *monitor.Site, at time.Time) siteLive {
	v := siteLive{
		ID: s.ID, Name: s.Name, Latitude: degreesOf(s.Latitude), Longitude: degreesOf(s.Longitude), Worst: string(s.Worst()), PowerW: *whole(&s.Power),
		MaxPowerW: s.MaxPower, UpdatedAt: at.UTC(), EVSEs: []evseLive{},
	}
	for _, e := range s.EVSEs[:min(len(s.EVSEs), maxSiteEVSEs)] {
		x := evseLive{StationID: e.Station, EVSE: e.EVSE, State: string(e.State)}
		if e.Known {
			x.PowerW = whole(&e.Power)
		}
		v.EVSEs = append(v.EVSEs, x)
	}
	return v
}

func degreesOf(e6 *int64) *float64 {
	if e6 == nil {
		return nil
	}
	d := float64(*e6) / 1e6
	return &d
}

// today is the last midnight in a zone: the one asked for, else the first site's.
func today(now time.Time, zone string, sites []*monitor.Site) (time.Time, error) {
	where := stations.Site{Zone: zone}
	if zone == "" {
		where.Zone = "UTC"
		if len(sites) > 0 {
			where.Zone = sites[0].Zone
		}
	}
	l, err := where.Location()
	if err != nil {
		return time.Time{}, fail.Field("api.today", "tz", "%.60q is no IANA time zone", where.Zone)
	}
	y, m, d := now.In(l).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, l), nil
}

// dayCount is what sessions and receipts of the day came to.
type dayCount struct {
	energy    energy.Energy
	starts    starts
	net       []amount
	strangers int64
	held      int64
	reports   int64
}

func countDay(tx *store.Tx, sc access.Scope, midnight time.Time) (d dayCount, err error) {
	if d.energy, err = sessions.EnergySince(tx, sc, midnight); err != nil {
		return d, err
	}
	if d.starts.Worked, d.starts.Failed, err = sessions.StartsSince(tx, sc, tx.Now().Add(-24*time.Hour)); err != nil {
		return d, err
	}
	waiting, err := sessions.Summarise(tx, sc, sessions.Filter{States: []string{sessions.AnyHeld}})
	if err != nil {
		return d, err
	}
	if d.held = waiting.Count; sc.Role.May(access.People) {
		if d.reports, err = drivers.OpenReports(tx, sc); err != nil {
			return d, err
		}
	}
	if sc.Tenant == access.DefaultTenant && !sc.Limited() { // who owns the installation: see stations.RefusalsFor
		if d.strangers, err = stations.Strangers(tx); err != nil {
			return d, err
		}
	}
	d.net = []amount{}
	if !sc.Role.May(access.Books) {
		return d, nil
	}
	net, err := billing.NetSince(tx, sc, midnight)
	for _, a := range net {
		d.net = append(d.net, amountOf(a.Minor, a.Currency))
	}
	return d, err
}

// days are the counts of the day, for each sort of caller one.
type days struct {
	mu   sync.Mutex
	held map[string]*monitor.Shared[dayCount]
}

// maxDays bounds the sorts of callers; when it is full all count anew.
const maxDays = 1_000

func (d *days) of(sc access.Scope, midnight time.Time) *monitor.Shared[dayCount] {
	key := fmt.Sprintf("%s %t %t %t %d %s", sc.Tenant, sc.Role.May(access.Books), sc.Role.May(access.People), !sc.Limited(), midnight.Unix(), strings.Join(sc.Sites, "\n"))
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.held == nil || len(d.held) >= maxDays {
		d.held = map[string]*monitor.Shared[dayCount]{}
	}
	if d.held[key] == nil {
		d.held[key] = &monitor.Shared[dayCount]{}
	}
	return d.held[key]
}

type powerQuery struct {
	Hours int    `query:"hours" minimum:"1" maximum:"336" default:"24" doc:"Until now"`
	Site  string `query:"site" maxLength:"100" doc:"Only of this site"`
}

type networkPower struct {
	Step      int64  `json:"step_s"`
	Points    series `json:"points" doc:"[ms, mean W of the step that begins then]; null is a gap"`
	Yesterday series `json:"yesterday" doc:"The same a day before, at the times of points: 24 hours are added"`
}

func (s *server) getNetworkPower(ctx context.Context, sc access.Scope, in *powerQuery) (networkPower, error) {
	step := monitor.Step
	if in.Hours > 48 {
		step = time.Hour
	}
	return store.Read(ctx, s.o.DB, func(tx *store.Tx) (networkPower, error) {
		if in.Site != "" {
			if _, err := stations.GetSite(tx, sc, in.Site); err != nil {
				return networkPower{}, err
			}
		}
		const day = 24 * time.Hour
		to := tx.Now().Truncate(step)
		from := to.Add(-time.Duration(in.Hours) * time.Hour)
		v := networkPower{Step: int64(step / time.Second)}
		now, err := monitor.Network(tx, sc, in.Site, from, to)
		if err != nil {
			return v, err
		}
		before, err := monitor.Network(tx, sc, in.Site, from.Add(-day), to.Add(-day))
		v.Points, v.Yesterday = steps(now, from, to, step, 0), steps(before, from.Add(-day), to.Add(-day), step, day)
		return v, err
	})
}

// steps makes of means one point for each step in [from, to), a gap where none
// is known, shifted by some time.
func steps(means []monitor.Mean, from, to time.Time, step, shift time.Duration) series {
	var out series
	i := 0
	for at := from; at.Before(to); at = at.Add(step) {
		sum, n := 0.0, 0
		for ; i < len(means) && means[i].At.Before(at.Add(step)); i++ {
			sum += float64(means[i].Watt)
			n++
		}
		p := point{Ms: at.Add(shift).UnixMilli(), Gap: n == 0}
		if n > 0 {
			p.Value = float64(*whole(ratio(sum, n)))
		}
		out = append(out, p)
	}
	return out
}

func ratio(sum float64, n int) *float64 {
	v := sum / float64(n)
	return &v
}

// siteMap is a GeoJSON FeatureCollection (RFC 7946).
type siteMap struct {
	Type     string        `json:"type" enum:"FeatureCollection"`
	Features []siteFeature `json:"features"`
}

type siteFeature struct {
	Type       string       `json:"type" enum:"Feature"`
	Geometry   siteGeometry `json:"geometry"`
	Properties siteMarks    `json:"properties"`
}

type siteGeometry struct {
	Type        string    `json:"type" enum:"Point"`
	Coordinates []float64 `json:"coordinates" minItems:"2" maxItems:"2" doc:"Longitude and latitude in degrees"`
}

type siteMarks struct {
	ID        string `json:"id"`
	Name      string `json:"name"`
	Worst     string `json:"worst"`
	Total     int    `json:"total" doc:"EVSEs"`
	Available int    `json:"available"`
	Charging  int    `json:"charging"`
	Faulted   int    `json:"faulted"`
	Offline   int    `json:"offline"`
	PowerW    int64  `json:"power_w"`

	MaxPowerW  int64    `json:"max_power_w" doc:"Of its strongest EVSE; 0 when unknown"`
	Connectors []string `json:"connectors" doc:"As OCPI names them; those that are known"`
}

func (s *server) getSitesMap(ctx context.Context, sc access.Scope, _ *struct{}) (siteMap, error) {
	p, err := s.o.Monitor.Picture(ctx)
	if err != nil {
		return siteMap{}, err
	}
	v := siteMap{Type: "FeatureCollection", Features: []siteFeature{}}
	for _, x := range p.Sites(sc) {
		if x.Latitude == nil || x.Longitude == nil {
			continue
		}
		if len(v.Features) == maxMap {
			break
		}
		v.Features = append(v.Features, siteFeature{"Feature", siteGeometry{"Point", []float64{*degreesOf(x.Longitude), *degreesOf(x.Latitude)}}, siteMarks{
			x.ID, x.Name, string(x.Worst()), len(x.EVSEs), x.States[stations.StateAvailable], x.States[stations.StateCharging],
			x.States[stations.StateFaulted], x.States[stations.StateOffline], *whole(&x.Power),
			x.Strongest, append([]string{}, x.Standards...),
		}})
	}
	return v, nil
}

// stationLive is what a station measures now.
type stationLive struct {
	At    time.Time `json:"at"`
	EVSEs []bayLive `json:"evses"`
}

type bayLive struct {
	EVSE        int64            `json:"evse_id"`
	ContractID  string           `json:"contract_id"`
	MaxPowerW   int64            `json:"max_power_w" doc:"0 when unknown"`
	State       string           `json:"state" enum:"available,preparing,charging,suspended_ev,suspended_evse,finishing,reserved,faulted,offline,unavailable,updating,unknown"`
	Since       *time.Time       `json:"since" doc:"When it was last told to be so"`
	PowerW      *int64           `json:"power_w" doc:"Null when it is not known; 0 of an EVSE without session"`
	PowerAt     *time.Time       `json:"power_at" doc:"When the last power was measured, present or stale; null when none was in this session"`
	Stale       bool             `json:"stale" doc:"The last power is too old to be shown as present: older than 3 times its usual interval, within 1 to 50 minutes; 5 minutes while that is not known"`
	LimitW      *int64           `json:"limit_w" doc:"What the station offers, else what the profiles in force allow"`
	SoC         *float64         `json:"soc" doc:"Percent, as last said in the session"`
	CurrentA    *float64         `json:"current_a" doc:"Of the phase with the highest"`
	VoltageV    *float64         `json:"voltage_v" doc:"Phase to neutral; between the poles of DC"`
	Temperature *float64         `json:"temperature_c"`
	SessionID   *string          `json:"session_id"`
	EnergyWh    int64            `json:"energy_wh" doc:"Of the session; 0 without one"`
	Cost        nullable[amount] `json:"cost" doc:"Gross, so far"`
	Connectors  []connector      `json:"connectors"`
}

func (s *server) getStationLive(ctx context.Context, sc access.Scope, in *struct{ StationPath }) (stationLive, error) {
	return store.Read(ctx, s.o.DB, func(tx *store.Tx) (stationLive, error) {
		st, err := stations.Get(tx, sc, in.ID)
		if err != nil {
			return stationLive{}, err
		}
		shown, err := showStations(tx, sc, []stations.Station{st})
		if err != nil {
			return stationLive{}, err
		}
		plugs, err := stations.Connectors(tx, st.ID)
		if err != nil {
			return stationLive{}, err
		}
		open, err := sessions.OpenAt(tx, st.ID)
		if err != nil {
			return stationLive{}, err
		}
		profiles, err := s.profiles(tx, st.Tenant, st.ID)
		if err != nil {
			return stationLive{}, err
		}
		v := stationLive{At: tx.Now(), EVSEs: []bayLive{}}
		for _, e := range shown[0].EVSEs {
			b, err := s.bay(tx, st, e, plugs, open, profiles)
			if err != nil {
				return v, err
			}
			v.EVSEs = append(v.EVSEs, b)
		}
		return v, nil
	})
}

// bay is what an EVSE measures now.
func (s *server) bay(tx *store.Tx, st stations.Station, e evse, plugs []stations.Connector, open []sessions.Session, profiles []monitor.Installed) (bayLive, error) {
	var mine []stations.Connector
	for _, c := range plugs {
		if c.EVSE == e.EVSE {
			mine = append(mine, c)
		}
	}
	var ses *sessions.Session
	flow := stations.NoSession
	if i := slices.IndexFunc(open, func(x sessions.Session) bool { return x.EVSE == e.EVSE }); i >= 0 {
		ses, flow = &open[i], open[i].EVSEFlow()
	}
	state := stations.EVSEState(st, mine, flow)
	l := s.o.Monitor.Live(st.ID, e.EVSE, state, ses, tx.Now())
	v := bayLive{
		EVSE: e.EVSE, ContractID: e.ContractID, MaxPowerW: e.MaxPowerW, State: string(state), Since: moment(sinceOf(st, mine, ses)),
		PowerW: whole(l.Power), PowerAt: moment(l.PowerAt), Stale: l.Stale, LimitW: limitNow(l, profiles, e.EVSE, ses, tx.Now()),
		SoC: l.SoC, CurrentA: l.Current, VoltageV: l.Voltage, Temperature: l.Temperature, Connectors: e.Connectors,
	}
	if ses == nil {
		return v, nil
	}
	v.SessionID, v.EnergyWh = &ses.ID, ses.Energy.WattHours()
	p, err := billing.Price(tx, *ses, pricedUntil(*ses, st, tx.Now()))
	v.Cost, _ = costOf(*ses, p)
	return v, err
}

// sinceOf is when the newest word about an EVSE's state came.
func sinceOf(st stations.Station, plugs []stations.Connector, open *sessions.Session) time.Time {
	if !st.Connected {
		return st.DisconnectedAt
	}
	var at time.Time
	for _, c := range plugs {
		if c.StatusAt.After(at) {
			at = c.StatusAt
		}
	}
	if open != nil && open.StartedAt.After(at) {
		at = open.StartedAt
	}
	return at
}

type stationPowerQuery struct {
	StationPath
	EVSE  int64 `query:"evse" minimum:"0" maximum:"256" default:"1" doc:"0: the station's own meter"`
	Hours int   `query:"hours" minimum:"1" maximum:"168" default:"3" doc:"Until now"`
}

type stationPower struct {
	Power   series   `json:"power" doc:"[ms, W]; a gap is null"`
	Limit   series   `json:"limit" doc:"[ms, W]; each holds until the next, null is no limit"`
	SoC     series   `json:"soc" doc:"[ms, percent]; a gap is null"`
	Changes []change `json:"changes" doc:"In order"`
}

type change struct {
	At   time.Time `json:"at"`
	Text string    `json:"text"`
}

func (s *server) getStationPower(ctx context.Context, sc access.Scope, in *stationPowerQuery) (stationPower, error) {
	return store.Read(ctx, s.o.DB, func(tx *store.Tx) (stationPower, error) {
		st, err := stations.Get(tx, sc, in.ID)
		if err != nil {
			return stationPower{}, err
		}
		to := tx.Now()
		from := to.Add(-time.Duration(in.Hours) * time.Hour)
		h, err := s.o.Monitor.History(ctx, st.ID, in.EVSE, from, to.Add(time.Minute))
		if err != nil {
			return stationPower{}, err
		}
		commands, err := device.ProfileCommands(tx, st.Tenant, st.ID)
		if err != nil {
			return stationPower{}, err
		}
		near, err := sessions.List(tx, sc, sessions.Filter{Station: st.ID}, MaxPage)
		if err != nil {
			return stationPower{}, err
		}
		v := stationPower{Power: seriesOf(h.Power), Limit: seriesOf(h.Limit), SoC: seriesOf(h.SoC), Changes: changesOf(commands, near, in.EVSE, from)}
		if len(h.Limit) == 0 {
			v.Limit = seriesOf(monitor.Limits(monitor.Fold(commands, to), in.EVSE, openOn(near, in.EVSE), from, to))
		}
		return v, nil
	})
}

func openOn(near []sessions.Session, evse int64) *sessions.Session {
	for i := range near {
		if near[i].EVSE == evse && near[i].State.Open() {
			return &near[i]
		}
	}
	return nil
}

// changesOf names what explains a curve: sessions that began and ended, and
// limits that the station accepted.
func changesOf(commands []device.Record, near []sessions.Session, evse int64, from time.Time) []change {
	out := []change{}
	add := func(at time.Time, text string) {
		if !at.Before(from) {
			out = append(out, change{at.UTC(), text})
		}
	}
	for _, x := range near {
		if x.EVSE != evse {
			continue
		}
		add(x.StartedAt, "Session started")
		if !x.State.Open() {
			add(x.StoppedAt, "Session stopped: "+x.Reason)
		}
	}
	words := map[string]string{"set_charging_profile": "Charging profile accepted", "clear_charging_profiles": "Charging profiles cleared", "update_schedule": "Schedule updated"}
	for _, r := range commands {
		if text := words[r.Kind]; text != "" {
			add(r.AnsweredAt, text)
		}
	}
	slices.SortStableFunc(out, func(a, b change) int { return a.At.Compare(b.At) })
	return out
}

// profileList are the charging profiles of a station and what they come to.
type profileList struct {
	Items  []profileItem  `json:"items"`
	Next   *string        `json:"next"`
	Limits []profileLimit `json:"limits" doc:"For each EVSE, over the next 24 hours"`
}

type profileItem struct {
	EVSE       int64          `json:"evse_id" doc:"0: the station"`
	Profile    device.Profile `json:"profile" doc:"As it was sent"`
	AcceptedAt time.Time      `json:"accepted_at"`
	CommandID  string         `json:"command_id"`
	Source     string         `json:"source" enum:"command,remote_start" doc:"How it came: by our command of its own, or with a remote start"`
}

type profileLimit struct {
	EVSE  int64  `json:"evse_id"`
	Limit series `json:"limit" doc:"[ms, W]; each holds until the next, null is no limit"`
}

func (s *server) listProfiles(ctx context.Context, sc access.Scope, in *struct{ StationPath }) (profileList, error) {
	return store.Read(ctx, s.o.DB, func(tx *store.Tx) (profileList, error) {
		st, err := stations.Get(tx, sc, in.ID)
		if err != nil {
			return profileList{}, err
		}
		profiles, err := s.profiles(tx, st.Tenant, st.ID)
		if err != nil {
			return profileList{}, err
		}
		open, err := sessions.OpenAt(tx, st.ID)
		if err != nil {
			return profileList{}, err
		}
		evses, err := stations.EVSEsOf(tx, sc, st.ID, st.ID)
		v := profileList{Items: []profileItem{}, Limits: []profileLimit{}}
		for _, x := range profiles {
			source := "command"
			if x.WithStart {
				source = "remote_start"
			}
			v.Items = append(v.Items, profileItem{x.EVSE, x.Profile, x.AcceptedAt.UTC(), x.Command, source})
		}
		for _, e := range evses {
			line := monitor.Limits(profiles, e.EVSE, openOn(open, e.EVSE), tx.Now(), tx.Now().Add(24*time.Hour))
			v.Limits = append(v.Limits, profileLimit{e.EVSE, seriesOf(line)})
		}
		return v, err
	})
}
