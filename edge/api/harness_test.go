package api

import (
	"bytes"
	"chargewright/core/device"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"chargewright/base/fail"
	"chargewright/base/link"
	"chargewright/base/live"
	"chargewright/base/secret"
	"chargewright/base/store"
	"chargewright/base/store/storetest"
	"chargewright/core/access"
	stations "chargewright/core/station"
	"chargewright/schema"
)

// fakeStations is link.Stations with an outcome for each station.
type fakeStations struct {
	mu      sync.Mutex
	calls   []link.Call
	outcome map[string]func(link.Call) (link.Answer, error)
}

func (f *fakeStations) Call(_ context.Context, id string, c link.Call) (link.Answer, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	out := f.outcome[id]
	if out == nil {
		return link.Answer{}, fail.New(fail.Offline, "fake.Call", "the station is not connected")
	}
	f.calls = append(f.calls, c)
	return out(c)
}

func (f *fakeStations) Drop(context.Context, string, int64, string) error { return nil }

// last is the call that was sent last; ok is false when there was none.
func (f *fakeStations) last() (c link.Call, ok bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.calls) == 0 {
		return c, false
	}
	return f.calls[len(f.calls)-1], true
}

// otherTenant is a second tenant with a site, so that leaks would show.
const otherTenant = "tn_other"

type harness struct {
	*testing.T
	db       *store.DB
	handler  http.Handler
	live     *live.Hub
	stations *fakeStations
	till     *testTill
	puppets  *puppets
	verifier secret.Verifier
	signIn   *access.SignIn
	keys     map[access.Role]string
	other    string // the owner's key of the other tenant
	options  Options
	// commanded, if set, sees what is sent to stations.
	commanded func(station string, c device.Command)
}

func newHarness(t *testing.T, db *store.DB, change ...func(*Options)) *harness {
	t.Helper()
	keys, err := secret.New(bytes.Repeat([]byte{7}, 32))
	if err != nil {
		t.Fatal(err)
	}
	h := &harness{
		T: t, db: db, live: live.NewHub(77, 16), verifier: keys.Verifier("station password"), signIn: access.NewSignIn(keys), keys: map[access.Role]string{},
		till: newTill(t, db), puppets: &puppets{}, stations: &fakeStations{outcome: map[string]func(link.Call) (link.Answer, error){}},
	}
	h.atom(func(tx *store.Tx) error { return h.install(tx) })
	o := Options{DB: db, Till: h.till, Stations: h.stations, Commands: h, Jobs: device.NewRunner(db, h, nil, nil), Simulator: h.puppets, Live: h.live, Verifier: h.verifier, SignIn: h.signIn, Log: slog.New(slog.NewTextHandler(t.Output(), nil)), Version: "test"}
	h.notices(&o, keys)
	o.Papers = clerk{}
	for _, c := range change {
		c(&o)
	}
	h.options = o
	if h.handler, err = New(o); err != nil {
		t.Fatal(err)
	}
	return h
}

// Command implements device.Commander: the station DOWN is offline, SILENT never
// answers, and every other does as it is told.
func (h *harness) Command(ctx context.Context, station string, c device.Command) (device.Outcome, error) {
	switch station {
	case "DOWN":
		return device.Outcome{}, fail.New(fail.Offline, "test", "the station is not connected")
	case "SILENT":
		return device.Outcome{}, fail.New(fail.Timeout, "test", "no answer")
	}
	if h.commanded != nil {
		h.commanded(station, c)
	}
	return device.Outcome{Status: device.Accepted, Word: "Accepted", Reason: device.Kind(c) + " by " + device.Actor(ctx)}, nil
}

func (h *harness) install(tx *store.Tx) error {
	if err := access.Install(tx, access.Entity{Name: "Test", Country: "DE", Currency: "EUR", NumberPrefix: "R"}); err != nil {
		return err
	}
	tx.Write(`INSERT INTO access_tenant (id, name, created_at) VALUES ($1, 'Other', $2)`, otherTenant, tx.Now())
	tx.Write(`INSERT INTO access_entity (id, tenant_id, name, country, currency, number_prefix, bank, provider_account, created_at)
		VALUES ('le_other', $1, 'Other', 'SE', 'SEK', 'O', '', '', $2)`, otherTenant, tx.Now())
	var err error
	for _, r := range access.Roles {
		var sites []string
		if r == access.Host {
			sites = []string{"site"}
		}
		if h.keys[r], err = access.CreateKey(tx, access.DefaultTenant, r, "test", sites...); err != nil {
			return err
		}
	}
	if h.other, err = access.CreateKey(tx, otherTenant, access.Owner, "test"); err != nil {
		return err
	}
	if err := stations.PutSite(tx, stations.Site{ID: "site", Tenant: access.DefaultTenant, Entity: access.DefaultEntity, Name: "Depot", Country: "DE", Zone: "Europe/Berlin"}); err != nil {
		return err
	}
	return stations.PutSite(tx, stations.Site{ID: "other-site", Tenant: otherTenant, Entity: "le_other", Name: "Elsewhere", Country: "SE", Zone: "Europe/Stockholm"})
}

func (h *harness) atom(fn func(tx *store.Tx) error) {
	h.Helper()
	if _, err := store.Do(h.Context(), h.db, "test", func(tx *store.Tx) (none, error) { return none{}, fn(tx) }); err != nil {
		h.Fatal(err)
	}
}

// scope is the owner's of the default tenant.
var scope = access.Scope{Tenant: access.DefaultTenant, Role: access.Owner}

// reply is an answer with its body read as JSON.
type reply struct {
	code   int
	header http.Header
	text   string
	body   map[string]any
}

// send makes a request; header is pairs of names and values.
func (h *harness) send(key, method, path, body string, header ...string) reply {
	h.Helper()
	var r io.Reader
	if body != "" {
		r = strings.NewReader(body)
	}
	q := httptest.NewRequestWithContext(h.Context(), method, path, r)
	if key != "" {
		q.Header.Set("Authorization", "Bearer "+key)
	}
	if body != "" {
		q.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(header); i += 2 {
		q.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.handler.ServeHTTP(w, q)
	out := reply{code: w.Code, header: w.Header(), text: w.Body.String()}
	if strings.Contains(w.Header().Get("Content-Type"), "json") && w.Body.Len() > 0 {
		if err := json.Unmarshal(w.Body.Bytes(), &out.body); err != nil {
			h.Errorf("%s %s: the answer is no JSON object: %v\n%s", method, path, err, out.text)
		}
	}
	return out
}

// as makes a request by the default tenant's owner and wants that status.
func (h *harness) as(code int, method, path, body string, header ...string) reply {
	h.Helper()
	r := h.send(h.keys[access.Owner], method, "/api/v1"+path, body, header...)
	if r.code != code {
		h.Fatalf("%s %s: status %d, want %d\n%s", method, path, r.code, code, r.text)
	}
	return r
}

func (r reply) items(t *testing.T) []any {
	t.Helper()
	items, ok := r.body["items"].([]any)
	if !ok {
		t.Fatalf("no list: %s", r.text)
	}
	return items
}

func each(t *testing.T, fn func(h *harness)) {
	t.Helper()
	storetest.Each(t, schema.FS, func(t *testing.T, db *store.DB) { fn(newHarness(t, db)) })
}
