package app

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"chargewright/base/store"
	"chargewright/base/store/storetest"
	"chargewright/core/access"
	"chargewright/core/billing"
	"chargewright/core/driver"
	"chargewright/core/notify"
	"chargewright/core/tariff"
	"chargewright/schema"
	"chargewright/sim"
)

// passenger is a driver with the app, signed in.
type passenger struct {
	*world
	id, cookie string
}

func (w *world) passenger(email string) *passenger {
	w.t.Helper()
	p := &passenger{world: w}
	w.write(func(tx *store.Tx) error {
		d, err := driver.SignUp(tx, access.DefaultTenant, email, "de")
		if err != nil {
			return err
		}
		p.id = d.ID
		p.cookie, _, err = access.Begin(tx, access.DefaultTenant, access.KindDriver, d.ID, access.Client{Agent: "test", Remote: "192.0.2.1"})
		return err
	})
	return p
}

// ask makes a request by the app and reads the answer, which has that status.
func (p *passenger) ask(code int, method, path, body string) map[string]any {
	p.t.Helper()
	q, err := http.NewRequestWithContext(context.Background(), method, "http://cs/api/v1"+path, strings.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	q.Header.Set("Content-Type", "application/json")
	q.AddCookie(&http.Cookie{Name: "cw_session", Value: p.cookie})
	c := http.Client{Transport: &http.Transport{DialContext: p.net.Dial, DisableKeepAlives: true}}
	res, err := c.Do(q)
	if err != nil {
		p.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != code {
		p.t.Fatalf("%s %s: %d %s, %v", method, path, res.StatusCode, b, err)
	}
	out := map[string]any{}
	if len(b) > 0 {
		if err := json.Unmarshal(b, &out); err != nil {
			p.t.Fatal(err)
		}
	}
	return out
}

// A driver finds a charger, starts it by the app at the price that was shown,
// stops it and has a receipt; another is told once when the charger is free.
func TestAppFromMapToReceipt(t *testing.T) {
	for _, v := range versions {
		t.Run(v.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, storetest.MigratedURL(t, schema.FS), nil)
				w.addStation("CS-1", "")
				w.addTariff(plainTariff)
				s := w.startStation(sim.Config{ID: "CS-1", Version: v, Seed: 1, EVSEs: []sim.EVSE{{}}})
				must(t, s.Flush(t.Context()))
				time.Sleep(time.Second) // the watcher gathers
				ada, eve := w.passenger("ada@example.org"), w.passenger("eve@example.org")

				at := w.chargeByApp(t, ada, eve, s)
				eve.ask(200, http.MethodPut, "/me/favourites/"+DefaultSite, `{"tell_when_free":true}`)
				must(t, s.Unplug(t.Context(), 1))
				must(t, s.Flush(t.Context()))
				time.Sleep(time.Second)
				w.settle()

				own := ada.ask(200, http.MethodGet, "/me/sessions/"+at, "")
				if own["state"] != "closed" || own["cost_final"] != true || own["receipt_id"] == nil {
					t.Errorf("the end: %v", own)
				}
				w.checkMoney()
				var told []string
				for _, m := range do(w, func(tx *store.Tx) ([]notify.Letter, error) { return notify.Mails(tx, everyone, time.Time{}, "", 10) }) {
					told = append(told, m.To+" "+m.Subject)
				}
				if fmt.Sprint(told) != "[eve@example.org Ein Ladepunkt ist frei: Test]" {
					t.Errorf("told: %v", told)
				}
				w.leaveByApp(t, ada)
			})
		})
	}
}

// chargeByApp charges for an hour and returns the session.
func (w *world) chargeByApp(t *testing.T, ada, eve *passenger, s *sim.Station) string {
	t.Helper()
	list, _ := ada.ask(200, http.MethodGet, "/public/sites?free=true", "")["items"].([]any)
	if len(list) != 1 {
		t.Fatalf("%d sites with a free charger", len(list))
	}
	place := ada.ask(200, http.MethodGet, "/public/sites/"+DefaultSite, "")
	evse, _ := place["evses"].([]any)[0].(map[string]any)
	number, price := fmt.Sprint(evse["number"]), evse["price"].(map[string]any)
	if len(number) != 6 || price["sentence"] != "€0.476 per kWh, €0.595 per session" {
		t.Fatalf("the EVSE is %v", evse)
	}
	st := ada.ask(202, http.MethodPost, "/me/starts", fmt.Sprintf(`{"evse":%q,"tariff_version":%q}`, number, price["tariff_version"]))
	synctest.Wait()
	if st = ada.ask(200, http.MethodGet, fmt.Sprint("/me/starts/", st["id"]), ""); st["state"] != "plug_in" {
		t.Fatalf("the start is %v", st)
	}
	w.addTariff(strings.Replace(plainTariff, "0.40", "0.80", 1)) // too late for her
	must(t, s.Plug(t.Context(), 1))
	time.Sleep(time.Minute)
	must(t, s.Flush(t.Context()))
	if st = ada.ask(200, http.MethodGet, fmt.Sprint("/me/starts/", st["id"]), ""); st["state"] != "charging" {
		t.Fatalf("the start is %v", st)
	}
	at := fmt.Sprint(st["session_id"])
	if row := w.sessions()[0]; row.ID != at || row.Driver != ada.id || string(tariff.Version(row.Version)) != price["tariff_version"] {
		t.Fatalf("the session is %+v", row)
	}
	if now := eve.ask(200, http.MethodGet, "/public/evses/"+number, "")["evse"].(map[string]any); now["state"] == "available" {
		t.Errorf("while it charges: %v", now["state"])
	}
	time.Sleep(time.Hour)
	ada.ask(200, http.MethodPost, "/me/sessions/"+at+"/stop", "{}")
	must(t, s.Flush(t.Context()))
	return at
}

// leaveByApp deletes the account and looks for what is left of its tokens.
func (w *world) leaveByApp(t *testing.T, ada *passenger) {
	t.Helper()
	was := w.sessions()[0]
	token := was.Shown
	ada.ask(409, http.MethodDelete, "/me", "") // the session is not paid
	w.write(func(tx *store.Tx) error {
		c, err := billing.GetClaim(tx, everyone, was.ID)
		if err != nil {
			return err
		}
		_, err = billing.Received(tx, everyone, c.ID, billing.Transfer{Minor: c.Left(), Reference: "transfer"})
		return err
	})
	ada.ask(204, http.MethodDelete, "/me", "")
	w.settle()
	row := w.sessions()[0]
	left := do(w, func(tx *store.Tx) (int64, error) {
		n, _, err := store.One(tx, func(r *store.Row) int64 { return r.Int(0) },
			`SELECT COUNT(*) FROM session_input WHERE instr(lower(message), lower($1)) > 0`, token)
		return n, err
	})
	if row.Shown == token || row.Token == driver.Key(token) || row.Driver != ada.id || left != 0 {
		t.Errorf("left behind: %+v, and %d messages", row, left)
	}
}
