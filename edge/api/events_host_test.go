package api

import (
	"strings"
	"testing"
	"time"

	"chargewright/base/store"
	"chargewright/core/access"
	stations "chargewright/core/station"
)

// A host hears of the stations at its sites, as they stand now, and of no other.
func TestEventsOfAHost(t *testing.T) {
	bubble(t, func(t *testing.T, h *harness) {
		var nowhere string
		h.atom(func(tx *store.Tx) (err error) {
			err = stations.PutSite(tx, stations.Site{ID: "yonder", Tenant: access.DefaultTenant, Entity: access.DefaultEntity, Name: "Yonder", Country: "DE", Zone: "UTC"})
			if err == nil {
				nowhere, err = access.CreateKey(tx, access.DefaultTenant, access.Host, "nowhere")
			}
			return err
		})
		host, other, all := h.follow(h.keys[access.Host], ""), h.follow(nowhere, ""), h.follow(h.keys[access.Viewer], "")
		for _, r := range []*reader{host, other, all} {
			r.read()
		}
		heard := func(r *reader) bool { return strings.Contains(r.read(), `"OURS"`) }
		h.live.Publish(topicStation, []byte("OURS"))
		if a, b, c := heard(host), heard(other), heard(all); !a || b || !c {
			t.Errorf("at the site: %v, elsewhere %v, all %v", a, b, c)
		}
		h.atom(func(tx *store.Tx) error {
			return stations.Update(tx, stations.Station{ID: "OURS", Tenant: access.DefaultTenant, Site: "yonder", Onboarding: stations.Accepted})
		})
		h.live.Publish(topicStation, []byte("OURS"))
		if a, b := heard(host), heard(all); a || !b {
			t.Errorf("after it moved: %v, all %v", a, b)
		}
		h.live.Publish("nothing known", []byte("OURS"))
		if heard(host) {
			t.Error("an event of nobody was heard")
		}
		time.Sleep(3 * heartbeat) // the host goes on
		synced := host.read()
		if host.ended() || !strings.Contains(synced, "event: beat") {
			t.Errorf("the host's stream: %q", synced)
		}
		for _, r := range []*reader{host, other, all} {
			r.leave()
		}
	})
}
