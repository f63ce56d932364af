package central

import (
	"encoding/json"
	"testing"

	"chargewright/base/link"
	"chargewright/base/store"
	"chargewright/base/store/storetest"
	"chargewright/core/session"
	"chargewright/schema"
	"chargewright/wire/ocpp"
)

// Whatever a station says, it is answered by a reply or by an error of its own
// making, and no session has less than no energy.
func FuzzReceive(f *testing.F) {
	b := newBench(f, storetest.MigratedURL(f, schema.FS), nil)
	versions := []ocpp.Version{ocpp.V16, ocpp.V201, ocpp.V21}
	peers := []link.Peer{b.online("S1", ocpp.V16), b.online("S2", ocpp.V201), b.online("S3", ocpp.V21)}
	for i, v := range versions {
		for action, payload := range every(v) {
			f.Add(uint8(i), action, []byte(payload))
		}
	}
	f.Fuzz(func(t *testing.T, version uint8, action string, payload []byte) {
		if !json.Valid(payload) || len(payload) == 0 || payload[0] != '{' {
			t.Skip("the gateway lets nothing through that is no JSON object")
		}
		c := call(action, string(payload))
		a, err := b.Receive(t.Context(), peers[int(version)%3], c)
		if err != nil {
			t.Fatalf("%s %s: no answer: %v", action, payload, err)
		}
		if a.Error != nil && a.Error.Code == "InternalError" || a.Error == nil && !json.Valid(a.Payload) {
			t.Fatalf("%s %s: %s, %v", action, payload, a.Payload, a.Error)
		}
		_, err = store.Read(t.Context(), b.db, func(tx *store.Tx) (done, error) {
			ss, err := session.List(tx, ours, session.Filter{}, 5)
			for _, s := range ss {
				if s.Energy < 0 {
					t.Errorf("%s %s: %s", action, payload, s.Energy)
				}
			}
			return done{}, err
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}
