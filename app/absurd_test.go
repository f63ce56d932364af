package app

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"chargewright/base/store"
	"chargewright/base/store/storetest"
	"chargewright/core/access"
	"chargewright/schema"
)

// odd is a station that says what cannot be, in the frames of its version.
type odd struct {
	*player
	key string // of the owner, for the API
	v16 bool
	tx  string
	n   int
}

// began is when its sessions begin: the clock of a bubble starts two hours later.
var began = time.Date(1999, 12, 31, 22, 0, 0, 0, time.UTC)

func stamp(minutes int) string {
	return began.Add(time.Duration(minutes) * time.Minute).Format(time.RFC3339)
}

// says sends a call and returns the answer; what is no answer fails the test.
func (o *odd) says(action, payload string) map[string]json.RawMessage {
	o.t.Helper()
	time.Sleep(time.Second)
	o.n++
	if err := o.play(fmt.Sprintf(`> [2,"%d",%q,%s]`, o.n, action, payload)); err != nil {
		o.t.Fatal(err)
	}
	var frame []json.RawMessage
	select {
	case got := <-o.incoming:
		if err := json.Unmarshal([]byte(got), &frame); err != nil || len(frame) < 3 {
			o.t.Fatalf("%s %s: %q", action, payload, got)
		}
	case <-time.After(time.Minute):
		o.t.Fatalf("%s %s: no answer", action, payload)
	}
	if string(frame[0]) != "3" {
		return map[string]json.RawMessage{"error": frame[2]} // of what is not of the schema
	}
	var body map[string]json.RawMessage
	if err := json.Unmarshal(frame[2], &body); err != nil {
		o.t.Fatal(err)
	}
	return body
}

// sample is a register in a message: of 1.6 a text, of 2.x a number.
func (o *odd) sample(value, unit, context string) string {
	if o.v16 {
		return fmt.Sprintf(`{"value":%q,"unit":%q,"context":%q,"measurand":"Energy.Active.Import.Register"}`, value, unit, context)
	}
	return fmt.Sprintf(`{"value":%s,"context":%q,"measurand":"Energy.Active.Import.Register","unitOfMeasure":{"unit":%q}}`, value, context, unit)
}

func (o *odd) event(kind, at, state, more string) map[string]json.RawMessage {
	o.t.Helper()
	o.n++
	seq := map[string]int{"Started": 0, "Ended": 99}[kind]
	if kind == "Updated" {
		seq = o.n
	}
	return o.says("TransactionEvent", fmt.Sprintf(`{"eventType":%q,"timestamp":%q,"triggerReason":"Trigger","seqNo":%d,"evse":{"id":1},
		"transactionInfo":{"transactionId":%q,"chargingState":%q}%s}`, kind, at, seq, o.tx, state, more))
}

func (o *odd) start(wh, at string) {
	o.t.Helper()
	if o.v16 {
		a := o.says("StartTransaction", fmt.Sprintf(`{"connectorId":1,"idTag":"TAG-1","meterStart":%s,"timestamp":%q}`, wh, at))
		o.tx = string(a["transactionId"])
		return
	}
	o.tx = "T-1"
	o.event("Started", at, "Charging", fmt.Sprintf(`,"idToken":{"idToken":"TAG-1","type":"ISO14443"},"meterValue":[{"timestamp":%q,"sampledValue":[%s]}]`, at, o.sample(wh, "Wh", "Transaction.Begin")))
}

func (o *odd) meter(value, unit, at string) {
	o.t.Helper()
	values := fmt.Sprintf(`[{"timestamp":%q,"sampledValue":[%s]}]`, at, o.sample(value, unit, "Sample.Periodic"))
	if o.v16 {
		o.says("MeterValues", fmt.Sprintf(`{"connectorId":1,"transactionId":%s,"meterValue":%s}`, o.tx, values))
		return
	}
	o.event("Updated", at, "Charging", `,"meterValue":`+values)
}

