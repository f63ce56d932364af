package api

import (
	"encoding/json"
	"net/url"
	"testing"
	"time"

	"chargewright/core/access"
)

// What a list comes to is the sum of its rows, whatever narrows it.
func TestSumsAreThoseOfTheRows(t *testing.T) {
	each(t, func(h *harness) {
		f := h.furnish()
		p := h.purse(f)
		later := url.QueryEscape(time.Now().Add(time.Hour).UTC().Format(time.RFC3339))
		for path, members := range map[string][]string{"/payments": {"asked", "held", "captured", "refunded"}, "/claims": {"due", "paid", "left"}} {
			filters := []string{"", "driver_id=" + f.driver, "driver_id=nobody", "from=" + later, "to=" + later}
			if path == "/payments" {
				filters = append(filters, "trouble=true", "last4=0011", "session_id="+p.again)
			} else {
				filters = append(filters, "state=dunning", "state=open")
			}
			for _, q := range filters {
				want := map[string]float64{}
				for _, x := range h.as(200, get, path+"?limit=200&"+q, "").items(t) {
					v, _ := x.(map[string]any)
					want["count"]++
					for _, m := range members {
						want[m] += reply{body: v}.minor(m)
					}
				}
				var got struct {
					Sums []map[string]any
					More bool
				}
				r := h.as(200, get, path+"/summary?"+q, "")
				if err := json.Unmarshal([]byte(r.text), &got); err != nil || got.More || len(got.Sums) > 1 || (len(got.Sums) == 1) != (want["count"] > 0) {
					t.Errorf("%s: %v, %s", path+"?"+q, err, r.text)
					continue
				}
				if len(got.Sums) == 0 {
					continue
				}
				if got.Sums[0]["count"] != want["count"] {
					t.Errorf("%s counts %v of %v", path+"?"+q, got.Sums[0]["count"], want["count"])
				}
				for _, m := range members {
					if (reply{body: got.Sums[0]}).minor(m) != want[m] {
						t.Errorf("%s: %s is %v, want %v", path+"?"+q, m, got.Sums[0][m], want[m])
					}
				}
			}
			if r := h.as(200, get, "/exports"+path+".csv?driver_id="+f.driver, ""); r.text == "" {
				t.Errorf("%s are exported as nothing", path)
			}
		}
		if r := h.send(h.keys[access.Technician], get, prefix+"/payments/summary", ""); r.code != 403 {
			t.Errorf("a technician sums: %d", r.code)
		}
	})
}
