package api

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/xml"
	"fmt"
	"io"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"chargewright/base/energy"
	"chargewright/base/live"
	"chargewright/base/store"
	"chargewright/base/store/storetest"
	"chargewright/core/access"
	"chargewright/core/device"
	sessions "chargewright/core/session"
	stations "chargewright/core/station"
	"chargewright/schema"
)

func listSamples(h *harness, f fixture) map[string]sample {
	var cmd, job string
	h.atom(func(tx *store.Tx) error {
		if err := stations.SetEVSE(tx, f.station, 1, "DE*ABC*E1", 22_000); err != nil {
			return err
		}
		if err := stations.PutSite(tx, stations.Site{ID: "vacant", Tenant: access.DefaultTenant, Entity: access.DefaultEntity, Name: "Vacant", Country: "DE", Zone: "Europe/Berlin"}); err != nil {
			return err
		}
		if err := stations.Refuse(tx, stations.Refusal{Identity: "STRANGER", Reason: stations.RefusedUnknown}); err != nil {
			return err
		}
		if err := stations.Refuse(tx, stations.Refusal{Identity: "STRANGER2", Reason: stations.RefusedUnknown}); err != nil {
			return err
		}
		var err error
		if cmd, err = device.Queue(tx, access.DefaultTenant, f.station, "", device.ClearCache{}); err != nil {
			return err
		}
		j, err := device.StartJob(tx, scope, device.ClearCache{}, []string{f.station})
		job = j.ID
		return err
	})
	st, se := "/stations/"+f.station, "/sessions/"+f.session
	out := map[string]sample{
		"countStations": {path: "/stations/facets"}, "summariseSessions": {path: "/sessions/summary"},
		"reviewSession": {path: se + "/review", body: `{"decision":"void","reason":"test"}`, code: 409}, // it is not held
		"deleteSite":    {path: "/sites/" + f.site, code: 409},                                          // a station stands there
		"listGroups":    {path: "/groups"}, "putDriver": {path: "/drivers/" + f.driver, body: `{"name":"Ada"}`},
		"postJob": {path: "/jobs", body: `{"kind":"clear_cache","stations":["` + f.station + `"]}`}, "listJobs": {path: "/jobs"}, "getJob": {path: "/jobs/" + job},
		"listResults": {path: "/jobs/" + job + "/results"}, "cancelJob": {path: "/jobs/" + job + "/cancel", body: `{}`},
		"searchMessages": {path: "/messages"}, "listActions": {path: "/messages/actions", wide: true},
		"getCommand": {path: "/commands/" + cmd}, "listStationEvents": {path: st + "/events"}, "getLabel": {path: st + "/label.svg"},
		"acceptRefusal": {path: "/refusals/STRANGER/accept", body: `{"site_id":"` + f.site + `"}`}, "dismissRefusal": {path: "/refusals/STRANGER2"},
	}
	for _, o := range exportOperations() {
		out[o.id] = sample{path: strings.NewReplacer("/jobs/{id}", "/jobs/"+job, "/stations/{id}", st).Replace(o.path)}
	}
	return out
}

// withJobs has the interface send jobs, by a runner that ends with the test.
func withJobs(t *testing.T, db *store.DB, change ...func(*Options)) *harness {
	t.Helper()
	var r *device.Runner
	h := newHarness(t, db, append([]func(*Options){func(o *Options) {
		r = device.NewRunner(o.DB, o.Commands, o.Log, nil)
		o.Jobs = r
	}}, change...)...)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- r.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return h
}

func ids(items []any) (out []string) {
	for _, x := range items {
		m, _ := x.(map[string]any)
		id, _ := m["id"].(string)
		out = append(out, id)
	}
	return out
}

