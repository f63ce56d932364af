package api

import (
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"chargewright/base/energy"
	"chargewright/base/store"
	"chargewright/core/access"
	"chargewright/core/billing"
	"chargewright/core/device"
	sessions "chargewright/core/session"
)

func supportSamples(h *harness, f fixture) map[string]sample {
	h.as(200, put, "/stations/"+f.station, `{"evses":[{"evse_id":1,"contract_id":"DE*ABC*E1","max_power_w":22000}]}`)
	return map[string]sample{
		"searchSupport": {path: "/support/search?q=DE*ABC*E1"}, "getCase": {path: "/support/cases/" + f.session},
		"helpAtStation":   {path: "/support/stations/" + f.station + "/deeds", body: `{"deed":"unlock","evse_id":1,"reason":"the cable is stuck"}`},
		"judgeToken":      {path: "/support/cases/" + f.session + "/token", body: `{"status":"blocked","reason":"lost"}`},
		"summariseReview": {path: "/review"},
	}
}

// found are the ids of the sessions that a search finds, and why.
func (h *harness) found(query string) map[string][]string {
	h.Helper()
	out := map[string][]string{}
	list, _ := h.as(200, get, "/support/search?"+query, "").body["sessions"].([]any)
	for _, x := range list {
		x, _ := x.(map[string]any)
		s, _ := x["session"].(map[string]any)
		why, _ := x["why"].([]any)
		id, _ := s["id"].(string)
		for _, w := range why {
			out[id] = append(out[id], fmt.Sprint(w))
		}
	}
	return out
}

// Whatever a caller reads out leads to the session, and says why.
func TestACallersSessionIsFound(t *testing.T) {
	each(t, func(h *harness) {
		f := h.furnish()
		at := h.as(200, put, "/stations/CP1", `{"evses":[{"evse_id":1,"contract_id":"DE*ABC*E1","max_power_w":22000}]}`)
		evses, _ := at.body["evses"].([]any)
		first, _ := evses[0].(map[string]any)
		h.as(200, put, "/drivers/"+f.driver, `{"name":"Ada Lovelace","email":"ada@example.org","phone":"+49 (170) 123-4567"}`)
		number, _ := h.as(200, get, "/documents/"+f.session, "").body["number"].(string)
		for q, why := range map[string]string{
			fmt.Sprint(first["number"]): "evse", "de-abc-e1": "evse", "CP1:1": "evse", "CP1": "evse", "Lovelace": "driver", "ADA@example": "driver", "0170 1234567": "driver",
			"+491701234567": "driver", "card": "token", number: "document", strings.ToLower(number): "document", "1": "document", f.session: "session",
		} {
			if got := h.found("q=" + escape(q))[f.session]; !slices.Contains(got, why) {
				h.Errorf("%q: %v, want %s", q, got, why)
			}
		}
		for _, q := range []string{"0170 1234568", "Babbage", "CP1:2", "R-00000009", "4242", "%", "'", "DE*ABC*E2"} {
			if got := h.found("q=" + escape(q)); len(got) != 0 {
				h.Errorf("%q finds %v", q, got)
			}
		}
		for query, hit := range map[string]bool{
			"at=2026-03-10T12:20:00Z": true, "at=2026-03-10T12:31:00Z": false, "at=2026-03-10T12:55:00Z&q=CP1": true, "at=2026-03-10T14:00:00Z&q=CP1": false,
			"at=2026-03-10T12:20:00Z&site=site": true, "at=2026-03-10T12:20:00Z&site=elsewhere": false, "q=CP1&site=elsewhere": false,
		} {
			if _, ok := h.found(query)[f.session]; ok != hit {
				h.Errorf("%s: %v", query, ok)
			}
		}
		if r := h.send(h.keys[access.Support], get, prefix+"/support/search", ""); r.code != http.StatusUnprocessableEntity {
			h.Errorf("nothing asked: %d %s", r.code, r.text)
		}
	})
}

func escape(q string) string {
	return strings.NewReplacer("+", "%2B", " ", "%20", "%", "%25", "'", "%27").Replace(q)
}

