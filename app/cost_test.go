package app

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"chargewright/base/money"
	"chargewright/base/store"
	"chargewright/base/store/storetest"
	"chargewright/core/device"
	"chargewright/core/session"
	"chargewright/schema"
	"chargewright/sim"
	"chargewright/wire/ocpp"
)

// eveningTariff is 0.40 € a kWh, 0.30 € from 20 o'clock on, an hour of parking 6 €, plus 19 % VAT.
const eveningTariff = `{"country_code":"DE","party_id":"CWR","id":"evening","currency":"EUR","elements":[
	{"price_components":[{"type":"ENERGY","price":0.30,"vat":19,"step_size":1}],"restrictions":{"start_time":"20:00"}},
	{"price_components":[{"type":"ENERGY","price":0.40,"vat":19,"step_size":1}]},
	{"price_components":[{"type":"FLAT","price":0.50,"vat":19,"step_size":1},{"type":"PARKING_TIME","price":6,"vat":19,"step_size":1}]}],"last_updated":"2026-01-01T00:00:00Z"}`

// heard collects what the CSMS calls a simulated station for.
type heard struct {
	mu    sync.Mutex
	calls []call
}

type call struct {
	at      time.Time
	action  string
	payload string
}

func (h *heard) observe(f sim.Frame) {
	var frame []json.RawMessage
	if f.Sent || json.Unmarshal(f.Data, &frame) != nil || len(frame) != 4 || string(frame[0]) != "2" {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	c := call{at: f.At, action: strings.Trim(string(frame[2]), `"`), payload: string(frame[3])}
	var transfer struct{ MessageID, Data string }
	if c.action == "DataTransfer" && json.Unmarshal(frame[3], &transfer) == nil {
		c.action, c.payload = transfer.MessageID, transfer.Data
	}
	h.calls = append(h.calls, c)
}

// of returns the calls of an action.
func (h *heard) of(action string) (out []call) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, c := range h.calls {
		if c.action == action {
			out = append(out, c)
		}
	}
	return out
}

func (w *world) evse(s *sim.Station, n int) sim.EVSEState {
	w.t.Helper()
	st, err := s.State(context.Background())
	if err != nil {
		w.t.Fatal(err)
	}
	return st.EVSEs[n-1]
}

func asking(c *Config) { c.AskDisplays = true }

// cost is what a call says that a session costs.
func (c call) cost(t *testing.T) string {
	t.Helper()
	var x struct{ Cost, TotalCost json.Number }
	if err := json.Unmarshal([]byte(c.payload), &x); err != nil {
		t.Fatal(err, c.payload)
	}
	if x.Cost != "" {
		return x.Cost.String()
	}
	return x.TotalCost.String()
}

// A station that shows costs is told them while it charges, and in the end the
// gross of the receipt, whatever version it speaks.
func TestTheLastCostShownIsTheReceipts(t *testing.T) {
	for _, v := range versions {
		t.Run(v.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, storetest.MigratedURL(t, schema.FS), asking)
				w.addStation("CS-1", "")
				w.addToken("04AABBCC")
				w.addTariff(eveningTariff)
				var h heard
				s := w.startStation(sim.Config{ID: "CS-1", Version: v, Seed: 1, Screen: true, Observe: h.observe})
				ctx := t.Context()
				must(t, s.Plug(ctx, 1, sim.Vehicle{WantWh: 9_137}))
				out, err := s.Tap(ctx, 1, "04aabbcc")
				if err != nil || !out.Accepted() {
					t.Fatalf("tap: %+v %v", out, err)
				}
				time.Sleep(10 * time.Minute)
				synctest.Wait()
				early := w.evse(s, 1)
				if early.Cost == "" || early.CostFinal {
					t.Fatalf("after ten minutes %q, final %v; it heard %v", early.Cost, early.CostFinal, h.calls)
				}
				time.Sleep(50*time.Minute + 7*time.Second)
				before := len(h.of("CostUpdated"))
				must(t, s.StopLocal(ctx, 1))
				must(t, s.Flush(ctx))
				synctest.Wait()
				w.settle()
				time.Sleep(time.Minute)
				synctest.Wait()
				w.settle()
				r := w.receipts()
				if len(r) != 1 {
					t.Fatalf("%d receipts", len(r))
				}
				want := fmt.Sprintf("%d.%02d", r[0].Gross/100, r[0].Gross%100)
				last := w.evse(s, 1)
				if got := last.Cost; strings.TrimRight(got, "0") != strings.TrimRight(want, "0") {
					t.Errorf("the screen says %q, the receipt %s", got, want)
				}
				if !last.CostFinal {
					t.Error("the station was not told that this is the final cost")
				}
				told := h.of("CostUpdated")
				if v == ocpp.V16 {
					told = h.of("RunningCost")
				}
				if len(told) < 58 || len(told) > 64 { // once a minute
					t.Errorf("told %d times in an hour", len(told))
				}
				// The answer to the end of a transaction says it (2.x): to say it again would be idle.
				if again := h.of("CostUpdated")[before:]; len(again) > 0 {
					t.Errorf("after the end it was told %v", again)
				}
				for i, c := range told[1:] {
					if c.cost(t) == told[i].cost(t) && v != ocpp.V16 {
						t.Errorf("told twice the same: %s", c.payload)
					}
				}
				kept := do(w, func(tx *store.Tx) ([]device.Record, error) {
					return device.Commands(tx, everyone, "CS-1", device.CommandKey{}, 100)
				})
				for _, k := range kept {
					if k.Kind != "get_settings" && k.Kind != "show_price" {
						t.Errorf("on record is %s", k.Kind)
					}
				}
				w.checkMoney()
			})
		})
	}
}