func TestListOfStations(t *testing.T) {
	each(t, func(h *harness) {
		h.furnish()
		h.as(200, put, "/stations/CP2", `{"name":"Two","evses":[{"evse_id":1,"contract_id":"DE*XYZ*E9","max_power_w":50000}]}`)
		h.atom(func(tx *store.Tx) error {
			if err := stations.Opened(tx, stations.Connection{Station: "CP2", Epoch: 1, Node: "n", Protocol: "2.0.1"}); err != nil {
				return err
			}
			return stations.SetStatus(tx, stations.Report{Station: "CP2", EVSE: 1, Connector: 1, Status: stations.Faulted, ErrorCode: "GroundFailure", Info: "relay"})
		})
		for query, want := range map[string][]string{
			"": {"CP1", "CP2"}, "?sort=-id": {"CP2", "CP1"}, "?q=xyz": {"CP2"}, "?q=depot": {"CP1", "CP2"}, "?status=faulted": {"CP2"},
			"?status=faulted,offline&sort=status": {"CP1", "CP2"}, "?protocol=2.0.1": {"CP2"}, "?ids=CP1,nobody": {"CP1"}, "?q=nobody": nil, "?site=other-site": nil,
			"?onboarding=pending": nil,
		} {
			r := h.as(200, get, "/stations"+query, "")
			if got := ids(r.items(h.T)); !slices.Equal(got, want) || r.body["total"] != float64(len(want)) {
				h.Errorf("%s: %v of %v, want %v", query, got, r.body["total"], want)
			}
		}
		first := h.as(200, get, "/stations?limit=1&sort=status", "")
		next, _ := first.body["next"].(string)
		if second := h.as(200, get, "/stations?limit=1&sort=status&cursor="+next, ""); ids(second.items(h.T))[0] != "CP2" || second.body["total"] != 2.0 || second.body["next"] != nil {
			h.Errorf("%s", second.text)
		}
		row, _ := h.as(200, get, "/stations?ids=CP2", "").items(h.T)[0].(map[string]any)
		wrong, _ := row["error"].(map[string]any)
		if row["site_name"] != "Depot" || row["overall_status"] != "faulted" || row["status_at"] == nil || wrong["code"] != "GroundFailure" || fmt.Sprint(row["evse_states"]) != "[faulted]" {
			h.Errorf("%v", row)
		}
		if f := h.as(200, get, "/stations/facets?status=faulted", ""); !strings.Contains(f.text, `"value":"offline"`) || !strings.Contains(f.text, `"label":"Depot"`) {
			h.Errorf("%s", f.text)
		}
		h.as(422, get, "/stations?ids="+strings.Repeat("x,", 201), "")
		h.as(422, get, "/stations?sort=colour", "")
	})
}

func TestListOfSessionsAndReview(t *testing.T) {
	each(t, func(h *harness) {
		f := h.furnish()
		odd := h.charge("CP1", 1, "CARD", noon.Add(2*time.Hour))
		_, err := store.Do(h.Context(), h.db, "x", func(tx *store.Tx) (none, error) {
			s, _, err := sessions.Find(tx, odd)
			if err != nil {
				return none{}, err
			}
			_, err = sessions.Apply(tx, sessions.Report{Station: "CP1", Protocol: "1.6", Tx: s.Tx, Key: "stop", Kind: sessions.Ended, Seq: -1, EVSE: 1, Connector: 1,
				At: noon.Add(3 * time.Hour), Received: noon.Add(3 * time.Hour), Samples: []energy.Sample{{At: noon.Add(3 * time.Hour), Register: 0}}, Message: []byte(`{}`)})
			if err == nil {
				s, _, err = sessions.Find(tx, odd)
				sessions.Held(tx, s, sessions.Timeline{Flags: sessions.Flags{sessions.FlagFall}})
			}
			return none{}, err
		})
		if err != nil {
			h.Fatal(err)
		}
		for query, want := range map[string]int{"": 2, "?state=held": 1, "?state=closed": 2, "?state=open": 0, "?flag=" + string(sessions.FlagFall): 1, "?site=site": 2, "?site=x": 0, "?q=" + odd: 1, "?driver=" + f.driver: 2} {
			if r := h.as(200, get, "/sessions"+query, ""); len(r.items(h.T)) != want {
				h.Errorf("%s: %s", query, r.text)
			}
			if r := h.as(200, get, "/sessions/summary"+query, ""); r.body["count"] != float64(want) {
				h.Errorf("summary %s: %s", query, r.text)
			}
		}
		h.as(422, get, "/sessions?state=asleep", "")
		sum := h.as(200, get, "/sessions/summary", "")
		if !strings.Contains(sum.text, `"amount_minor":595`) || sum.body["not_final"] != 1.0 {
			h.Errorf("%s", sum.text)
		}
		row, _ := h.as(200, get, "/sessions", "").items(h.T)[0].(map[string]any)
		if row["site_name"] != "Depot" || row["site_id"] != "site" || row["held"] != true {
			h.Errorf("%v", row)
		}
		h.as(422, post, "/sessions/"+odd+"/review", `{"decision":"energy","reason":"x"}`)
		h.as(422, post, "/sessions/"+odd+"/review", `{"decision":"void"}`)
		v := h.as(200, post, "/sessions/"+odd+"/review", `{"decision":"energy","energy_wh":5000,"reason":"by the display"}`)
		if v.body["state"] != "closed" {
			h.Errorf("%s", v.text)
		}
		if e := h.as(200, get, "/sessions/"+odd+"/evidence", ""); !strings.Contains(e.text, "by the display") {
			h.Errorf("%s", e.text)
		}
		h.as(409, post, "/sessions/"+f.session+"/review", `{"decision":"accept","reason":"x"}`)
	})
}

