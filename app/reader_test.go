package app

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"chargewright/base/store"
	"chargewright/base/store/storetest"
	"chargewright/core/station"
	terminals "chargewright/core/terminal"
	"chargewright/plug/simpay"
	"chargewright/schema"
	"chargewright/sim"
)

// browser is somebody who reads the pages without an account.
type browser struct {
	w *world
}

// open gets a page, or posts a form to it, and follows where it leads.
func (b browser) open(path string, form url.Values) (at, page string) {
	b.w.t.Helper()
	for range 4 {
		r := httptest.NewRequest(http.MethodGet, path, nil)
		if form != nil {
			r = httptest.NewRequest(http.MethodPost, path, strings.NewReader(form.Encode()))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		}
		out := httptest.NewRecorder()
		b.w.handler.ServeHTTP(out, r)
		if out.Code != http.StatusSeeOther {
			return path, out.Body.String()
		}
		path, form = out.Header().Get("Location"), nil
	}
	b.w.t.Fatalf("%s leads in circles", path)
	return "", ""
}

// find is what a pattern's group holds in a page.
func (b browser) find(page, pattern string) string {
	b.w.t.Helper()
	m := regexp.MustCompile(pattern).FindStringSubmatch(page)
	if m == nil {
		b.w.t.Fatalf("%s is not in %s", pattern, page)
	}
	return m[1]
}

// Somebody chooses an EVSE at a terminal, shows a card to its reader, charges, and
// finds the receipt by the short address that its screen showed; meanwhile another
// does the same at the next EVSE. The stations may speak any version.
func TestSomebodyChargesAtATerminal(t *testing.T) {
	for _, v := range versions {
		t.Run(v.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, storetest.MigratedURL(t, schema.FS), func(c *Config) { c.Simpay, c.PublicURL = true, "https://charge.example" })
				w.till.sim.Misbehave(simpay.Mood{Silent: true})
				w.addStation("CS-1", "a password of sixteen")
				w.addTariff(plainTariff)
				s := w.startStation(sim.Config{ID: "CS-1", Version: v, Password: "a password of sixteen", Seed: 1, EVSEs: []sim.EVSE{{}, {}}})
				synctest.Wait()
				w.write(func(tx *store.Tx) error { return station.Number(tx, "CS-1") })
				screen := do(w, func(tx *store.Tx) (string, error) {
					_, secret, err := terminals.New(tx, everyone, terminals.Terminal{Site: DefaultSite, Name: "Gate", Provider: "simpay", Reader: simReaders[0]})
					return "/pay/at/" + secret, err
				})
				b := browser{w}
				pay := func(evse string) (visit, short string) {
					t.Helper()
					_, offer := b.open(screen+"/e/CS-1:"+evse+"?lang=en", nil)
					if !strings.Contains(offer, "€0.476 per kWh") || !strings.Contains(offer, "Held on your card") {
						t.Fatalf("the price is not shown: %s", offer)
					}
					visit, page := b.open(screen+"/e/CS-1:"+evse+"?lang=en", url.Values{"version": {b.find(offer, `name="version" value="([^"]+)"`)}})
					if !strings.Contains(page, "Show your card") {
						t.Fatalf("after the choice: %s", page)
					}
					if err := w.till.sim.Tap(simReaders[0], simpay.Good); err != nil {
						t.Fatal(err)
					}
					for range 20 {
						time.Sleep(4 * time.Second)
						synctest.Wait()
						if _, page = b.open(visit, nil); strings.Contains(page, "Plug in") {
							break
						}
					}
					return visit, b.find(page, `charge\.example(/r/[0-9A-Z-]{14})`)
				}
				_, list := b.open(screen+"?lang=en", nil)
				if n := strings.Count(list, `class="bay"`); n != 2 {
					t.Fatalf("%d EVSEs to choose: %s", n, list)
				}
				_, one := pay("1")
				must(t, s.Plug(t.Context(), 1))
				time.Sleep(time.Minute)
				synctest.Wait()
				if at, page := b.open(one, nil); !strings.HasPrefix(at, "/pay/v/") || !strings.Contains(page, "Stop charging") {
					t.Fatalf("the first charges: %s %s", at, page)
				}
				_, two := pay("2") // the same reader, while the first charges
				must(t, s.Plug(t.Context(), 2))
				time.Sleep(30 * time.Minute)
				at, _ := b.open(strings.ToLower(strings.ReplaceAll(one, "-", "")), nil) // typed by hand
				b.open(at+"/stop", url.Values{})
				synctest.Wait()
				must(t, s.Unplug(t.Context(), 1))
				time.Sleep(time.Minute)
				w.settle()
				synctest.Wait()
				time.Sleep(time.Minute)
				synctest.Wait()
				if _, page := b.open(one, nil); !strings.Contains(page, "paid with Visa") {
					t.Errorf("the first's receipt: %s", page)
				}
				if _, page := b.open(two, nil); !strings.Contains(page, "Stop charging") {
					t.Errorf("the second charges on: %s", page)
				}
			})
		})
	}
}

// Short addresses of nobody are not found, and who tries many has to wait.
func TestShortAddressesAreNotGuessed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, storetest.MigratedURL(t, schema.FS), func(c *Config) { c.Simpay, c.PublicURL = true, "https://charge.example" })
		get := func(path, from string) int {
			r := httptest.NewRequest(http.MethodGet, path, nil)
			r.RemoteAddr = from + ":1234"
			out := httptest.NewRecorder()
			w.handler.ServeHTTP(out, r)
			return out.Code
		}
		codes := map[int]int{}
		for _, path := range []string{"/r/0123456789AB", "/pay/v/0123456789AB"} {
			for range 15 {
				codes[get(path, "192.0.2.1")]++
			}
		}
		if codes[http.StatusNotFound] != 20 || codes[http.StatusTooManyRequests] != 10 {
			t.Errorf("30 guesses: %v", codes)
		}
		if c := get("/r/0123456789AB", "192.0.2.2"); c != http.StatusNotFound {
			t.Errorf("from elsewhere: %d", c)
		}
		time.Sleep(31 * time.Second)
		if c := get("/r/0123456789AB", "192.0.2.1"); c != http.StatusNotFound {
			t.Errorf("half a minute later: %d", c)
		}
		for _, path := range []string{"/r/0123456789", "/r/nothing-of-ours", "/pay/at/nobody", "/pay/at/nobody/e/1", "/pay/at/nobody/v/0123456789AB"} {
			if c := get(path, "192.0.2.3"); c != http.StatusNotFound {
				t.Errorf("%s: %d", path, c)
			}
		}
	})
}