// More than is shown is said to be more.
func TestASearchIsBounded(t *testing.T) {
	each(t, func(h *harness) {
		h.furnish()
		for i := range maxFound + 3 {
			at := noon.Add(time.Duration(i+1) * 24 * time.Hour)
			h.end(h.charge("CP1", 1, "CARD", at), 1, at.Add(time.Hour))
		}
		r := h.as(200, get, "/support/search?q=CP1", "").body
		if list, _ := r["sessions"].([]any); len(list) != maxFound || r["more_sessions"] != true {
			h.Errorf("%d sessions, more %v", len(list), r["more_sessions"])
		}
	})
}

// trail are the kinds and words of a case.
func (h *harness) trail(session string) (kinds []string, all []map[string]any) {
	h.Helper()
	list, _ := h.as(200, get, "/support/cases/"+session, "").body["trail"].([]any)
	for _, x := range list {
		e, _ := x.(map[string]any)
		all = append(all, e)
		kinds = append(kinds, fmt.Sprintf("%v %v", e["kind"], e["word"]))
	}
	return kinds, all
}

func TestACaseTellsWhatHappened(t *testing.T) {
	each(t, func(h *harness) {
		f := h.furnish()
		h.as(201, post, "/documents/"+f.session+"/credits", `{"key":"k","amount_minor":100,"reason":"the display was dark"}`)
		kinds, all := h.trail(f.session)
		for _, want := range []string{"authorised accepted", "started ", "price offered", "flow charging", "stopped EVDisconnected", "document receipt", "document credit_note", "claim open"} {
			if !slices.Contains(kinds, want) {
				h.Errorf("%q is missing of %q", want, kinds)
			}
		}
		for i := 1; i < len(all); i++ {
			if fmt.Sprint(all[i-1]["at"]) > fmt.Sprint(all[i]["at"]) {
				h.Errorf("%v is told before %v", all[i-1], all[i])
			}
		}
		for _, e := range all {
			if e["word"] == "credit_note" && e["reason"] != "the display was dark" {
				h.Errorf("the credit note: %v", e)
			}
		}
	})
}

// What a role may give back is said before it is tried, and holds when it is.
func TestTheLimitOfARoleIsSaidAndHolds(t *testing.T) {
	each(t, func(h *harness) {
		f := h.furnish()
		h.as(200, put, "/billing/policy", `{"failed_start_wh":100,"failed_start_s":120,"hold_minor":0,"operator_goodwill":200,"support_goodwill":2}`)
		limit := func(role access.Role) (left, most any) {
			g, _ := h.send(h.keys[role], get, prefix+"/support/cases/"+f.session, "").body["give_back"].(map[string]any)
			l, _ := g["left"].(map[string]any)
			m, _ := g["limit"].(map[string]any)
			return l["amount_minor"], m["amount_minor"]
		}
		give := func(role access.Role, key string, minor int) int {
			return h.send(h.keys[role], post, prefix+"/documents/"+f.session+"/credits", fmt.Sprintf(`{"key":%q,"amount_minor":%d,"reason":"goodwill"}`, key, minor)).code
		}
		if left, most := limit(access.Support); left != 595.0 || most != 200.0 {
			h.Errorf("support: %v of %v", most, left)
		}
		if got := give(access.Support, "a", 201); got != http.StatusForbidden {
			h.Errorf("over the limit: %d", got)
		}
		if got := give(access.Support, "b", 150); got != http.StatusCreated {
			h.Errorf("within the limit: %d", got)
		}
		if left, most := limit(access.Support); left != 445.0 || most != 50.0 {
			h.Errorf("afterwards: %v of %v", most, left)
		}
		if got := give(access.Support, "c", 51); got != http.StatusForbidden {
			h.Errorf("over what is left of the limit: %d", got)
		}
		if left, most := limit(access.Finance); left != 445.0 || most != nil {
			h.Errorf("finance: %v of %v", most, left)
		}
		if _, most := limit(access.Viewer); most != 0.0 {
			h.Errorf("a viewer: %v", most)
		}
	})
}

