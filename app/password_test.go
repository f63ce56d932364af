package app

import (
	"testing"
	"testing/synctest"

	"chargewright/base/link"
	"chargewright/base/store/storetest"
	"chargewright/schema"
	"chargewright/sim"
	"chargewright/wire/ocpp"
)

// A password that a station took by the raw route is the one it signs in with;
// both readings of a 1.6 key are good, and the old one is over.
func TestANewPasswordReplacesTheOld(t *testing.T) {
	const old, key = "a password of sixteen", "00112233445566778899aabbccddeeff"
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, storetest.MigratedURL(t, schema.FS), nil)
		w.addStation("CS-1", old)
		w.startStation(sim.Config{ID: "CS-1", Version: ocpp.V16, Password: old, Seed: 1})
		a, err := w.central.Effective(w.Gateway).Call(t.Context(), "CS-1", link.Call{
			Action: "ChangeConfiguration", Payload: []byte(`{"key":"AuthorizationKey","value":"` + key + `"}`),
		})
		if err != nil || string(a.Payload) != `{"status":"Accepted"}` {
			t.Fatalf("%s %v", a.Payload, err)
		}
		p := &player{world: w, vars: map[string]string{}}
		defer p.hangUp()
		must(t, p.connect([]string{"CS-1", "1.6", old}, true))
		must(t, p.connect([]string{"CS-1", "1.6", key}, false))
		must(t, p.connect([]string{"CS-1", "1.6", "\x00\x11\x22\x33\x44\x55\x66\x77\x88\x99\xaa\xbb\xcc\xdd\xee\xff"}, false))
	})
}
