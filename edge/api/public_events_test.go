package api

import (
	"strings"
	"testing"
	"time"

	"chargewright/core/access"
)

// Nobody is still a reader of their tenant's sites after a heartbeat, by which
// the caller is asked for again.
func TestPublicEventsGoOnAfterAHeartbeat(t *testing.T) {
	bubble(t, func(t *testing.T, h *harness) {
		r := h.followAt(publicEventsPath, "", "")
		r.read()
		time.Sleep(2 * heartbeat)
		if got := r.read(); !strings.Contains(got, "event: beat") {
			t.Errorf("the heartbeat is %q", got)
		}
		h.live.Publish(TopicSite, []byte(otherTenant+"/other-site"))
		h.live.Publish(TopicSite, []byte(access.DefaultTenant+"/site"))
		if got := r.read(); !strings.HasSuffix(got, "event: site\ndata: {\"id\":\"site\"}\n\n") || strings.Contains(got, "other-site") {
			t.Errorf("after heartbeats nobody reads %q", got)
		}
		r.leave()
	})
}