// Every deed at the desk is on record with who did it and why.
func TestDeedsAtTheDeskAreOnRecord(t *testing.T) {
	each(t, func(h *harness) {
		f := h.furnish()
		h.as(200, put, "/stations/CP1", `{"evses":[{"evse_id":1},{"evse_id":2}]}`)
		open := h.charge("CP1", 1, "CARD", noon.Add(24*time.Hour))
		deeds := "/support/stations/CP1/deeds"
		for body, code := range map[string]int{
			`{"deed":"unlock","evse_id":1,"reason":"stuck"}`: 200, `{"deed":"reset","reason":"hangs"}`: 200, `{"deed":"stop","session_id":"` + open + `","reason":"asked"}`: 200,
			`{"deed":"unlock","reason":"stuck"}`: 422, `{"deed":"unlock","evse_id":1,"reason":" "}`: 422, `{"deed":"explode","reason":"why not"}`: 422,
			`{"deed":"stop","session_id":"` + f.session + `","reason":"over"}`: 409, `{"deed":"stop","session_id":"none","reason":"none"}`: 422,
			`{"deed":"free_start","evse_id":1,"reason":"taken"}`: 409, `{"deed":"free_start","evse_id":9,"reason":"no such"}`: 422,
		} {
			if r := h.send(h.keys[access.Support], post, prefix+deeds, body); r.code != code {
				h.Errorf("%s: %d %s", body, r.code, r.text)
			}
		}
		if r := h.send(h.keys[access.Finance], post, prefix+deeds, `{"deed":"reset","reason":"x"}`); r.code != http.StatusForbidden {
			h.Errorf("finance: %d", r.code)
		}
		audit := h.as(200, get, "/audit?action=helpAtStation", "")
		for _, want := range []string{`"reason":"stuck"`, `"reason":"hangs"`, `"reason":"asked"`, `"status":200`, `"status":403`, `"status":409`} {
			if !strings.Contains(audit.text, want) {
				h.Errorf("the audit lacks %s: %s", want, audit.text)
			}
		}
		if len(audit.items(t)) != 11 {
			h.Errorf("%d deeds on record", len(audit.items(t)))
		}
	})
}

// A token is blocked from the case of its session, and the case says who did it.
func TestTheTokenOfACaseIsBlocked(t *testing.T) {
	each(t, func(h *harness) {
		f := h.furnish()
		h.as(200, post, "/support/cases/"+f.session+"/token", `{"status":"blocked","reason":"the card was lost"}`)
		if s := h.as(200, get, "/tokens/"+f.token, "").body; s["status"] != "blocked" || s["driver_id"] != f.driver {
			h.Errorf("the token: %v", s)
		}
		kinds, all := h.trail(f.session)
		if i := slices.Index(kinds, "deed judgeToken"); i < 0 || all[i]["reason"] != "the card was lost" || all[i]["by"] != "test" {
			h.Errorf("the trail: %v", all)
		}
		if r := h.send(h.keys[access.Support], post, prefix+"/support/cases/"+f.session+"/token", `{"status":"accepted","reason":" "}`); r.code != http.StatusUnprocessableEntity {
			h.Errorf("without a reason: %d", r.code)
		}
	})
}

