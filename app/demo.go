package app

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"math"
	mathrand "math/rand/v2"
	"os"
	"time"

	"chargewright/base/fail"
	"chargewright/base/store"
	"chargewright/core/access"
	"chargewright/core/device"
	"chargewright/core/driver"
	"chargewright/core/station"
	"chargewright/core/tariff"
	"chargewright/edge/central"
	"chargewright/sim"
	"chargewright/wire/ocpp"
)

type demoCmd struct {
	Listen   string `help:"Address of the server." default:"127.0.0.1:8080"`
	DataDir  string `help:"Directory for the data; it must be empty or missing (default: a temporary one, removed at the end)." placeholder:"DIR"`
	Stations int    `help:"How many simulated stations." default:"12"`
	Seed     uint64 `help:"What the drivers do derives from it." default:"1"`
	LogLevel string `help:"debug, info, warn or error." default:"warn" enum:"debug,info,warn,error"`
}

// Run serves a demonstration until the process is told to stop.
func (c *demoCmd) Run(ctx context.Context, t terminal) error {
	dir, err := c.directory()
	if err != nil {
		return err
	}
	if c.DataDir == "" {
		defer os.RemoveAll(dir)
	}
	log := logger(t.err, c.LogLevel)
	s, err := Open(ctx, Config{
		DataDir: dir, Listen: c.Listen, Name: "Erlental Energie", Country: "DE", Currency: "EUR", Zone: "Europe/Berlin",
		TelemetryDays: 1, MessageLogDays: 1, Simulator: true, AskDisplays: true, NotifyConfig: NotifyConfig{Mailbox: true},
		PayConfig:  PayConfig{Simpay: true},
		SpotConfig: SpotConfig{Feeds: []tariff.Feed{{Index: demoIndex, Source: demoExchange{}}}},
	}, log)
	if err != nil {
		return err
	}
	if err := s.Start(ctx); err != nil {
		return err
	}
	d := demo{Server: s, url: "ws://" + s.Addr + "/ocpp/", seed: c.Seed, passwords: map[string]string{}}
	key, err := d.furnish(ctx, c.Stations)
	if err == nil {
		err = d.purses(ctx)
	}
	if err == nil {
		err = d.history(ctx)
	}
	screen := ""
	if err == nil {
		screen, err = d.cardTerminal(ctx)
	}
	if err == nil {
		go d.complaints(ctx)
		fmt.Fprintf(t.out, demoText, s.Addr, demoPassword, s.Addr, s.Addr, d.guestAddress(), s.Addr, screen, s.Addr, simPath, simReaders[0], s.Addr, s.Addr, key)
		err = d.network.Run(ctx)
	}
	if serr := s.Stop(context.WithoutCancel(ctx)); err == nil {
		err = serr
	}
	return err
}

const demoText = `
A charging network is running.

  the console                  http://%s/
    sign in as                 owner@demo.example  operator@demo.example  finance@demo.example  technician@demo.example
                               support@demo.example  viewer@demo.example  host@demo.example
    password                   %s
  the drivers' app             http://%s/app/  (hugo@demo.example has charged here; any other address is new; mails are shown on the screen)
  pay without an account       http://%s%s  (where the code on the charger leads; no money moves)
  a screen beside a reader     http://%s%s
    its card reader            http://%s%s/readers/%s  (show it a card; no money moves)
  API documentation            http://%s/api/docs
  your own station             ws://%s/ocpp/DEMO-000  (OCPP 1.6, 2.0.1 or 2.1; user DEMO-000, password "demo station")

  API key of the owner         %s

Stop it with Ctrl-C.
`

func (c *demoCmd) directory() (string, error) {
	if c.DataDir == "" {
		dir, err := os.MkdirTemp("", "chargewright-demo-")
		return dir, fail.Wrap(fail.Unavailable, "demo", err)
	}
	if list, err := os.ReadDir(c.DataDir); err == nil && len(list) > 0 {
		return "", fail.Field("demo", "data-dir", "%s is not empty", c.DataDir)
	}
	return c.DataDir, nil
}

// demo is a server with a made-up network on it.
type demo struct {
	*Server
	url       string
	seed      uint64
	passwords map[string]string
	network   *sim.Network
	placed    map[string]int // stations, by site
	drivers   []string       // as demoDrivers
}