// What a spreadsheet would take for a formula is a text in every cell, and every
// row of the list is a row of the file.
func TestExports(t *testing.T) {
	each(t, func(h *harness) {
		f := h.furnish()
		job := ""
		h.atom(func(tx *store.Tx) error {
			j, err := device.StartJob(tx, access.Scope{Tenant: access.DefaultTenant, Role: access.Owner, Actor: "t"}, device.ClearCache{}, []string{f.station})
			job = j.ID
			return err
		})
		for i := range 450 {
			h.atom(func(tx *store.Tx) error {
				return stations.Create(tx, stations.Station{ID: fmt.Sprintf("X%03d", i), Tenant: access.DefaultTenant, Site: "site", Name: []string{`=HYPERLINK("x")`, "+1", "-1", "@a", "a\tb", `q"u,o`, "\tq"}[i%7], Onboarding: stations.Accepted})
			})
		}
		for _, o := range exportOperations() {
			r := h.as(200, get, strings.NewReplacer("/jobs/{id}", "/jobs/"+job, "{id}", f.station).Replace(o.path), "")
			if !strings.Contains(r.header.Get("Content-Disposition"), time.Now().UTC().Format("2006")) {
				h.Errorf("%s: %v", o.id, r.header)
			}
			if strings.HasSuffix(o.path, ".json") {
				if _, ok := r.body["items"].([]any); !ok || r.body["truncated"] != false {
					h.Errorf("%s: %.200s", o.id, r.text)
				}
				continue
			}
			rows, err := csv.NewReader(strings.NewReader(r.text)).ReadAll()
			if err != nil || len(rows) == 0 {
				h.Errorf("%s: %v", o.id, err)
			}
			for _, row := range rows {
				for _, c := range row {
					if c != "" && strings.ContainsRune("=+@\t\r", rune(c[0])) {
						h.Errorf("%s: the cell %q is a formula", o.id, c)
					}
				}
			}
		}
		rows, err := csv.NewReader(strings.NewReader(h.as(200, get, "/exports/stations.csv?q=x&status=offline", "").text)).ReadAll()
		if err != nil || len(rows) != 451 {
			h.Fatalf("%d rows, %v", len(rows), err)
		}
		at := slices.Index(rows[0], "name")
		if rows[1][at] != `'=HYPERLINK("x")` || rows[3][at] != "'-1" || rows[6][at] != `q"u,o` || !slices.Contains(rows[0], "device_serial") {
			h.Errorf("%q\n%q", rows[0], rows[1:7])
		}
		if s := h.as(200, get, "/exports/sessions.csv?excel=1", ""); !strings.HasPrefix(s.text, "\uFEFF") || !strings.Contains(s.text, ",595,EUR,") {
			h.Errorf("%s", s.text)
		}
		if s := h.send(h.other, get, "/api/v1/exports/sessions.csv", ""); strings.Count(s.text, "\n") != 1 {
			h.Errorf("another tenant exports %s", s.text)
		}
		h.as(422, get, "/exports/stations.csv?limit=1", "")
		if s := h.as(200, get, "/jobs/"+job+"/results.csv?state=waiting", ""); !strings.Contains(s.text, "\n"+f.station+",waiting,") {
			h.Errorf("the results are %s", s.text)
		}
	})
}

