package api

import (
	"testing"
	"time"

	"chargewright/base/energy"
	"chargewright/base/store"
	"chargewright/core/access"
	"chargewright/core/billing"
	"chargewright/core/device"
	drivers "chargewright/core/driver"
	sessions "chargewright/core/session"
	stations "chargewright/core/station"
)

const tariffBody = `{
  "country_code": "DE", "party_id": "ABC", "id": "T1", "currency": "EUR", "x_ours": {"b": 1, "a": 2},
  "elements": [{"price_components": [{"type": "ENERGY", "price": 0.50, "vat": 19.0, "step_size": 1}]}],
  "last_updated": "2026-01-01T00:00:00Z"
}`

// ids of one of each thing of the default tenant.
type fixture struct{ station, site, token, driver, session, receipt, tariff, version, key string }

// furnish makes one of each thing: a station that charged 10 kWh at 0.50 net.
func (h *harness) furnish() fixture {
	h.Helper()
	f := fixture{station: "CP1", site: "site", token: "CaRd", tariff: "T1"}
	h.as(200, put, "/stations/CP1", `{"name":"One","site_id":"site"}`)
	f.driver, _ = h.as(201, post, "/drivers", `{"name":"Ada"}`).body["id"].(string)
	h.as(200, put, "/tokens/CaRd", `{"type":"ISO14443","driver_id":"`+f.driver+`"}`)
	f.version, _ = h.as(200, put, "/tariffs/T1", tariffBody).body["version"].(string)
	h.as(200, put, "/tariff-assignments/site/site", `{"tariff_id":"T1"}`)
	f.key, _ = h.as(201, post, "/keys", `{"role":"viewer","label":"screen"}`).body["id"].(string)
	f.session = h.charge("CP1", 1, "CARD", noon)
	h.end(f.session, 1, noon.Add(time.Hour))
	f.receipt, _ = h.as(200, get, "/documents/"+f.session, "").body["id"].(string)
	h.atom(func(tx *store.Tx) error { return h.remark(tx) })
	return f
}

func (h *harness) remark(tx *store.Tx) error {
	d, _, err := device.At(tx, "CP1")
	if err != nil {
		return err
	}
	for i, body := range []string{`{"type":"FirmwareUpdated"}`, `no json`} {
		n := device.Notice{Action: "SecurityEventNotification", Body: body, ReceivedAt: noon.Add(time.Duration(i) * time.Minute)}
		if err := device.Note(tx, d.ID, n); err != nil {
			return err
		}
	}
	if err := device.Found(tx, d.ID, []device.Finding{{Action: "Heartbeat", Kind: "unknown_member", Path: "/x", Detail: "x"}}); err != nil {
		return err
	}
	for _, identity := range []string{"CP1", "NOBODY", "OTHER1"} {
		if err := stations.Refuse(tx, stations.Refusal{Identity: identity, Reason: stations.RefusedUnknown, Remote: "192.0.2.1:1"}); err != nil {
			return err
		}
	}
	return stations.Create(tx, stations.Station{ID: "OTHER1", Tenant: otherTenant, Site: "other-site", Name: "Theirs", Onboarding: stations.Accepted})
}

var noon = time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)

// charge begins a 1.6 session on a station and returns its id.
func (h *harness) charge(station string, connector int64, token string, at time.Time) string {
	h.Helper()
	v, err := store.Do(h.Context(), h.db, station, func(tx *store.Tx) (sessions.Verdict, error) {
		return sessions.Apply(tx, sessions.Report{
			Station: station, Protocol: "1.6", Key: "start" + at.String(), StartKey: token + at.String(), Kind: sessions.Started, Seq: -1, EVSE: connector, Connector: 1,
			Token: token, TokenType: "ISO14443", At: at, Received: at, Samples: []energy.Sample{{At: at, Begin: true, Register: energy.KiloWattHour}},
			Message: []byte(`{"connectorId":1,"idTag":"` + token + `"}`),
		})
	})
	if err != nil {
		h.Fatal(err)
	}
	return v.Session
}

// end ends a session after 10 kWh and settles it.
func (h *harness) end(session string, connector int64, at time.Time) {
	h.Helper()
	_, err := store.Do(h.Context(), h.db, "end", func(tx *store.Tx) (none, error) {
		s, _, err := sessions.Find(tx, session)
		if err != nil {
			return none{}, err
		}
		_, err = sessions.Apply(tx, sessions.Report{
			Station: s.Station, Protocol: "1.6", Tx: s.Tx, Key: "stop" + session, Kind: sessions.Ended, Seq: -1, EVSE: connector, Connector: 1, At: at, Received: at,
			Samples: []energy.Sample{{At: at, End: true, Register: 11*energy.KiloWattHour + 500}}, Reason: "EVDisconnected", Message: []byte(`{"transactionId":1}`),
		})
		return none{}, err
	})
	if err == nil {
		err = billing.Settle(h.Context(), h.db, session)
	}
	if err != nil {
		h.Fatal(err)
	}
}

func TestTheFixtureIsPriced(t *testing.T) {
	each(t, func(h *harness) {
		f := h.furnish()
		s := h.as(200, get, "/sessions/"+f.session, "").body
		cost, _ := s["cost"].(map[string]any)
		if s["energy_wh"] != 10001.0 || cost["amount_minor"] != 595.0 || cost["currency"] != "EUR" { // 10.0005 kWh: half away from zero
			h.Fatalf("the session is %v", s)
		}
		if s["id_tag"] != "CARD" || s["driver_id"] != f.driver || s["stop_reason"] != "EVDisconnected" || s["state"] != "closed" || s["evse_id"] != 1.0 {
			h.Errorf("the session is %v", s)
		}
		if drivers.Key("CARD") != "card" || access.DefaultTenant == otherTenant {
			h.Error("the fixture proves nothing")
		}
	})
}