// demoSites stand in a valley that no map knows.
var demoSites = []station.Site{
	{ID: "site_harbour", Name: "Hafen Parkdeck", Address: "Am Kai 7", PostalCode: "00000", City: "Erlental", Latitude: degrees(53.541), Longitude: degrees(8.579)},
	{ID: "site_market", Name: "Einkaufspark Mühlau", Address: "Am Markt 3", PostalCode: "00000", City: "Mühlau", Latitude: degrees(53.602), Longitude: degrees(8.744)},
	{ID: "site_works", Name: "Werkstraße Nord", Address: "Werkstraße 112", PostalCode: "00000", City: "Erlental", Latitude: degrees(53.487), Longitude: degrees(8.683)},
}

// demoBrand is how the operator shows itself to drivers. The number is one of
// those that are kept free for films.
var demoBrand = access.Brand{
	Name: "Erlental Energie", Helpline: "030 23125 100", Email: "hilfe@erlental.example", ImprintURL: "https://erlental.example/impressum",
	PrivacyURL: "https://erlental.example/datenschutz", Languages: access.Languages,
}

func degrees(d float64) *int64 {
	e6 := int64(math.Round(d * 1e6))
	return &e6
}

// demoTariffs: one for the town, one for fast charging at the market, where the
// evening costs less, and one at the harbour that follows an exchange. All prices
// include VAT.
var demoTariffs = []struct{ name, ocpi string }{{"Erlental Stadt", `{"country_code":"DE","party_id":"ERL","id":"erlental-ac","currency":"EUR","tax_included":"YES","tariff_alt_text":[
	{"language":"en","text":"Erlental Town: €0.49 per kWh, €0.10 per minute after charging ends"},
	{"language":"de","text":"Erlental Stadt: 0,49 € je kWh, 0,10 € je Minute nach dem Laden"}],"elements":[{"price_components":[
	{"type":"ENERGY","price":0.49,"vat":19,"step_size":1},{"type":"PARKING_TIME","price":6.00,"vat":19,"step_size":60}]}],"last_updated":"2026-01-01T00:00:00Z"}`},
	{"Erlental Schnell", `{"country_code":"DE","party_id":"ERL","id":"erlental-hpc","currency":"EUR","tax_included":"YES","tariff_alt_text":[
	{"language":"en","text":"Erlental Fast: €0.59 per kWh, €0.45 from 8 pm to 6 am"},
	{"language":"de","text":"Erlental Schnell: 0,59 € je kWh, von 20 bis 6 Uhr 0,45 €"}],"elements":[
	{"price_components":[{"type":"ENERGY","price":0.45,"vat":19,"step_size":1}],"restrictions":{"start_time":"20:00","end_time":"06:00"}},
	{"price_components":[{"type":"ENERGY","price":0.59,"vat":19,"step_size":1}]}],"last_updated":"2026-01-01T00:00:00Z"}`},
	{"Erlental Dynamik", `{"country_code":"DE","party_id":"ERL","id":"erlental-dyn","currency":"EUR","tax_included":"YES","elements":[{"price_components":[
	{"type":"ENERGY","price":0.44,"vat":19,"step_size":1,"spot":{"index":"erlental-day-ahead","factor":"1.19","margin":"0.24","floor":"0.15","cap":"0.65"}}]}],
	"last_updated":"2026-01-01T00:00:00Z"}`}}

// demoDrivers sign in to the drivers' app by their mail addresses.
var demoDrivers = []driver.Driver{
	{Name: "Ada Winter", Email: "ada@demo.example"}, {Name: "Björn Falk", Email: "bjoern@demo.example"},
	{Name: "Chiara Rossi", Email: "chiara@demo.example"}, {Name: "Deniz Aydın", Email: "deniz@demo.example"},
	{Name: "Emil Novák", Email: "emil@demo.example"}, {Name: "Fatou Sow", Email: "fatou@demo.example"},
	{Name: "Greta Lind", Email: "greta@demo.example"}, {Name: "Hugo Martin", Email: "hugo@demo.example"},
}

// demoGarage is what the last of them drives.
var demoGarage = []driver.Vehicle{
	{Name: "Kombi", Make: "Mühlau", Model: "Tourer 77", BatteryWh: 77_000, MaxACW: 11_000, MaxDCW: 170_000, Connectors: []string{"IEC_62196_T2", "IEC_62196_T2_COMBO"}},
	{Name: "Stadtwagen", Make: "Mühlau", Model: "Mini 36", BatteryWh: 36_000, MaxACW: 7_400, MaxDCW: 50_000, Connectors: []string{"IEC_62196_T2", "IEC_62196_T2_COMBO"}},
}