func TestJobs(t *testing.T) {
	storetest.Each(t, schema.FS, func(t *testing.T, db *store.DB) {
		h := withJobs(t, db)
		h.furnish()
		for _, id := range []string{"DOWN", "SILENT"} {
			h.as(200, put, "/stations/"+id, `{}`)
		}
		j := h.as(202, post, "/jobs", `{"kind":"reset","body":{"hard":true},"filter":{"q":"depot"}}`)
		id, _ := j.body["id"].(string)
		for h.as(200, get, "/jobs/"+id, "").body["state"] != "done" {
			if t.Context().Err() != nil {
				t.Fatal("it does not end")
			}
		}
		got := h.as(200, get, "/jobs/"+id, "").body
		if got["accepted"] != 1.0 || got["offline"] != 1.0 || got["unknown"] != 1.0 || got["total"] != 3.0 || got["actor_name"] != "test" {
			t.Errorf("%v", got)
		}
		r := h.as(200, get, "/jobs/"+id+"/results?state=accepted", "")
		if items := r.items(t); len(items) != 1 || !strings.Contains(r.text, "reset by key_") {
			t.Errorf("%s", r.text)
		}
		h.as(409, post, "/jobs/"+id+"/cancel", `{}`)
		for body, code := range map[string]int{
			`{"kind":"reset"}`: 422, `{"kind":"dance","stations":["CP1"]}`: 422, `{"kind":"reset","stations":["OTHER1"]}`: 422,
			`{"kind":"reset","stations":["CP1"],"filter":{}}`: 422, `{"kind":"reset","filter":{"q":"nobody at all"}}`: 422, `{"kind":"reset","filter":{"colour":"red"}}`: 400,
		} {
			if r := h.send(h.keys[access.Owner], post, "/api/v1/jobs", body); r.code != code && r.code != 422 {
				t.Errorf("%s: %d %s", body, r.code, r.text)
			}
		}
	})
}

func TestOnboarding(t *testing.T) {
	each(t, func(h *harness) {
		h.furnish()
		r := h.as(201, post, "/refusals/NOBODY/accept", `{"site_id":"site","name":"New one"}`)
		password, _ := r.body["password"].(string)
		h.atom(func(tx *store.Tx) error {
			d, _, err := device.At(tx, "NOBODY")
			if ok, _ := d.Knows(h.verifier, []byte(password)); !ok || d.SecurityProfile != 1 || len(password) < 20 {
				h.Errorf("the password %q does not open %+v", password, d)
			}
			return err
		})
		if strings.Contains(h.as(200, get, "/refusals", "").text, "NOBODY") || strings.Contains(h.as(200, get, "/stations/NOBODY", "").text, password) {
			h.Error("it is refused still, or its password shows")
		}
		h.as(409, post, "/refusals/CP1/accept", `{"site_id":"site"}`)
		h.as(404, post, "/refusals/UNSEEN/accept", `{"site_id":"site"}`)
		h.atom(func(tx *store.Tx) error {
			return stations.Refuse(tx, stations.Refusal{Identity: "TWO", Reason: stations.RefusedUnknown})
		})
		h.as(422, post, "/refusals/TWO/accept", `{"site_id":"other-site"}`)
		if v := h.as(201, post, "/refusals/TWO/accept", `{"site_id":"site","security_profile":0}`); v.body["password"] != nil {
			h.Errorf("%s", v.text)
		}
	})
}

func TestSitesHavePlacesAndCounts(t *testing.T) {
	each(t, func(h *harness) {
		h.furnish()
		v := h.as(200, put, "/sites/harbour", `{"name":"Harbour","country":"DE","time_zone":"Europe/Berlin","latitude":54.3231234,"longitude":-10.1}`)
		if v.body["latitude"] != 54.323123 || v.body["longitude"] != -10.1 || v.body["stations"] != 0.0 {
			h.Errorf("%s", v.text)
		}
		for _, bad := range []string{`"latitude":90.1,"longitude":0`, `"latitude":1`, `"longitude":180.5,"latitude":1`} {
			h.as(422, put, "/sites/harbour", `{"name":"Harbour","country":"DE","time_zone":"Europe/Berlin",`+bad+`}`)
		}
		if r := h.as(200, get, "/sites?q=harb", ""); len(r.items(h.T)) != 1 {
			h.Errorf("%s", r.text)
		}
		if r := h.as(200, get, "/sites/site", ""); r.body["stations"] != 1.0 || r.body["latitude"] != nil {
			h.Errorf("%s", r.text)
		}
		h.as(409, del, "/sites/site", "")
		h.as(204, del, "/sites/harbour", "")
		h.as(404, get, "/sites/harbour", "")
	})
}

