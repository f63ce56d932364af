package sim

import (
	"testing"
	"time"

	"chargewright/wire/ocpp"
	"chargewright/wire/ocpp/v21"
)

// events returns the TransactionEvents of a 2.x station, decoded.
func (r rig) events() []v21.TransactionEvent {
	return typed[v21.TransactionEvent](r.csms, r.st.Version())
}

func each2(t *testing.T, cfg Config, test func(r rig)) {
	for _, v := range []ocpp.Version{ocpp.V201, ocpp.V21} {
		t.Run(v.String(), func(t *testing.T) {
			cfg.Version = v
			bubble(t, cfg, test)
		})
	}
}

func TestWholeSession2(t *testing.T) {
	each2(t, Config{EVSEs: []EVSE{{Kind: DC}}}, func(r rig) {
		r.must(r.st.WaitAccepted(r.ctx))
		out, err := r.st.Tap(r.ctx, 1, "TAG1")
		r.must(err)
		if !out.Accepted() || out.Transaction != "" {
			t.Fatalf("a tap without a vehicle: %+v", out)
		}
		r.must(r.st.Plug(r.ctx, 1, Vehicle{BatteryWh: 20_000, SoC: 50}))
		time.Sleep(30 * time.Minute) // long enough to be full
		r.must(r.st.StopLocal(r.ctx, 1))
		r.must(r.st.Flush(r.ctx))

		events := r.events()
		states := []v21.ChargingStateEnum{}
		for i, q := range events {
			if q.SeqNo != int64(i) || q.TransactionInfo.TransactionID != events[0].TransactionInfo.TransactionID {
				r.t.Errorf("event %d: seqNo %d, transaction %s", i, q.SeqNo, q.TransactionInfo.TransactionID)
			}
			if n := len(states); n == 0 || states[n-1] != q.TransactionInfo.ChargingState {
				states = append(states, q.TransactionInfo.ChargingState)
			}
		}
		equal(r.t, "charging states", states, []v21.ChargingStateEnum{"EVConnected", "Charging", "SuspendedEV", "EVConnected"})
		first, last := events[0], events[len(events)-1]
		if first.EventType != v21.TransactionEventStarted || first.TriggerReason != v21.TriggerReasonCablePluggedIn || first.IDToken.IDToken != "TAG1" {
			r.t.Errorf("first event: %+v", first)
		}
		if last.EventType != v21.TransactionEventEnded || last.TransactionInfo.StoppedReason != v21.ReasonLocal {
			r.t.Errorf("last event: %+v", last)
		}
		if got := last.MeterValue[0].SampledValue[0].Value.String(); got != "10000" {
			r.t.Errorf("half of a 20 kWh battery took %s Wh", got)
		}
	})
}