// startedWith connects a station with a screen and begins to charge there.
func (w *world) startedWith(c sim.Config, wantWh int64) (*sim.Station, *heard) {
	w.t.Helper()
	h := &heard{}
	c.ID, c.Seed, c.Screen, c.Observe = "CS-1", 1, true, h.observe
	s := w.startStation(c)
	ctx := w.t.Context()
	must(w.t, s.Plug(ctx, 1, sim.Vehicle{WantWh: wantWh}))
	if out, err := s.Tap(ctx, 1, "04aabbcc"); err != nil || !out.Accepted() {
		w.t.Fatalf("tap: %+v %v", out, err)
	}
	time.Sleep(time.Second)
	synctest.Wait()
	return s, h
}

func costWorld(t *testing.T, tariff string) *world {
	w := newWorld(t, storetest.MigratedURL(t, schema.FS), asking)
	w.addStation("CS-1", "")
	w.addToken("04AABBCC")
	w.addTariff(tariff)
	return w
}

// California pricing says the price with the token, the next price ahead and the
// cost at once when the price changes.
func TestAPriceThatChangesIsToldAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(18*time.Hour + 40*time.Minute + 13*time.Second) // 19:40:13 in Berlin
		w := costWorld(t, eveningTariff)
		s, h := w.startedWith(sim.Config{Version: ocpp.V16}, 60_000)
		time.Sleep(5 * time.Minute)
		synctest.Wait()
		first := h.of("RunningCost")
		if len(first) == 0 || !strings.Contains(first[0].payload, `"nextPeriod":{"atTime":"2000-01-01T19:00:00`) ||
			!strings.Contains(first[0].payload, `"kWhPrice":0.476`) || !strings.Contains(first[0].payload, `"kWhPrice":0.357`) {
			t.Fatalf("the first running cost is %v", first)
		}
		time.Sleep(15*time.Minute - 10*time.Second)
		synctest.Wait()
		at := time.Date(2000, 1, 1, 19, 0, 0, 0, time.UTC)
		found := false
		for _, c := range h.of("RunningCost") {
			if d := c.at.Sub(at); d >= 0 && d < 5*time.Second && strings.Contains(c.payload, `"kWhPrice":0.357`) {
				found = true
			}
		}
		if !found {
			t.Errorf("the new price was not told at 20:00: %v", h.of("RunningCost"))
		}
		must(t, s.Unplug(t.Context(), 1))
	})
}