func TestDriversAndGroups(t *testing.T) {
	each(t, func(h *harness) {
		f := h.furnish()
		h.as(200, put, "/tokens/G1", `{"group_id":"family"}`)
		for query, want := range map[string]int{"?q=car": 1, "?q=zz": 0, "?status=blocked": 0, "?driver=" + f.driver: 1, "?group=family": 1} {
			if r := h.as(200, get, "/tokens"+query, ""); len(r.items(h.T)) != want {
				h.Errorf("%s: %s", query, r.text)
			}
		}
		if r := h.as(200, get, "/groups", ""); !strings.Contains(r.text, `{"id":"family","tokens":1}`) {
			h.Errorf("%s", r.text)
		}
		v := h.as(200, put, "/drivers/"+f.driver, `{"name":"Ada Lovelace","email":"ada@example.org"}`)
		if v.body["name"] != "Ada Lovelace" || v.body["tokens"] != 1.0 || v.body["sessions"] != 1.0 || v.body["last_session_at"] == nil {
			h.Errorf("%s", v.text)
		}
		for query, want := range map[string]int{"?q=LOVE": 1, "?q=ada@": 1, "?q=bob": 0} {
			if r := h.as(200, get, "/drivers"+query, ""); len(r.items(h.T)) != want {
				h.Errorf("%s: %s", query, r.text)
			}
		}
	})
}

func TestLabels(t *testing.T) {
	each(t, func(h *harness) {
		h.furnish()
		h.as(200, put, "/stations/CP1", `{"evses":[{"evse_id":1,"contract_id":"DE*A<B*E1"}]}`)
		r := h.as(200, get, "/stations/CP1/label.svg?evse=1", "")
		if err := wellFormed(r.text); err != nil || !strings.Contains(r.text, "DE*A&lt;B*E1") || !strings.Contains(r.text, "/app/e/") {
			h.Errorf("%v: %.300s", err, r.text)
		}
		h.as(404, get, "/stations/CP1/label.svg?evse=9", "")
	})
}

func wellFormed(text string) error {
	d := xml.NewDecoder(strings.NewReader(text))
	for {
		if _, err := d.Token(); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
	}
}

func TestEffects(t *testing.T) {
	var at time.Time
	storetest.Each(t, schema.FS, func(t *testing.T, db *store.DB) {
		h := newHarness(t, db, func(o *Options) {
			o.Messages = func(context.Context, string, time.Time, int) ([]Exchange, error) {
				return []Exchange{{At: at.Add(time.Second), Action: "Heartbeat"}, {At: at.Add(-time.Hour), Action: "MeterValues"}}, nil
			}
		})
		h.furnish()
		sent := func(c device.Command, status device.Status, ago time.Duration) string {
			var id string
			h.atom(func(tx *store.Tx) (err error) {
				if id, err = device.Queue(tx, access.DefaultTenant, "CP1", "", c); err != nil {
					return err
				}
				if err = device.MarkSent(tx, id); err != nil {
					return err
				}
				device.Settle(tx, id, device.Outcome{Status: status}, nil)
				tx.Write(`UPDATE device_command SET sent_at = sent_at - $1, answered_at = answered_at - $1 WHERE id = $2`, ago.Microseconds(), id)
				at = tx.Now()
				return nil
			})
			return id
		}
		state := func(id string) any {
			e, _ := h.as(200, get, "/commands/"+id, "").body["effect"].(map[string]any)
			return e["state"]
		}
		refused, cleared := sent(device.Reset{Hard: true}, device.Rejected, 0), sent(device.ClearCache{}, device.Accepted, 0)
		lost, waits := sent(device.Reset{Hard: true}, device.Accepted, time.Hour), sent(device.Reset{Hard: true}, device.Accepted, 0)
		start := sent(device.RemoteStart{EVSE: 2, Token: device.Token{UID: "CARD"}}, device.Accepted, 0)
		quiet := sent(device.Trigger{What: device.MeterMessage}, device.Accepted, 0)
		beat := sent(device.Trigger{What: device.HeartbeatMessage}, device.Accepted, 0)
		off := sent(device.SetAvailability{EVSE: 1}, device.Accepted, 0)
		h.charge("CP1", 2, "CARD", time.Now())
		h.atom(func(tx *store.Tx) error {
			return stations.SetStatus(tx, stations.Report{Station: "CP1", EVSE: 1, Connector: 1, Status: stations.Unavailable})
		})
		for name, c := range map[string]struct {
			id   string
			want string
		}{
			"refused": {refused, "none"}, "no sign": {cleared, "none"}, "lost": {lost, "missed"}, "waits": {waits, "waiting"}, "started": {start, "seen"},
			"quiet": {quiet, "waiting"}, "beat": {beat, "seen"}, "off": {off, "seen"},
		} {
			if got := state(c.id); got != c.want {
				t.Errorf("%s is %v, want %s", name, got, c.want)
			}
		}
		h.atom(func(tx *store.Tx) error { return stations.Booted(tx, "CP1", stations.Accepted) })
		if state(waits) != "seen" || state(lost) != "missed" {
			t.Errorf("after a boot: %v, %v", state(waits), state(lost))
		}
		if r := h.as(200, get, "/stations/CP1/commands?limit=3", ""); len(r.items(t)) != 3 || !strings.Contains(r.text, `"effect"`) {
			t.Errorf("%s", r.text)
		}
		ev := h.as(200, get, "/stations/CP1/events?limit=5", "")
		if items := ev.items(t); len(items) < 5 {
			t.Errorf("%s", ev.text)
		}
	})
}