// demoNames are what is written on the posts of a site, in turn.
var demoNames = map[string][]string{
	"site_harbour": {"Deck 1 links", "Deck 1 rechts", "Deck 2 links", "Deck 2 rechts", "Kaiseite", "Rampe"},
	"site_market":  {"Einfahrt West", "Einfahrt Ost", "Am Brunnen", "Bäckerei", "Südtor"},
	"site_works":   {"Tor 1", "Tor 2", "Besucher", "Fuhrpark Halle A", "Fuhrpark Halle B", "Pforte"},
}

// demoPassword is the password of every staff user of the demonstration.
const demoPassword = "demo-charging"

// staff makes a user of each role; the host sees the market alone.
func (d *demo) staff(tx *store.Tx, hash string) error {
	for i, role := range access.Roles {
		u := access.User{Email: string(role) + "@demo.example", Name: demoStaff[i%len(demoStaff)], Role: role, Language: "en"}
		if role == access.Host {
			u.Sites = []string{"site_market"}
		}
		if _, err := access.AddUser(tx, access.Scope{Tenant: access.DefaultTenant, Role: access.Owner, Kind: access.KindSystem}, u, hash); err != nil {
			return err
		}
	}
	return nil
}

var demoStaff = []string{"Olga Brandt", "Otto Keller", "Fiona Weiß", "Tarek Amin", "Susi Roth", "Vera Klein", "Henrik Mühlau"}

// furnish makes sites, tariffs, people and stations and returns an API key.
func (d *demo) furnish(ctx context.Context, stations int) (key string, err error) {
	tokens := demoTokens()
	hash, err := access.NewSignIn(d.Keys).HashPassword(ctx, demoPassword)
	if err != nil {
		return "", err
	}
	d.network, err = sim.NewNetwork(sim.NetworkOptions{
		URL: d.url, Stations: stations, Seed: d.seed, Tokens: tokens, Password: d.password, Log: d.log,
		Idle: 150 * time.Second, First: 100 * time.Second, Screens: true, Busy: min((stations+1)/2, 8), Broken: map[string]string{"DEMO-004": "GroundFailure"},
	})
	if err != nil {
		return "", err
	}
	return store.Do(ctx, d.DB, "demo", func(tx *store.Tx) (string, error) {
		if err := d.prices(tx); err != nil {
			return "", err
		}
		if err := d.seller(tx); err != nil {
			return "", err
		}
		if err := d.people(tx, tokens); err != nil {
			return "", err
		}
		if err := d.staff(tx, hash); err != nil {
			return "", err
		}
		d.placed = map[string]int{}
		for i, p := range append([]sim.Config{{ID: "DEMO-000", Password: "demo station"}}, d.network.Plan()...) {
			if err := d.place(tx, i, p); err != nil {
				return "", err
			}
		}
		return access.CreateKey(tx, access.DefaultTenant, access.Owner, "demo")
	})
}

func demoTokens() []string {
	var out []string
	for i := range demoDrivers {
		out = append(out, fmt.Sprintf("04A1B2C3%02X", 16+i))
	}
	return out
}

// password gives each station its own.
func (d *demo) password(id string) string {
	if p := d.passwords[id]; p != "" {
		return p
	}
	b := make([]byte, 12)
	_, _ = rand.Read(b) // never fails
	d.passwords[id] = hex.EncodeToString(b)
	return d.passwords[id]
}

func (d *demo) prices(tx *store.Tx) error {
	if err := access.PutBrand(tx, access.Scope{Tenant: access.DefaultTenant, Role: access.Owner, Kind: access.KindSystem}, demoBrand); err != nil {
		return err
	}
	for _, s := range demoSites {
		s.Tenant, s.Entity, s.Country, s.Zone = access.DefaultTenant, access.DefaultEntity, "DE", "Europe/Berlin"
		if err := station.PutSite(tx, s); err != nil {
			return err
		}
	}
	if err := tariff.PutIndex(tx, demoIndex); err != nil {
		return err
	}
	for _, t := range demoTariffs {
		p, err := tariff.Parse([]byte(t.ocpi))
		if err != nil {
			return err
		}
		if _, err := tariff.Put(tx, access.DefaultTenant, t.name, p); err != nil {
			return err
		}
	}
	// The sites first: what is offered at a place before anything wider holds since ever.
	for site, id := range map[string]string{"site_market": "erlental-hpc", "site_harbour": "erlental-dyn"} {
		if err := tariff.Assign(tx, access.DefaultTenant, tariff.Place{Kind: tariff.OfSite, ID: site}, id); err != nil {
			return err
		}
	}
	return tariff.Assign(tx, access.DefaultTenant, tariff.Place{Kind: tariff.OfTenant, ID: access.DefaultTenant}, "erlental-ac")
}