// A session that support gave away is never billed, and says who did it and why.
func TestAFreeStartIsNotBilled(t *testing.T) {
	each(t, func(h *harness) {
		h.furnish()
		h.as(200, put, "/stations/CP1", `{"evses":[{"evse_id":1},{"evse_id":2}]}`)
		var sent device.RemoteStart
		h.commanded = func(station string, c device.Command) {
			start, ok := c.(device.RemoteStart)
			if !ok {
				return
			}
			sent = start
			h.atom(func(tx *store.Tx) error { // as the one who really sends does
				_, err := device.Queue(tx, access.DefaultTenant, station, "key_desk", c)
				return err
			})
		}
		body := `{"deed":"free_start","evse_id":2,"reason":"the app would not start it"}`
		if r := h.send(h.keys[access.Support], post, prefix+"/support/stations/CP1/deeds", body); r.code != 200 {
			h.Fatalf("%d %s", r.code, r.text)
		}
		if sent.EVSE != 2 || sent.Token.UID == "" || sent.Free == "" {
			h.Fatalf("sent: %+v", sent)
		}
		now := time.Now().Truncate(time.Second)
		begin := func(evse int64) string { return h.charge("CP1", evse, sent.Token.UID, now) }
		free := begin(2)
		h.end(free, 2, now.Add(time.Hour))
		s := h.as(200, get, "/sessions/"+free, "").body
		if s["cost"] != nil || s["held"] != false || !strings.Contains(fmt.Sprint(s["flags"]), "free_start") || !strings.Contains(fmt.Sprint(s["flags"]), "void") || s["energy_wh"] != 10001.0 {
			h.Errorf("the session: %v", s)
		}
		if r := h.send(h.keys[access.Owner], get, prefix+"/documents/"+free, ""); r.code != http.StatusNotFound {
			h.Errorf("a receipt: %s", r.text)
		}
		kinds, all := h.trail(free)
		i := slices.Index(kinds, "free void")
		if i < 0 || all[i]["reason"] != "the app would not start it" {
			h.Errorf("the trail: %q %v", kinds, all)
		}
		// The token was for one session: what begins with it again is nobody's, and is not free.
		h.atom(func(tx *store.Tx) error {
			j, err := sessions.Authorise(tx, sessions.Attempt{Tenant: access.DefaultTenant, Token: sent.Token.UID, Station: "CP1", At: now})
			if j.Verdict == "accepted" {
				h.Errorf("the token starts another session")
			}
			return err
		})
		again := h.charge("CP1", 2, sent.Token.UID, now.Add(2*time.Hour))
		if s := h.as(200, get, "/sessions/"+again, "").body; strings.Contains(fmt.Sprint(s["flags"]), "free_start") {
			h.Errorf("again: %v", s)
		}
	})
}

// A free start whose end is lost is as free: nobody has to decide about it.
func TestAFreeStartWithoutAnEndIsNotBilled(t *testing.T) {
	each(t, func(h *harness) {
		h.furnish()
		var sent device.RemoteStart
		h.commanded = func(station string, c device.Command) {
			sent, _ = c.(device.RemoteStart)
			h.atom(func(tx *store.Tx) error {
				_, err := device.Queue(tx, access.DefaultTenant, station, "key_desk", c)
				return err
			})
		}
		h.as(200, put, "/stations/CP1", `{"evses":[{"evse_id":1}]}`)
		h.as(200, post, "/support/stations/CP1/deeds", `{"deed":"free_start","evse_id":1,"reason":"goodwill"}`)
		free := h.charge("CP1", 1, sent.Token.UID, time.Now())
		h.commanded = nil
		s := h.as(200, post, "/sessions/"+free+"/close", `{}`).body
		if s["state"] != "closed" || s["held"] != false || s["cost"] != nil {
			h.Errorf("closed by hand: %v", s)
		}
		if err := billing.Settle(h.Context(), h.db, free); err != nil {
			h.Fatal(err)
		}
		if r := h.send(h.keys[access.Owner], get, prefix+"/documents/"+free, ""); r.code != http.StatusNotFound {
			h.Errorf("a receipt: %s", r.text)
		}
		if r := h.as(200, get, "/sessions/summary?state=closed", "").body; r["not_final"] != 0.0 {
			h.Errorf("it still waits: %v", r)
		}
	})
}

// A token of a free start is worth nothing elsewhere.
func TestAFreeStartHoldsWhereItWasGiven(t *testing.T) {
	each(t, func(h *harness) {
		h.furnish()
		h.as(200, put, "/stations/CP2", `{"site_id":"site","evses":[{"evse_id":1}]}`)
		h.as(200, put, "/stations/CP1", `{"evses":[{"evse_id":1},{"evse_id":2}]}`)
		var sent device.RemoteStart
		h.commanded = func(station string, c device.Command) {
			sent, _ = c.(device.RemoteStart)
			h.atom(func(tx *store.Tx) error {
				_, err := device.Queue(tx, access.DefaultTenant, station, "key_desk", c)
				return err
			})
		}
		h.as(200, post, "/support/stations/CP1/deeds", `{"deed":"free_start","evse_id":2,"reason":"goodwill"}`)
		now := time.Now().Truncate(time.Second)
		for _, at := range []struct {
			station string
			evse    int64
		}{{"CP2", 1}, {"CP1", 1}} {
			id := h.charge(at.station, at.evse, sent.Token.UID, now)
			if s := h.as(200, get, "/sessions/"+id, "").body; strings.Contains(fmt.Sprint(s["flags"]), "free_start") {
				h.Errorf("%v: %v", at, s)
			}
			now = now.Add(time.Second)
		}
	})
}

