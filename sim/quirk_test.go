package sim

import (
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"chargewright/wire/ocpp"
	"chargewright/wire/ocpp/v16"
)

// TestQuirks has a station with each quirk charge once and looks for its mark
// in what the server got.
func TestQuirks(t *testing.T) {
	marks := map[string]struct{ action, pattern string }{
		ZonelessTime:       {"StartTransaction", `"timestamp":"[^"Z]+"`},
		LongSerial:         {"BootNotification", `"chargePointSerialNumber":"[^"]{40}"`},
		EmptyOptionals:     {"BootNotification", `"iccid":""`},
		UnknownFields:      {"StartTransaction", `"xVendorDetail":\{`},
		VendorCodesComma:   {"StatusNotification", `"vendorErrorCode":"CX002,CX014"`},
		Celcius:            {"MeterValues", `"unit":"Celcius"`},
		WholeNumbersAsReal: {"StartTransaction", `"meterStart":0\.0`},
	}
	for _, q := range Quirks() {
		t.Run(q.Name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newCSMS(t)
				c.lenient = true
				start(t, c, Config{Version: ocpp.V16, Quirks: []string{q.Name}}, func(r rig) {
					r.charge()
					time.Sleep(5*time.Minute + time.Second)
					r.must(r.st.StopLocal(r.ctx, 1))
					r.must(r.st.Fault(r.ctx, 1, "GroundFailure"))
					r.must(r.st.Flush(r.ctx))
					if m, ok := marks[q.Name]; ok {
						r.find(m.action, m.pattern)
						return
					}
					r.behaves(q.Name)
				})
			})
		})
	}
}

func (r rig) find(action, pattern string) {
	r.t.Helper()
	for _, c := range r.of(action) {
		if regexp.MustCompile(pattern).Match(c.payload) {
			return
		}
	}
	r.t.Errorf("no %s has %s: %+v", action, pattern, r.of(action))
}

// behaves checks the quirks that show in when and how often things are sent.
func (r rig) behaves(quirk string) {
	r.t.Helper()
	first := r.calls[0].action
	starts, stops, samples := r.of("StartTransaction"), r.of("StopTransaction"), typed[v16.MeterValues](r.csms, ocpp.V16)
	switch quirk {
	case DuplicateMessages:
		if len(starts) != 2 || starts[0].id != starts[1].id || len(stops) != 2 {
			r.t.Errorf("%d starts, %d stops", len(starts), len(stops))
		}
	case NoStop:
		if len(starts) != 1 || len(stops) != 0 {
			r.t.Errorf("%d starts, %d stops", len(starts), len(stops))
		}
	case NoHeartbeat:
		if n := len(r.of("Heartbeat")); n != 0 {
			r.t.Errorf("%d heartbeats", n)
		}
	case LateBoot:
		if first != "StatusNotification" {
			r.t.Errorf("%s goes first", first)
		}
	case ClockDrift:
		q := typed[v16.StopTransaction](r.csms, ocpp.V16)[0]
		if ahead := q.Timestamp.Sub(stops[0].at).Round(time.Second); ahead != 2*time.Minute+5*time.Second {
			r.t.Errorf("the clock is %v ahead", ahead)
		}
	case ReorderMeterValues:
		back := 0
		for i := 1; i < len(samples); i++ {
			if samples[i].MeterValue[0].Timestamp.Before(samples[i-1].MeterValue[0].Timestamp.Time) {
				back++
			}
		}
		if len(samples) != 5 || back != 2 {
			r.t.Errorf("%d samples, %d of them late", len(samples), back)
		}
	default:
		r.t.Errorf("the quirk %s is not looked for", quirk)
	}
}

func TestQuirksAreDescribed(t *testing.T) {
	for i, q := range Quirks() {
		if q.Does == "" || strings.ToLower(q.Name) != q.Name || i > 0 && Quirks()[i-1].Name >= q.Name {
			t.Errorf("%+v", q)
		}
	}
}
