package web

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"chargewright/base/energy"
	"chargewright/base/fail"
	"chargewright/base/store"
	"chargewright/base/store/storetest"
	"chargewright/core/access"
	"chargewright/core/billing"
	"chargewright/core/driver"
	"chargewright/core/session"
	"chargewright/core/station"
	"chargewright/core/tariff"
	"chargewright/schema"
)

const hostile = `<script>alert(1)</script>"'&`

func scope() access.Scope {
	return access.Scope{Tenant: access.DefaultTenant, Role: access.Viewer}
}

// change runs fn as one atom and fails the test on an error.
func change[T any](t *testing.T, db *store.DB, fn func(tx *store.Tx) (T, error)) T {
	t.Helper()
	v, err := store.Do(t.Context(), db, "seed", fn)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// seed makes two sites with five stations: S1 charging and faulted, S2 held by
// a limit (2.x), S3 offline in a session, S4 free, S5 never seen.
func seed(t *testing.T, db *store.DB) {
	t.Helper()
	change(t, db, func(tx *store.Tx) (struct{}, error) {
		entity := access.Entity{Name: "Kranich Ladenetz GmbH", Country: "DE", Currency: "EUR", NumberPrefix: "KR"}
		if err := access.Install(tx, entity); err != nil {
			return struct{}{}, err
		}
		for _, s := range []station.Site{{ID: "site_ost", Name: "Rasthof Ost"}, {ID: "site_sued", Name: "Klinikum Süd"}} {
			s.Tenant, s.Entity, s.Zone, s.Country = access.DefaultTenant, access.DefaultEntity, "Europe/Berlin", "DE"
			if err := station.PutSite(tx, s); err != nil {
				return struct{}{}, err
			}
		}
		for id, site := range map[string]string{"S1": "site_ost", "S2": "site_ost", "S3": "site_sued", "S4": "site_sued", "S5": "site_sued"} {
			s := station.Station{ID: id, Tenant: access.DefaultTenant, Site: site, Name: "Stand " + id, Onboarding: station.Accepted}
			if id == "S5" {
				s.Onboarding = station.Pending
			}
			if err := station.Create(tx, s); err != nil {
				return struct{}{}, err
			}
		}
		card := driver.Token{UID: "04AABBCC7F2C", Type: "ISO14443", Status: driver.StatusAccepted}
		return struct{}{}, driver.PutToken(tx, scope(), card)
	})
	for _, id := range []string{"S1", "S2", "S3", "S4"} {
		connect(t, db, id)
	}
	for _, r := range []station.Report{
		{Station: "S1", EVSE: 1, Connector: 1, Status: station.Charging},
		{Station: "S1", EVSE: 2, Connector: 1, Status: station.Faulted, ErrorCode: "GroundFailure", VendorError: hostile},
		{Station: "S2", EVSE: 1, Connector: 1, Status: station.Occupied},
		{Station: "S2", EVSE: 1, Connector: 2, Status: station.Available},
		{Station: "S3", EVSE: 1, Connector: 1, Status: station.Charging},
		{Station: "S4", EVSE: 1, Connector: 1, Status: station.Available},
	} {
		change(t, db, func(tx *store.Tx) (struct{}, error) { return struct{}{}, station.SetStatus(tx, r) })
	}
	start(t, db, "S1", session.FlowCharging, 30*time.Minute)
	start(t, db, "S2", session.FlowSuspendedEVSE, 40*time.Minute)
	start(t, db, "S3", session.FlowCharging, 50*time.Minute)
	change(t, db, func(tx *store.Tx) (struct{}, error) { station.Closed(tx, "S3", 1, "gone"); return struct{}{}, nil })
}

func connect(t *testing.T, db *store.DB, id string) {
	t.Helper()
	change(t, db, func(tx *store.Tx) (struct{}, error) {
		return struct{}{}, station.Opened(tx, station.Connection{Station: id, Epoch: 1, Node: "node", Protocol: "2.0.1"})
	})
}

// start opens a session on EVSE 1 that began ago and took 12.346 kWh.
func start(t *testing.T, db *store.DB, id string, flow session.Flow, ago time.Duration) session.Verdict {
	t.Helper()
	return change(t, db, func(tx *store.Tx) (session.Verdict, error) {
		at := tx.Now().Add(-ago)
		return session.Apply(tx, session.Report{
			Station: id, Protocol: "2.0.1", Tx: "tx-" + id, Key: "0", Kind: session.Started, EVSE: 1, Connector: 1,
			Token: "04AABBCC7F2C", TokenType: "ISO14443", At: at, Received: tx.Now(), Flow: flow, Message: []byte("{}"),
			Samples: []energy.Sample{{At: at, Register: 1_000_000}, {At: at.Add(ago), Register: 13_345_500}},
		})
	})
}

// settle ends the session of a station and gives it a receipt of €25.06.
func settle(t *testing.T, db *store.DB, id string, alter func(*billing.Receipt)) billing.Receipt {
	t.Helper()
	c := change(t, db, func(tx *store.Tx) (billing.Receipt, error) {
		v, err := session.Apply(tx, session.Report{
			Station: id, Protocol: "2.0.1", Tx: "tx-" + id, Key: "1", Seq: 1, Kind: session.Ended, At: tx.Now(), Received: tx.Now(),
			Reason: "EVDisconnected", Message: []byte("{1}"),
		})
		if err != nil {
			return billing.Receipt{}, err
		}
		s, err := session.Get(tx, scope(), v.Session)
		if err != nil {
			return billing.Receipt{}, err
		}
		c := sample()
		c.Session = s.ID
		if alter != nil {
			alter(&c)
		}
		s.Currency = string(c.Currency)
		session.Settled(tx, s, session.Timeline{Energy: c.Body.Energy}, c.Gross)
		body, err := json.Marshal(c.Body)
		tx.Write(`INSERT INTO billing_receipt (id, tenant_id, entity_id, session_id, number, currency, net_minor, tax_minor, gross_minor, body, issued_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
			c.ID, c.Tenant, c.Entity, c.Session, c.Number, string(c.Currency), c.Net, c.Tax, c.Gross, string(body), c.IssuedAt)
		return c, err
	})
	return c
}

// sample is a receipt of 41.286 kWh with seven minutes of occupancy.
func sample() billing.Receipt {
	start := time.Date(2026, 7, 19, 15, 21, 4, 0, time.UTC)
	end := start.Add(67*time.Minute + 15*time.Second)
	return billing.Receipt{
		ID: "rcp_1", Tenant: access.DefaultTenant, Entity: access.DefaultEntity, Session: "ses_1", Number: "KR-00048213", Currency: "EUR",
		Net: 2106, Tax: 400, Gross: 2506, IssuedAt: end.Add(time.Minute),
		Body: billing.Body{
			Seller: "Kranich Ladenetz GmbH", Country: "DE", Site: "Einkaufspark Mühlau", Address: "Am Markt 3, 00000 Erlental", Zone: "Europe/Berlin",
			Station: "KRN-0152", EVSE: 2, Token: "…7F2C", Start: start, End: end, Reason: "EVDisconnected",
			Energy: 41_286_000, First: 21_640_512_000, Last: 21_681_798_000, Signed: 2, Tariff: "hpc-2026-10", Version: "0123456789abcdef0123456789abcdef",
			Price: "€0.59 per kWh.",
			Lines: []billing.Line{
				{Dimension: "ENERGY", Quantity: "41.286", Unit: "kWh", UnitPrice: "0.59", Minor: 2436},
				{Dimension: "PARKING_TIME", Quantity: "0.117", Unit: "h", UnitPrice: "6.00", Minor: 70},
			},
			Taxes: []billing.Tax{{Name: "VAT", Percent: "19", Net: 2106, Tax: 400, Gross: 2506}},
			Power: []billing.Power{
				{Start: start, End: start.Add(20 * time.Minute), Watt: 98_000},
				{Start: start.Add(30 * time.Minute), End: start.Add(40 * time.Minute), Watt: 49_000},
			},
		},
	}
}

type page struct {
	code   int
	header http.Header
	body   string
}

func get(t *testing.T, h http.Handler, target string) page {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, target, nil))
	return page{w.Code, w.Header(), w.Body.String()}
}

func (p page) has(t *testing.T, want ...string) {
	t.Helper()
	for _, s := range want {
		if !strings.Contains(p.body, s) {
			t.Errorf("the page does not say %q", s)
		}
	}
}

func (p page) hasNot(t *testing.T, unwanted ...string) {
	t.Helper()
	for _, s := range unwanted {
		if strings.Contains(p.body, s) {
			t.Errorf("the page says %q", s)
		}
	}
}

func open(t *testing.T) (*store.DB, http.Handler) {
	t.Helper()
	db := storetest.SQLite(t, schema.FS)
	seed(t, db)
	return db, New(Options{DB: db, Scope: scope()})
}

// line is the table row of a key.
func line(t *testing.T, p page, key string) page {
	t.Helper()
	_, rest, found := strings.Cut(p.body, `data-key="`+key+`"`)
	if !found {
		t.Fatalf("there is no row %q", key)
	}
	row, _, _ := strings.Cut(rest, "</tr>")
	return page{body: row}
}

func TestBoardShowsEveryConnectorAndItsSession(t *testing.T) {
	_, h := open(t)
	p := get(t, h, "/")
	if p.code != http.StatusOK || p.header.Get("Content-Type") != "text/html; charset=utf-8" {
		t.Fatalf("answered %d %s", p.code, p.header.Get("Content-Type"))
	}
	p.has(t, "Kranich Ladenetz GmbH", "Times in Europe/Berlin", `<noscript><meta http-equiv="refresh"`, "No session has ended yet")
	line(t, p, "S1/1").has(t, "Charging", "12.35", "…7F2C", "Rasthof Ost", "24.7", `href="#charging"`)
	line(t, p, "S1/2").has(t, "Faulted", "GroundFailure")
	line(t, p, "S2/1").has(t, "Held by limit")
	line(t, p, "S2/1.2").has(t, "Available")
	line(t, p, "S3/1").has(t, "Offline", "was Charging", "stale", "12.35")
	line(t, p, "S4/1").has(t, "Available")
	line(t, p, "S5/").has(t, "Offline", "waits to be accepted")
	p.hasNot(t, "04aabbcc", "04AABBCC")
}

func TestBoardCountsAndLinksThem(t *testing.T) {
	_, h := open(t)
	p := get(t, h, "/")
	for _, w := range []struct{ address, word, count string }{
		{"/?state=faulted", "Faulted", "1 connector"},
		{"/?state=offline", "Offline", "2 stations"},
		{"/?state=online", "Online", "3 stations"},
		{"/?state=charging", "Charging", "1 connector"},
		{"/?state=available", "Available", "2 connectors"},
		{"/", "All", "7 connectors"},
	} {
		_, rest, found := strings.Cut(p.body, `href="`+w.address+`" data-key`)
		if !found {
			t.Errorf("nothing links to %s", w.address)
			continue
		}
		window, _, _ := strings.Cut(rest, "</a>")
		page{body: window}.has(t, w.word, w.count)
	}
}

func TestFiltersLiveInTheAddress(t *testing.T) {
	_, h := open(t)
	for target, want := range map[string][]string{
		"/?state=faulted":                 {"S1/2"},
		"/?state=online&site=site_ost":    {"S1/1", "S1/2", "S2/1", "S2/1.2"},
		"/?state=offline":                 {"S3/1", "S5/"},
		"/?q=stand+s4":                    {"S4/1"},
		"/?site=site_sued&state=charging": nil,
		"/?site=elsewhere":                nil,
		"/?page=99":                       {"S1/1", "S1/2", "S2/1", "S2/1.2", "S3/1", "S4/1", "S5/"},
	} {
		p := get(t, h, target)
		for _, key := range []string{"S1/1", "S1/2", "S2/1", "S2/1.2", "S3/1", "S4/1", "S5/"} {
			wanted := false
			for _, k := range want {
				wanted = wanted || k == key
			}
			if got := strings.Contains(p.body, `data-key="`+key+`"`); got != wanted {
				t.Errorf("%s shows %s: %v", target, key, got)
			}
		}
		if want == nil {
			p.has(t, "No connector matches", `href="/"`)
		}
	}
}

func TestLiveIsThePartsOfTheBoard(t *testing.T) {
	_, h := open(t)
	p := get(t, h, "/live?state=faulted")
	p.has(t, `id="windows"`, `id="clock"`, `id="board"`, `id="ended"`, `data-key="S1/2"`)
	p.hasNot(t, "<html", `data-key="S1/1"`, "<form")
	whole := get(t, h, "/?state=faulted")
	for _, id := range []string{"windows", "clock", "board", "ended", "link", "age"} {
		whole.has(t, `id="`+id+`"`)
	}
}

func TestForeignTextIsText(t *testing.T) {
	_, h := open(t)
	for _, target := range []string{"/", "/live", "/?q=%3Cscript%3Ealert(1)%3C/script%3E&site=%22%3E%3Cscript%3Ealert(1)"} {
		p := get(t, h, target)
		p.hasNot(t, "<script>alert", `"'&`)
	}
	get(t, h, "/").has(t, "&lt;script&gt;alert(1)")
}

func TestEndedSessionLinksToItsReceipt(t *testing.T) {
	db, h := open(t)
	c := settle(t, db, "S1", nil)
	p := line(t, get(t, h, "/"), c.Session)
	p.has(t, "Billed", "41.29", "€25.06", `href="/receipt/`+c.Session+`"`)
	if byID, bySession := get(t, h, "/receipt/"+c.ID), get(t, h, "/receipt/"+c.Session); byID.code != http.StatusOK || byID.body != bySession.body {
		t.Errorf("the receipt by id (%d) and by session (%d) differ", byID.code, bySession.code)
	}
}

func TestReceiptTellsAll(t *testing.T) {
	db, h := open(t)
	settle(t, db, "S1", nil)
	p := get(t, h, "/receipt/rcp_1")
	p.has(t, "Kranich Ladenetz GmbH", "KR-00048213", "€25.06", "Einkaufspark Mühlau, Am Markt 3, 00000 Erlental", "KRN-0152", "EVSE 2",
		"19 Jul 2026, 17:21:04 to 18:28:19 CEST", "41.286\u00a0kWh", "€24.36", "0.117\u00a0h", "€6.00", "€0.70", "Amount, tax included",
		"VAT 19\u00a0% on €21.06", "€4.00", "€21.06", "21,640.512\u00a0kWh", "21,681.798\u00a0kWh", "2 signed meter readings",
		"EVDisconnected", "…7F2C", "€0.59 per kWh.", "0123456789ab<", "at most 98.0\u00a0kW", "37\u00a0min in all", "<path")
	p.hasNot(t, "Estimated", "Energy counted")
	if n := strings.Count(p.body, "CEST"); n != 1 {
		t.Errorf("the zone is named %d times, not once", n)
	}
}

func TestReceiptOfEveryExponent(t *testing.T) {
	for currency, want := range map[string][]string{
		"JPY": {"¥2,506", "¥70"}, "EUR": {"€25.06", "€0.70"}, "KWD": {"KWD\u00a02.506", "KWD\u00a00.070"},
	} {
		t.Run(currency, func(t *testing.T) {
			db, h := open(t)
			settle(t, db, "S1", func(c *billing.Receipt) { c.Currency = parse(t, currency) })
			get(t, h, "/receipt/rcp_1").has(t, want...)
			get(t, h, "/").has(t, want[0])
		})
	}
}

func TestReceiptMarksWhatIsNotPlain(t *testing.T) {
	db, h := open(t)
	settle(t, db, "S1", func(c *billing.Receipt) {
		c.Body.Estimated, c.Body.Power, c.Body.Signed = true, nil, 0
		c.Body.Seller, c.Body.Reason, c.Body.Price = hostile, hostile, hostile
		c.Body.Energy = 41_000_000
		c.Body.Taxes = append(c.Body.Taxes, billing.Tax{Name: "Levy", Percent: "0", Net: 2106, Tax: 82})
	})
	p := get(t, h, "/receipt/rcp_1")
	p.has(t, "Estimated.", "there is no power curve", "are not signed", "Levy on", "Energy counted", "41.000\u00a0kWh", "&lt;script&gt;")
	p.hasNot(t, "<script>alert", "<svg class=\"tape")
}

func TestWhatIsNotThereIs404InTheSameStyle(t *testing.T) {
	_, h := open(t)
	for _, target := range []string{"/receipt/rcp_none", "/receipt/" + strings.Repeat("x", 5000), "/receipt/%00", "/receipt/%ff", "/nothing", "/receipt/"} {
		p := get(t, h, target)
		if p.code != http.StatusNotFound {
			t.Errorf("%.40s answered %d", target, p.code)
		}
		p.has(t, "There is nothing at this address", "console.css", "Chargewright")
	}
}

func TestAnotherTenantSeesNothing(t *testing.T) {
	db, _ := open(t)
	settle(t, db, "S1", nil)
	h := New(Options{DB: db, Scope: access.Scope{Tenant: "tn_other", Role: access.Owner}})
	if p := get(t, h, "/receipt/rcp_1"); p.code != http.StatusNotFound {
		t.Errorf("another tenant's receipt answered %d", p.code)
	}
	p := get(t, h, "/")
	p.has(t, "No station yet", "No session has ended yet")
	p.hasNot(t, "S1", "Kranich")
}

func TestEveryAnswerIsGuarded(t *testing.T) {
	_, h := open(t)
	for _, target := range []string{"/", "/live", "/receipt/none", "/nothing", "/static/console.css"} {
		p := get(t, h, target)
		for name, want := range map[string]string{
			"Content-Security-Policy": policy, "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "no-referrer",
		} {
			if got := p.header.Get(name); got != want {
				t.Errorf("%s: %s is %q", target, name, got)
			}
		}
	}
	if strings.Contains(policy, "unsafe") || !strings.Contains(policy, "frame-ancestors 'none'") {
		t.Errorf("the policy is open: %s", policy)
	}
}

func TestPagesNeedNothingInline(t *testing.T) {
	db, h := open(t)
	settle(t, db, "S1", nil)
	for _, target := range []string{"/", "/receipt/rcp_1", "/nothing"} {
		p := get(t, h, target)
		p.hasNot(t, " style=", "<style", "javascript:", "onclick", "onchange", "http://", "ZgotmplZ")
		for _, part := range strings.Split(p.body, "<script")[1:] {
			if !strings.HasPrefix(part, ` src="/static/`) || !strings.Contains(part, "></script>") {
				t.Errorf("%s has a script inline: %.60s", target, part)
			}
		}
	}
}

func TestStaticIsCachedByContent(t *testing.T) {
	_, h := open(t)
	p := get(t, h, "/")
	for _, name := range []string{"tokens.css", "console.css", "live.js", "icon.svg"} {
		_, rest, found := strings.Cut(p.body, "/static/"+name+"?v=")
		if !found {
			t.Fatalf("the page does not use %s", name)
		}
		version, _, _ := strings.Cut(rest, `"`)
		a := get(t, h, "/static/"+name+"?v="+version)
		if a.code != http.StatusOK || !strings.Contains(a.header.Get("Cache-Control"), "immutable") || a.body == "" {
			t.Errorf("%s answered %d, %s", name, a.code, a.header.Get("Cache-Control"))
		}
		if old := get(t, h, "/static/"+name+"?v=0"); old.header.Get("Cache-Control") != "no-cache" {
			t.Errorf("%s of another version is kept: %s", name, old.header.Get("Cache-Control"))
		}
	}
	if p := get(t, h, "/static/web.go"); p.code != http.StatusNotFound {
		t.Errorf("a file that is no asset answered %d", p.code)
	}
}

func TestFaultsOfOursAreNotTold(t *testing.T) {
	var log bytes.Buffer
	db := storetest.Open(t, storetest.SQLiteURL(t), nil, store.Options{}) // no tables
	p := get(t, New(Options{DB: db, Scope: scope(), Log: slog.New(slog.NewTextHandler(&log, nil))}), "/")
	if p.code != http.StatusInternalServerError {
		t.Errorf("answered %d", p.code)
	}
	p.has(t, "The fault is on the server", "console.css")
	p.hasNot(t, "station_site", "SELECT")
	if n := strings.Count(log.String(), "\n"); n != 1 || !strings.Contains(log.String(), "station_site") {
		t.Errorf("logged %d lines: %s", n, log.String())
	}
}

func TestManyReadersShareOneReading(t *testing.T) {
	_, h := open(t)
	var all sync.WaitGroup
	codes := make([]int, 16)
	for i := range codes {
		all.Go(func() {
			w := httptest.NewRecorder()
			h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, []string{"/", "/live?state=faulted", "/?page=2"}[i%3], nil))
			codes[i] = w.Code
		})
	}
	all.Wait()
	for i, code := range codes {
		if code != http.StatusOK {
			t.Errorf("reader %d got %d", i, code)
		}
	}
}

func TestStatusOfErrors(t *testing.T) {
	for kind, want := range map[fail.Kind]int{
		fail.NotFound: 404, fail.Invalid: 404, fail.Denied: 403, fail.Busy: 503, fail.Unavailable: 503, fail.Timeout: 503, fail.Internal: 500, fail.Conflict: 500,
	} {
		if got := status(fail.New(kind, "op", "text")); got != want {
			t.Errorf("%s is %d, want %d", kind, got, want)
		}
		if p := problemOf(want); p.Code != want || p.Title == "" || p.Text == "" {
			t.Errorf("nothing is said of %d: %+v", want, p)
		}
	}
}

// A session that the rooms themselves priced and booked.
func TestReceiptAsBillingWritesIt(t *testing.T) {
	db, h := open(t)
	ended := change(t, db, func(tx *store.Tx) (session.Verdict, error) {
		tf, err := tariff.Parse([]byte(`{"country_code":"DE","party_id":"KRN","id":"hpc","currency":"EUR","tax_included":"YES","last_updated":"2026-10-01T00:00:00Z",
			"elements":[{"price_components":[{"type":"ENERGY","price":0.59,"vat":19,"step_size":1}]}]}`))
		if err != nil {
			return session.Verdict{}, err
		}
		if _, err := tariff.Put(tx, access.DefaultTenant, "HPC", tf); err != nil {
			return session.Verdict{}, err
		}
		place := tariff.Place{Kind: tariff.OfStation, ID: "S4"}
		if err := tariff.Assign(tx, access.DefaultTenant, place, "hpc"); err != nil {
			return session.Verdict{}, err
		}
		begun := tx.Now().Add(-time.Hour)
		r := session.Report{
			Station: "S4", Protocol: "2.0.1", Tx: "t", Key: "0", Kind: session.Started, EVSE: 1, Connector: 1, Token: "04AABBCC7F2C",
			At: begun, Received: tx.Now(), Flow: session.FlowCharging, Message: []byte("{}"), Samples: []energy.Sample{{At: begun, Register: 5_000_000}},
		}
		if _, err := session.Apply(tx, r); err != nil {
			return session.Verdict{}, err
		}
		r.Key, r.Seq, r.Kind, r.At, r.Message, r.Token = "1", 1, session.Ended, tx.Now(), []byte("{1}"), ""
		r.Samples = []energy.Sample{{At: tx.Now(), Register: 25_000_000}}
		return session.Apply(tx, r)
	})
	if err := billing.Settle(t.Context(), db, ended.Session); err != nil {
		t.Fatal(err)
	}
	line(t, get(t, h, "/"), ended.Session).has(t, "Billed", "20.00", "€11.80", "/receipt/"+ended.Session)
	p := get(t, h, "/receipt/"+ended.Session)
	p.has(t, "KR-00000001", "20.000\u00a0kWh", "€0.59", "€11.80", "€9.92", "€1.88", "5.000\u00a0kWh", "25.000\u00a0kWh",
		"at most 20.0\u00a0kW", "Amount, tax included", "Klinikum Süd", "EVSE 1")
	p.hasNot(t, "Where nothing is drawn", "Energy counted", "Estimated")
}
