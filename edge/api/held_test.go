package api

import (
	"testing"

	"chargewright/base/store"
	"chargewright/core/access"
	drivers "chargewright/core/driver"
	sessions "chargewright/core/session"
	tariffs "chargewright/core/tariff"
)

// emitted takes the events of a topic that wait, and returns their keys in order.
func (h *harness) emitted(topic string) (keys []string) {
	h.atom(func(tx *store.Tx) (err error) {
		keys, err = store.All(tx, func(r *store.Row) string { return r.Text(0) }, `SELECT key FROM outbox_event WHERE topic = $1 ORDER BY key`, topic)
		tx.Write(`DELETE FROM outbox_event WHERE topic = $1`, topic)
		return err
	})
	return keys
}

// Whatever is put in that held sessions may wait for has them priced once more.
func TestHeldSessionsAreWokenByWhatTheyWaitFor(t *testing.T) {
	each(t, func(h *harness) {
		f := h.furnish()
		h.atom(func(tx *store.Tx) error {
			_, err := drivers.PutBuyer(tx, scope, drivers.Buyer{Driver: f.driver, Kind: drivers.BuysAsBusiness, Company: "Flotte GmbH", Address: "Kiel", Country: "DE", VATID: "DE123456789"})
			return err
		})
		h.emitted(sessions.TopicRetry)
		for _, c := range []struct {
			code               int
			method, path, body string
			flag               sessions.Flag
		}{
			{201, post, "/entities/" + access.DefaultEntity + "/registrations", `{"country":"DE","kind":"standard","vat_id":"DE811569869","valid_from":"2020-01-01"}`, sessions.FlagNoTax},
			{201, post, "/tax/rates", `{"country":"BR","name":"ICMS","percent":"18","valid_from":"2020-01-01"}`, sessions.FlagNoTax},
			{200, post, "/drivers/" + f.driver + "/buyer/validate", `{"state":"valid","evidence":"seen"}`, sessions.FlagNoTax},
			{200, put, "/holidays/DE/2026-12-24", `{"removed":true}`, sessions.FlagNoCalendar},
		} {
			h.as(c.code, c.method, c.path, c.body)
			if got := h.emitted(sessions.TopicRetry); len(got) != 1 || got[0] != scope.Tenant+"/"+string(c.flag) {
				h.Errorf("%s woke %v", c.path, got)
			}
		}
	})
}

// A station that moves, or whose EVSEs change, may offer another price: its screen is
// looked at again.
func TestAStationThatMovesIsLookedAtAgain(t *testing.T) {
	each(t, func(h *harness) {
		f := h.furnish()
		h.as(200, put, "/sites/elsewhere", `{"name":"Elsewhere","country":"DE","time_zone":"Europe/Berlin"}`)
		h.emitted(tariffs.TopicChanged)
		for _, body := range []string{`{"site_id":"elsewhere"}`, `{"evses":[{"evse_id":2,"max_power_w":22000}]}`} {
			h.as(200, put, "/stations/"+f.station, body)
			if got := h.emitted(tariffs.TopicChanged); len(got) != 1 || got[0] != scope.Tenant {
				h.Errorf("%s: %v", body, got)
			}
		}
		h.as(200, put, "/stations/"+f.station, `{"name":"Left"}`)
		if got := h.emitted(tariffs.TopicChanged); len(got) != 0 {
			h.Errorf("another name: %v", got)
		}
	})
}