// What waits for a person is counted.
func TestWhatWaitsIsCounted(t *testing.T) {
	each(t, func(h *harness) {
		h.furnish()
		id := h.charge("CP1", 1, "CARD", noon.Add(24*time.Hour))
		h.atom(func(tx *store.Tx) error {
			s, _, err := sessions.Find(tx, id)
			if err != nil {
				return err
			}
			_, err = sessions.Apply(tx, sessions.Report{
				Station: s.Station, Protocol: "1.6", Tx: s.Tx, Key: "stop", Kind: sessions.Ended, Seq: -1, EVSE: 1, Connector: 1, At: noon.Add(25 * time.Hour), Received: noon.Add(25 * time.Hour),
				Samples: []energy.Sample{{At: noon.Add(25 * time.Hour), End: true, Register: 0}}, Reason: "Local", Message: []byte(`{}`), Flags: sessions.Flags{sessions.FlagFall},
			})
			return err
		})
		if r := h.as(200, get, "/review", "").body; r["held"] != 1.0 || r["payments"] != 0.0 || r["claims"] != 0.0 || r["provisional"] != 0.0 {
			h.Errorf("waiting: %v", r)
		}
	})
}

// What was billed and contradicted later waits for a person, who says that the bill
// stands; what comes after that waits anew. The bill stays as it is.
func TestDoubtfulSessionsWait(t *testing.T) {
	each(t, func(h *harness) {
		f := h.furnish()
		late := func(key string) {
			h.atom(func(tx *store.Tx) error {
				s, _, err := sessions.Find(tx, f.session)
				if err != nil {
					return err
				}
				_, err = sessions.Apply(tx, sessions.Report{
					Station: s.Station, Protocol: s.Protocol, Tx: s.Tx, Key: key, Kind: sessions.Updated, Seq: -1, EVSE: 1, At: s.StoppedAt, Received: s.StoppedAt.Add(time.Hour),
					Samples: []energy.Sample{{At: s.StoppedAt, Register: 1 << 40}}, Message: []byte(key),
				})
				return err
			})
		}
		waits := func(n int) {
			h.Helper()
			if r := h.as(200, get, "/review", ""); r.body["doubtful"] != float64(n) {
				h.Errorf("waiting: %s, want %d", r.text, n)
			}
			if r := h.as(200, get, "/sessions?state=doubtful", ""); len(r.items(h.T)) != n {
				h.Errorf("doubtful: %s, want %d", r.text, n)
			}
		}
		accept := `{"decision":"accept","reason":"the display says so, too"}`
		bill := h.as(200, get, "/sessions/"+f.session, "").body["cost"]
		waits(0)
		h.as(409, post, "/sessions/"+f.session+"/review", accept)
		for _, key := range []string{"late", "later"} {
			late(key)
			waits(1)
			h.as(409, post, "/sessions/"+f.session+"/review", `{"decision":"void","reason":"x"}`)
			h.as(200, post, "/sessions/"+f.session+"/review", accept)
			waits(0)
			h.as(409, post, "/sessions/"+f.session+"/review", accept)
		}
		if e := h.as(200, get, "/sessions/"+f.session+"/evidence", ""); !strings.Contains(e.text, "the display says so, too") {
			h.Errorf("%s", e.text)
		}
		if s := h.as(200, get, "/sessions/"+f.session, "").body; !reflect.DeepEqual(s["cost"], bill) || s["held"] != false {
			h.Errorf("%v, was %v", s, bill)
		}
	})
}