func (o *odd) stop(wh, at string) {
	o.t.Helper()
	if o.v16 {
		o.says("StopTransaction", fmt.Sprintf(`{"transactionId":%s,"idTag":"TAG-1","meterStop":%s,"timestamp":%q}`, o.tx, wh, at))
		return
	}
	o.event("Ended", at, "Idle", fmt.Sprintf(`,"meterValue":[{"timestamp":%q,"sampledValue":[%s]}]`, at, o.sample(wh, "Wh", "Transaction.End")))
}

// shown is the newest session as the console shows it, and what its list of what
// waits for a person names.
func (o *odd) shown() (s struct {
	ID       string   `json:"id"`
	State    string   `json:"state"`
	Held     bool     `json:"held"`
	EnergyWh int64    `json:"energy_wh"`
	Flags    []string `json:"flags"`
}, waiting []string) {
	o.t.Helper()
	synctest.Wait()
	o.settle()
	time.Sleep(16 * time.Minute) // for messages that are missing
	o.settle()
	var all struct{ Items []json.RawMessage }
	_, text := ask(o.t, o.Server, o.key, "GET", "/sessions", "")
	if err := json.Unmarshal([]byte(text), &all); err != nil || len(all.Items) == 0 {
		o.t.Fatalf("sessions: %s", text)
	}
	if err := json.Unmarshal(all.Items[0], &s); err != nil {
		o.t.Fatal(err)
	}
	for _, list := range []string{"held", "doubtful"} {
		var in struct{ Items []struct{ ID string } }
		_, text := ask(o.t, o.Server, o.key, "GET", "/sessions?state="+list, "")
		if err := json.Unmarshal([]byte(text), &in); err != nil {
			o.t.Fatal(text)
		}
		if len(in.Items) > 0 && in.Items[0].ID == s.ID {
			waiting = append(waiting, list)
		}
	}
	return s, waiting
}

