package central

import (
	"encoding/json"

	"chargewright/base/fail"
	"chargewright/base/store"
	"chargewright/core/notify"
	"chargewright/core/station"
)

// tell publishes an event of a station, with the facts of the moment, nil for none.
func tell(tx *store.Tx, st station.Station, event string, facts any) error {
	e := notify.Event{Tenant: st.Tenant, Type: event, Object: st.ID}
	if facts != nil {
		b, err := json.Marshal(facts)
		if err != nil {
			return fail.Wrap(fail.Internal, "central.tell", err)
		}
		e.Facts = b
	}
	return notify.Publish(tx, e)
}

// noteStatus records a status, and publishes that a connector, or the station as
// a whole, became faulted.
func noteStatus(tx *store.Tx, r station.Report) error {
	if r.Status != station.Faulted {
		return station.SetStatus(tx, r)
	}
	st, found, err := station.Find(tx, r.Station)
	if err != nil || !found {
		return err
	}
	was := station.Connector{Status: st.Status}
	if r.EVSE > 0 {
		cs, err := station.Connectors(tx, r.Station)
		if err != nil {
			return err
		}
		was = station.Connector{}
		for _, c := range cs {
			if c.EVSE == r.EVSE && c.ID == max(r.Connector, 1) {
				was = c
			}
		}
	}
	if err := station.SetStatus(tx, r); err != nil || was.Status == station.Faulted || was.StatusAt.After(r.At) {
		return err
	}
	return tell(tx, st, notify.StationFaulted, struct {
		EVSE      int64  `json:"evse_id"`
		Connector int64  `json:"connector_id"`
		Code      string `json:"error_code"`
		Vendor    string `json:"vendor_error"`
		Info      string `json:"info"`
	}{r.EVSE, r.Connector, r.ErrorCode, r.VendorError, r.Info})
}
