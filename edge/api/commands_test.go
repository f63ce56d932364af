package api

import (
	"context"
	"strings"
	"testing"
	"time"

	"chargewright/base/fail"
	"chargewright/base/store"
	"chargewright/base/store/storetest"
	"chargewright/core/access"
	"chargewright/core/device"
	stations "chargewright/core/station"
	"chargewright/schema"
)

func TestCommands(t *testing.T) {
	each(t, func(h *harness) {
		for _, id := range []string{"UP", "DOWN", "SILENT"} {
			h.atom(func(tx *store.Tx) error {
				return stations.Create(tx, stations.Station{ID: id, Tenant: access.DefaultTenant, Site: "site", Name: id, Onboarding: stations.Accepted})
			})
		}
		for _, c := range []struct {
			path, body string
			code       int
			says       string
		}{
			{"/stations/UP/commands/reset", `{"hard":true}`, 200, `"status":"accepted"`},
			{"/stations/UP/commands/reset", "", 200, "reset by key_"},
			{"/stations/UP/commands/explode", `{}`, 422, "no kind of command"},
			{"/stations/UP/commands/reset", `{"harder":true}`, 422, "harder"},
			{"/stations/UP/commands/reset", `[]`, 422, ""},
			{"/stations/DOWN/commands/reset", `{}`, 409, "offline"},
			{"/stations/SILENT/commands/reset", `{}`, 504, "timeout"},
			{"/stations/NOBODY/commands/reset", `{}`, 404, ""},
			{"/stations/OTHER1/commands/reset", `{}`, 404, ""},
		} {
			if r := h.as(c.code, post, c.path, c.body); !strings.Contains(r.text, c.says) {
				h.Errorf("%s %s: %s", c.path, c.body, r.text)
			}
		}
		h.atom(func(tx *store.Tx) error {
			_, err := device.Queue(tx, access.DefaultTenant, "UP", "somebody", device.Reset{})
			return err
		})
		if r := h.as(200, get, "/stations/UP/commands", ""); !strings.Contains(r.text, `"actor":"somebody"`) || !strings.Contains(r.text, `"state":"queued"`) {
			h.Errorf("the list is %s", r.text)
		}
		mine, _ := h.as(201, post, "/keys", `{"role":"viewer","label":"Night shift"}`).body["id"].(string)
		h.atom(func(tx *store.Tx) error {
			_, err := device.Queue(tx, access.DefaultTenant, "UP", mine, device.Reset{})
			return err
		})
		if r := h.as(200, get, "/stations/UP/commands", ""); !strings.Contains(r.text, `"actor":"`+mine+`","actor_name":"Night shift"`) || !strings.Contains(r.text, `"actor":"somebody","actor_name":""`) {
			h.Errorf("who gave them: %s", r.text)
		}
	})
}

func TestMessages(t *testing.T) {
	storetest.Each(t, schema.FS, func(t *testing.T, db *store.DB) {
		asked := time.Time{}
		h := newHarness(t, db, func(o *Options) {
			o.Messages = func(_ context.Context, station string, before time.Time, limit int) ([]Exchange, error) {
				if station != "CP" || limit != 3 {
					return nil, fail.New(fail.Invalid, "test", "%s %d", station, limit)
				}
				asked = before
				return []Exchange{{At: noon, MessageID: "1", Action: "Heartbeat", Request: []byte(`{}`), Response: []byte(`{"currentTime":"x"}`), LatencyUs: 42}}, nil
			}
		})
		h.connect("CP", "1.6", answers(`{}`))
		r := h.as(200, get, "/stations/CP/messages?limit=3&before=2026-03-10T12:00:00Z", "")
		if !strings.Contains(r.text, `"latency_us":42`) || !strings.Contains(r.text, `"response":{"currentTime":"x"}`) || !asked.Equal(noon) {
			t.Errorf("%s, before %v", r.text, asked)
		}
		h.as(404, get, "/stations/NOBODY/messages", "")
	})
}