// Whatever a meter or a clock says, by a real socket: the session ends in a named
// state, is never billed by what cannot be, and is where a person looks.
func TestAbsurdMetersWaitForAPerson(t *testing.T) {
	for name, x := range map[string]struct {
		says    func(o *odd)
		flag    string // that names it
		waiting string // the list in which it is
		billed  int64  // Wh; −1: not at all
	}{
		"a negative register": {func(o *odd) { o.start("-5000", stamp(0)); o.stop("5000", stamp(60)) }, "", "", 10_000}, // what was delivered is known
		"negative energy":     {func(o *odd) { o.start("5000", stamp(0)); o.stop("-5000", stamp(60)) }, "meter_fell", "held", -1},
		"start above stop":    {func(o *odd) { o.start("50000", stamp(0)); o.stop("40000", stamp(60)) }, "meter_fell", "held", -1},
		"a fall in the middle": {func(o *odd) {
			o.start("1000", stamp(0))
			o.meter("9000", "Wh", stamp(20))
			o.meter("4000", "Wh", stamp(40))
			o.stop("11000", stamp(60))
		}, "meter_fell", "held", -1},
		"a jump of a GWh":        {func(o *odd) { o.start("1000", stamp(0)); o.stop("1000001000", stamp(60)) }, "meter_jumped", "held", -1},
		"more than meters show":  {func(o *odd) { o.start("0", stamp(0)); o.stop("9000000000000000", stamp(60)) }, "meter_ends_unreadable", "held", -1},
		"a start no meter shows": {func(o *odd) { o.start("9000000000000000", stamp(0)); o.stop("11000", stamp(60)) }, "meter_ends_unreadable", "held", -1},
		"kWh said as Wh in the middle": {func(o *odd) {
			o.start("1000000", stamp(0))
			o.meter("1005", "Wh", stamp(30))
			o.stop("1010000", stamp(60))
		}, "meter_fell", "held", -1},
		"Wh said as kWh in the middle": {func(o *odd) {
			o.start("1000000", stamp(0))
			o.meter("1005000", "kWh", stamp(30))
			o.stop("1010000", stamp(60))
		}, "meter_jumped", "held", -1},
		"a unit that is none, in the middle": {func(o *odd) {
			o.start("1000", stamp(0))
			o.meter("6000", "V", stamp(30))
			o.stop("11000", stamp(60))
		}, "meter_unreadable", "doubtful", 10_000},
		"1e308 in the middle": {func(o *odd) {
			o.start("1000", stamp(0))
			o.meter("1e308", "Wh", stamp(30))
			o.stop("11000", stamp(60))
		}, "meter_unreadable", "doubtful", 10_000},
		"a clock in 1970": {func(o *odd) { o.start("1000", "1970-01-01T00:00:10Z"); o.stop("11000", "1970-01-01T01:00:10Z") }, "clock_wrong", "held", -1},
		"a clock in 2099": {func(o *odd) { o.start("1000", "2099-01-01T00:00:00Z"); o.stop("11000", "2099-01-01T01:00:00Z") }, "clock_wrong", "held", -1},
		"a reading of 2099 in the middle": {func(o *odd) {
			o.start("1000", stamp(0))
			o.meter("6000", "Wh", "2099-01-01T00:00:00Z")
			o.stop("11000", stamp(60))
		}, "clock_wrong", "held", -1},
		"a stop without a start":  {func(o *odd) { o.tx = "4711"; o.stop("11000", stamp(60)) }, "no_start", "held", -1},
		"a stop before the start": {func(o *odd) { o.start("1000", stamp(60)); o.stop("11000", stamp(0)) }, "clock_wrong", "held", -1},
		"two stops": {func(o *odd) {
			o.start("1000", stamp(0))
			o.stop("11000", stamp(60))
			o.stop("99000", stamp(70))
		}, "conflicting_evidence", "doubtful", 10_000},
		"two stops, the second after the bill": {func(o *odd) {
			o.start("1000", stamp(0))
			o.stop("11000", stamp(60))
			synctest.Wait()
			o.settle()
			time.Sleep(16 * time.Minute)
			o.settle()
			o.stop("99000", stamp(70))
		}, "conflicting_evidence", "doubtful", 10_000},
		"readings after the bill": {func(o *odd) {
			o.start("1000", stamp(0))
			o.stop("11000", stamp(60))
			synctest.Wait()
			o.settle()
			time.Sleep(16 * time.Minute)
			o.settle()
			o.meter("99000", "Wh", stamp(59))
		}, "late_evidence", "doubtful", 10_000},
	} {
		for _, version := range []string{"1.6", "2.0.1"} {
			t.Run(name+"/"+version, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					o := newOdd(t, version)
					defer o.hangUp()
					x.says(o)
					s, waiting := o.shown()
					receipts := o.receipts()
					if s.State != "closed" || x.flag != "" && !slices.Contains(s.Flags, x.flag) || strings.Join(waiting, " ") != x.waiting {
						t.Errorf("%s, flags %v, in %v", s.State, s.Flags, waiting)
					}
					if x.billed < 0 && len(receipts) != 0 || x.billed >= 0 && (len(receipts) != 1 || receipts[0].Body.Energy.WattHours() != x.billed) {
						t.Errorf("receipts %+v", receipts)
					}
					o.checkMoney()
				})
			})
		}
	}
}

// newOdd is one that is connected; the EVSE's power is not known.
func newOdd(t *testing.T, version string) *odd {
	w := newWorld(t, storetest.MigratedURL(t, schema.FS), nil)
	w.addStation("CS-1", "")
	w.addToken("TAG-1")
	w.addTariff(plainTariff)
	key := do(w, func(tx *store.Tx) (string, error) {
		return access.CreateKey(tx, access.DefaultTenant, access.Owner, "test")
	})
	o := &odd{player: &player{world: w, vars: map[string]string{}}, key: key, v16: version == "1.6"}
	if err := o.play("connect CS-1 " + version); err != nil {
		t.Fatal(err)
	}
	if !o.v16 {
		o.says("BootNotification", `{"chargingStation":{"model":"One","vendorName":"Acme"},"reason":"PowerUp"}`)
	}
	return o
}