func TestMessagesOfAllStations(t *testing.T) {
	storetest.Each(t, schema.FS, func(t *testing.T, db *store.DB) {
		var asked MessageSearch
		hub := live.NewHub(5, 8)
		h := newHarness(t, db, func(o *Options) {
			o.MessageLive = hub
			o.Actions = func() []string { return []string{"Heartbeat"} }
			o.Search = func(ctx context.Context, q MessageSearch) (MessagesFound, error) {
				asked = q
				sees, err := q.Sees(ctx, []string{"CP1", "OTHER1"})
				if !sees["CP1"] || sees["OTHER1"] {
					t.Errorf("sees %v", sees)
				}
				return MessagesFound{Items: []StationExchange{{Exchange{At: noon, Action: "Heartbeat"}, "CP1"}}, Scanned: 7, More: true, Next: noon}, err
			}
		})
		h.furnish()
		r := h.as(200, get, "/messages?direction=out&errors=true&q=x&action=Reset&limit=3", "")
		if r.body["scanned"] != 7.0 || r.body["more"] != true || r.body["next"] == nil || !*asked.FromUs || !asked.Errors || asked.Text != "x" || asked.Action != "Reset" || asked.Limit != 3 {
			t.Errorf("%s %+v", r.text, asked)
		}
		if r := h.as(200, get, "/messages?station=OTHER1", ""); len(r.items(t)) != 0 {
			t.Errorf("%s", r.text)
		}
		ctx, cancel := context.WithCancel(t.Context())
		q := httptest.NewRequestWithContext(ctx, get, "/api/v1/events?topics=message", nil)
		q.Header.Set("Authorization", "Bearer "+h.keys[access.Viewer])
		pr, pw := io.Pipe()
		done := make(chan struct{})
		go func() {
			defer close(done)
			h.handler.ServeHTTP(&pipeWriter{ResponseRecorder: httptest.NewRecorder(), w: pw}, q)
			pw.Close()
		}()
		buf := make([]byte, 4096)
		n, err := pr.Read(buf) // the snapshot
		for bytes.Count(buf[:n], []byte("\n\n")) == 0 && err == nil {
			var m int
			m, err = pr.Read(buf[n:])
			n += m
		}
		hub.Publish("message", MessageEvent("OTHER1", noon))
		hub.Publish("message", MessageEvent("CP1", noon))
		n, _ = pr.Read(buf)
		if got := string(buf[:n]); !strings.Contains(got, `data: {"station_id":"CP1","at":"2026-03-10T12:00:00Z"}`) {
			t.Errorf("%s", got)
		}
		cancel()
		go io.Copy(io.Discard, pr) //nolint:errcheck // it ends with the stream
		<-done
		if r := h.send(h.keys[access.Owner], get, "/api/v1/events?topics=weather", ""); r.code != 422 {
			t.Errorf("%d", r.code)
		}
	})
}

// pipeWriter is a response that is read while it is written.
type pipeWriter struct {
	*httptest.ResponseRecorder
	w *io.PipeWriter
}

func (p *pipeWriter) Write(b []byte) (int, error) { return p.w.Write(b) }