// The holder of a token is told the price before charging begins.
func TestThePriceIsToldWithTheToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := costWorld(t, eveningTariff)
		s, h := w.startedWith(sim.Config{Version: ocpp.V16}, 5_000) // asks what it shows
		must(t, s.Unplug(t.Context(), 1))
		time.Sleep(time.Minute)
		before := len(h.of("SetUserPrice"))
		if out, err := s.Tap(t.Context(), 1, "04aabbcc"); err != nil || !out.Accepted() {
			t.Fatalf("tap: %+v %v", out, err)
		}
		synctest.Wait()
		told := h.of("SetUserPrice")[before:]
		if len(told) != 1 || !strings.Contains(strings.ToUpper(told[0].payload), "04AABBCC") || !strings.Contains(told[0].payload, "0,30 € pro kWh") {
			t.Fatalf("with the token it was told %v", told)
		}
		st, err := s.State(t.Context())
		if err != nil || len(st.Shown) == 0 || !strings.Contains(st.Shown[len(st.Shown)-1], "0,30 € pro kWh") {
			t.Errorf("it shows %q, %v", st.Shown, err)
		}
	})
}

// A 1.6 station that tells of the unplugging lets a session idle until then.
func TestIdlingAfterTheStopIsPaidFor(t *testing.T) {
	for _, fee := range []bool{true, false} {
		t.Run(fmt.Sprint(fee), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := costWorld(t, eveningTariff)
				s, h := w.startedWith(sim.Config{Version: ocpp.V16, IdleFee: fee}, 4_000)
				time.Sleep(20 * time.Minute)
				must(t, s.StopLocal(t.Context(), 1))
				time.Sleep(30 * time.Minute)
				synctest.Wait()
				if x := w.sessions()[0]; x.State.Open() != fee || x.Reason != "Local" {
					t.Errorf("half an hour after the stop it is %s by %s", x.State, x.Reason)
				}
				must(t, s.Unplug(t.Context(), 1))
				must(t, s.Flush(t.Context()))
				synctest.Wait()
				w.settle()
				time.Sleep(time.Minute)
				r := w.receipts()
				if len(r) != 1 {
					t.Fatalf("%d receipts, sessions %+v", len(r), w.sessions())
				}
				parked := false
				for _, l := range r[0].Body.Lines {
					parked = parked || l.Dimension == "PARKING_TIME" && l.Minor >= 300
				}
				if parked != fee {
					t.Errorf("lines %+v", r[0].Body.Lines)
				}
				final := h.of("FinalCost")
				if len(final) != 1 || final[0].cost(t) != fmt.Sprintf("%d.%02d", r[0].Gross/100, r[0].Gross%100) {
					t.Errorf("the final cost is %v, the receipt %d", final, r[0].Gross)
				}
				if x := w.sessions()[0]; x.Reason != "Local" {
					t.Errorf("it ended by %s", x.Reason)
				}
				w.checkMoney()
			})
		})
	}
}

// What a station that rates for itself says is compared with ours, and never billed by.
func TestAStationsOwnCostIsCompared(t *testing.T) {
	for name, c := range map[string]struct {
		price  money.Price
		differ bool
	}{"the same": {400_000, false}, "another": {410_000, true}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := costWorld(t, plainTariff)
				h := &heard{}
				s := w.startStation(sim.Config{ID: "CS-1", Version: ocpp.V21, Seed: 1, Screen: true, Observe: h.observe})
				time.Sleep(2 * time.Minute) // until it was told ours
				synctest.Wait()
				vat := []device.TariffTax{{Type: "VAT", Percent: 19_000_000}}
				o, err := w.commands.Command(t.Context(), "CS-1", device.SetDefaultTariff{Tariff: device.StationTariff{
					ID: "own", Currency: "EUR", Energy: &device.TariffPart{Prices: []device.TariffPrice{{Price: c.price}}, Taxes: vat},
					Fixed: &device.TariffPart{Prices: []device.TariffPrice{{Price: 500_000}}, Taxes: vat},
				}})
				if err != nil || !o.Status.OK() {
					t.Fatalf("%+v %v", o, err)
				}
				must(t, s.Plug(t.Context(), 1, sim.Vehicle{WantWh: 9_000}))
				if out, err := s.Tap(t.Context(), 1, "04aabbcc"); err != nil || !out.Accepted() {
					t.Fatalf("tap: %+v %v", out, err)
				}
				time.Sleep(time.Hour)
				must(t, s.Unplug(t.Context(), 1))
				must(t, s.Flush(t.Context()))
				synctest.Wait()
				w.settle()
				x, r := w.sessions()[0], w.receipts()
				if len(r) != 1 || r[0].Gross != 488 || x.Flags.Has(session.FlagStationCost) != c.differ {
					t.Errorf("flags %v, receipts %+v", x.Flags, r)
				}
				w.checkMoney()
			})
		})
	}
}
