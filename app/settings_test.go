package app

import (
	"testing"
	"testing/synctest"

	"chargewright/base/store"
	"chargewright/base/store/storetest"
	"chargewright/core/device"
	"chargewright/edge/central"
	"chargewright/schema"
	"chargewright/sim"
	"chargewright/wire/ocpp"
)

// What a station reports of its configuration, and what it takes from us, is
// known here afterwards.
func TestSettingsAreLearnt(t *testing.T) {
	for _, v := range versions {
		t.Run(v.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, storetest.MigratedURL(t, schema.FS), nil)
				w.addStation("CS-1", "a password of sixteen")
				w.startStation(sim.Config{ID: "CS-1", Version: v, Password: "a password of sixteen", Seed: 1})
				c := central.NewCommander(w.DB, w.central.Effective(w.Gateway), quiet)
				interval := device.Setting{Component: "OCPPCommCtrlr", Variable: "HeartbeatInterval"}
				if v == ocpp.V16 {
					interval = device.Setting{Variable: "HeartbeatInterval"}
				}
				w.order(c, device.ReportSettings{})
				synctest.Wait()
				known := w.settings()
				if len(known) < 10 || known[interval] == "" {
					t.Fatalf("%d settings are known, the interval is %q", len(known), known[interval])
				}
				w.order(c, device.SetSettings{Values: []device.Value{{Setting: interval, Value: "77"}}})
				if got := w.settings()[interval]; got != "77" {
					t.Errorf("the interval is %q", got)
				}
			})
		})
	}
}

func (w *world) order(c device.Commander, cmd device.Command) {
	w.t.Helper()
	if o, err := c.Command(w.t.Context(), "CS-1", cmd); err != nil || !o.Status.OK() {
		w.t.Fatalf("%s: %+v %v", device.Kind(cmd), o, err)
	}
}

// settings are the actual values of CS-1's settings by their names.
func (w *world) settings() map[device.Setting]string {
	w.t.Helper()
	return do(w, func(tx *store.Tx) (map[device.Setting]string, error) {
		d, _, err := device.At(tx, "CS-1")
		if err != nil {
			return nil, err
		}
		ks, err := device.Settings(tx, d.ID)
		out := map[device.Setting]string{}
		for _, k := range ks {
			if k.Attribute == "Actual" {
				k.Attribute = ""
				out[k.Setting] = k.Value
			}
		}
		return out, err
	})
}
