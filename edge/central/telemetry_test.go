package central

import (
	"testing"
	"time"

	"chargewright/base/energy"
)

func TestTelemetryKeepsEveryReading(t *testing.T) {
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	rs, err := energy.Unpack(energy.Pack(kept(2, []reading{
		{at: at, value: "11000.5", measurand: "Power.Active.Import", phase: "L1", unit: "W", context: "Sample.Periodic", location: "Outlet"},
		{at: at, value: "15", unit: "Wh", multiplier: 2},
		{at: at, measurand: signedData, signed: "OCMF|{…}|{…}"},
	})))
	if err != nil || len(rs) != 3 {
		t.Fatalf("%+v %v", rs, err)
	}
	want := []energy.Reading{
		{At: at, EVSE: 2, Measurand: "Power.Active.Import", Phase: "L1", Location: "Outlet", Context: "Sample.Periodic", Unit: "W", Value: "11000.5"},
		{At: at, EVSE: 2, Unit: "Wh", Value: "15e2"},
		{At: at, EVSE: 2, Measurand: "SignedData", Signed: "OCMF|{…}|{…}"},
	}
	for i := range want {
		if rs[i] != want[i] {
			t.Errorf("%+v, want %+v", rs[i], want[i])
		}
	}
}