func (d *demo) people(tx *store.Tx, tokens []string) error {
	sc := access.Scope{Tenant: access.DefaultTenant, Role: access.Owner}
	who := ""
	d.drivers = nil
	for i, person := range demoDrivers {
		person.Language = "de"
		var err error
		if who, err = driver.CreateDriver(tx, sc, person); err != nil {
			return err
		}
		d.drivers = append(d.drivers, who)
		err = driver.PutToken(tx, sc, driver.Token{UID: tokens[i], Type: "ISO14443", Driver: who, Status: driver.StatusAccepted})
		if err != nil {
			return err
		}
	}
	for _, v := range demoGarage {
		v.Driver = who
		if _, err := driver.PutVehicle(tx, v); err != nil {
			return err
		}
	}
	return nil
}

// place puts a simulated station where its kind belongs: fast ones at the market.
func (d *demo) place(tx *store.Tx, i int, p sim.Config) error {
	site := demoSites[i%2*2].ID
	if len(p.EVSEs) == 1 {
		site = "site_market"
	}
	err := station.Create(tx, station.Station{ID: p.ID, Tenant: access.DefaultTenant, Site: site, Name: d.name(site, p), Onboarding: station.Accepted})
	if err != nil {
		return err
	}
	for n, e := range p.EVSEs {
		if err := station.SetEVSE(tx, p.ID, int64(n+1), fmt.Sprintf("DE*ERL*E%s*%d", p.ID[len(p.ID)-3:], n+1), e.MaxW); err != nil {
			return err
		}
		plug := "IEC_62196_T2"
		if e.Kind == sim.DC {
			plug = "IEC_62196_T2_COMBO"
		}
		if err := station.SetStandard(tx, p.ID, int64(n+1), 1, plug); err != nil {
			return err
		}
	}
	dev, err := device.Install(tx, access.DefaultTenant, p.ID)
	if err != nil {
		return err
	}
	return device.SetPassword(tx, d.Keys.Verifier(central.VerifierName), dev.ID, p.Password)
}

// name is what a station is called, the next of its site; the visitor's own by
// its identity.
func (d *demo) name(site string, p sim.Config) string {
	if len(p.EVSEs) == 0 {
		return p.ID
	}
	names, n := demoNames[site], d.placed[site]
	d.placed[site]++
	if n < len(names) {
		return names[n]
	}
	return fmt.Sprintf("%s %d", names[n%len(names)], n/len(names)+1)
}

// history replays the last day, so that there are receipts from the first
// moment on. The stations deliver it as real ones deliver what they queued.
func (d *demo) history(ctx context.Context) error {
	dice := mathrand.New(mathrand.NewPCG(d.seed, 1))
	var sessions []sim.Session
	var speak []ocpp.Version
	tokens, drives := demoTokens(), map[string]string{}
	now := time.Now().Truncate(time.Second)
	for _, p := range d.network.Plan() {
		speak = append(speak, p.Version)
		at := now.Add(-20 * time.Hour)
		for range 8 {
			start := at.Add(time.Duration(dice.Int64N(int64(4 * time.Hour))))
			stay := 20*time.Minute + time.Duration(dice.Int64N(int64(100*time.Minute)))
			if p.EVSEs[0].Kind == sim.DC {
				stay /= 3
			}
			end := start.Add(stay)
			at = end.Add(10 * time.Minute)
			if end.After(now.Add(-5 * time.Minute)) {
				break
			}
			watts := min(p.EVSEs[0].MaxW, 60_000) * (40 + dice.Int64N(50)) / 100
			id := fmt.Sprint(len(sessions))
			drives[id] = tokens[len(sessions)%len(tokens)] // everybody has charged
			sessions = append(sessions, sim.Session{
				ID: id, Station: p.ID, EVSE: 1, Kind: p.EVSEs[0].Kind, Start: start.Truncate(time.Second), End: end.Truncate(time.Second),
				EnergyWh: watts * int64(stay/time.Second) / 3600,
			})
		}
	}
	_, err := sim.Replay(ctx, sim.ReplayOptions{
		URL: d.url, Sessions: sessions, Versions: speak, Password: d.password, Seed: d.seed + 1<<32, Log: d.log, MeterInterval: 3 * time.Minute,
		Token: func(s sim.Session) string { return drives[s.ID] },
	})
	return err
}
