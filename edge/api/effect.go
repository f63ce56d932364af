package api

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"chargewright/base/store"
	"chargewright/core/access"
	"chargewright/core/device"
	sessions "chargewright/core/session"
	stations "chargewright/core/station"
)

// effect is what followed a command that the station accepted: its answer says
// what it will do, the effect that it did.
type effect struct {
	State    string     `json:"state" enum:"none,waiting,seen,missed" doc:"none: nothing would prove it, or it was not accepted; missed: nothing did until the deadline"`
	At       *time.Time `json:"at" doc:"When it was seen"`
	Text     string     `json:"text" doc:"What proves it, or was seen instead"`
	Deadline *time.Time `json:"deadline"`
}

// sign is what proves a command: where it is looked for, and until when.
type sign struct {
	within time.Duration // after the answer
	// One of these looks for it from the command on until the deadline.
	inRows func(tx *store.Tx, w watch) (seen, error)
	inLog  []string // OCPP actions of the station, one of which comes
	below  float64  // W: the power of an EVSE falls to it
	evse   int64
}

// watch is a command whose effect is looked for.
type watch struct {
	scope    access.Scope
	record   device.Record
	command  device.Command
	since    time.Time
	deadline time.Time
}

// seen is what was found: the proof at a time, or why there can be none.
type seen struct {
	at   time.Time // zero: nothing yet
	text string
	over bool // with at zero: it failed, or cannot be told any more
}

// signs is the table of what proves which command. What is not in it has no
// effect that shows: its answer is all there is.
var signs = map[string]sign{
	device.Kind(device.Reset{}):           {within: 5 * time.Minute, inRows: bootSeen},
	device.Kind(device.RemoteStart{}):     {within: 3 * time.Minute, inRows: startSeen},
	device.Kind(device.RemoteStop{}):      {within: 2 * time.Minute, inRows: stopSeen},
	device.Kind(device.SetAvailability{}): {within: 2 * time.Minute, inRows: availabilitySeen},
	device.Kind(device.UpdateFirmware{}):  {within: 24 * time.Hour, inRows: progressSeen("Installed", "FirmwareStatusNotification", "SignedFirmwareStatusNotification")},
	device.Kind(device.GetLog{}):          {within: time.Hour, inRows: progressSeen("Uploaded", "LogStatusNotification", "DiagnosticsStatusNotification")},
	device.Kind(device.Trigger{}):         {within: time.Minute},

	device.Kind(device.SetChargingProfile{}): {within: 5 * time.Minute},
}

// triggered maps what a station is asked to send to the OCPP actions it sends.
var triggered = map[device.Message][]string{
	device.BootMessage: {"BootNotification"}, device.HeartbeatMessage: {"Heartbeat"}, device.StatusMessage: {"StatusNotification", "NotifyEvent"},
	device.MeterMessage: {"MeterValues"}, device.TransactionMessage: {"TransactionEvent"}, device.DiagnosticsMessage: {"DiagnosticsStatusNotification"},
	device.LogMessage: {"LogStatusNotification"}, device.FirmwareMessage: {"FirmwareStatusNotification", "SignedFirmwareStatusNotification"},
	device.PublishMessage: {"PublishFirmwareStatusNotification"}, device.SignStationMessage: {"SignCertificate"}, device.SignV2GMessage: {"SignCertificate"},
	device.SignV2G20Message: {"SignCertificate"}, device.SignCombinedMessage: {"SignCertificate"},
}

// signOf is what proves a command on record; ok is false when nothing does.
func signOf(sc access.Scope, r device.Record) (sign, watch, bool) {
	g, ok := signs[r.Kind]
	if !ok || r.State != device.Answered || !r.Status.OK() {
		return g, watch{}, false
	}
	c, err := device.ParseCommand(r.Kind, []byte(r.Body))
	if err != nil {
		return g, watch{}, false // a body too long to keep
	}
	if t, is := c.(device.Trigger); is {
		g.inLog = triggered[t.What]
	}
	if p, is := c.(device.SetChargingProfile); is && p.EVSE > 0 {
		g.below, g.evse = firstLimit(p.Profile), p.EVSE
	}
	if t, is := c.(device.Reset); is && !t.Hard || r.Status == device.Scheduled {
		g.within = max(g.within, 24*time.Hour) // when the transaction has ended
	}
	w := watch{sc, r, c, r.SentAt, r.AnsweredAt.Add(g.within)}
	return g, w, g.inRows != nil || g.inLog != nil || g.below > 0
}

// firstLimit is the limit of a profile's first period in W, 0 when it has none.
// Amperes count at 230 V, by three phases unless fewer are given.
func firstLimit(p device.Profile) float64 {
	if len(p.Periods) == 0 || p.Periods[0].Limit == nil || p.Periods[0].Limit.L2 != nil {
		return 0
	}
	w := float64(p.Periods[0].Limit.Value) / 10
	if p.Unit == device.Ampere {
		phases := p.Periods[0].Phases
		if phases == 0 {
			phases = 3
		}
		w *= 230 * float64(phases)
	}
	return w
}

// judge makes an effect of what was found.
func judge(found seen, deadline, now time.Time) effect {
	d := deadline.UTC()
	switch {
	case !found.at.IsZero():
		return effect{"seen", moment(found.at), found.text, &d}
	case found.over:
		return effect{"missed", nil, found.text, &d}
	case now.Before(deadline):
		return effect{"waiting", nil, found.text, &d}
	}
	return effect{"missed", nil, found.text, &d}
}

// effectsOf looks for the effects of commands: first in our rows, then in the
// station's message log.
func (s *server) effectsOf(ctx context.Context, sc access.Scope, rs []device.Record) ([]effect, error) {
	now := time.Now()
	out := make([]effect, len(rs))
	_, err := store.Read(ctx, s.o.DB, func(tx *store.Tx) (none, error) {
		for i, r := range rs {
			out[i] = effect{State: "none"}
			g, w, ok := signOf(sc, r)
			if !ok || g.inRows == nil {
				continue
			}
			found, err := g.inRows(tx, w)
			if err != nil {
				return none{}, err
			}
			out[i] = judge(found, w.deadline, now)
		}
		return none{}, nil
	})
	if err != nil {
		return out, err
	}
	for i, r := range rs {
		g, w, ok := signOf(sc, r)
		switch {
		case ok && g.inLog != nil && s.o.Messages != nil:
			found, err := s.inLog(ctx, w, g.inLog)
			if err != nil {
				return out, err
			}
			out[i] = judge(found, w.deadline, now)
		case ok && g.below > 0 && s.o.Monitor != nil:
			found, measured, err := s.inPower(ctx, w, g)
			if err != nil {
				return out, err
			}
			if out[i] = judge(found, w.deadline, now); !measured && !now.Before(w.deadline) {
				out[i] = effect{State: "none", Text: "no power was measured"}
			}
		}
	}
	return out, nil
}

// inPower looks for the first measurement of an EVSE's power that keeps a limit,
// give or take what a vehicle and a meter may: 5 % and 100 W. Where the power was
// below it all along that is the first there is.
func (s *server) inPower(ctx context.Context, w watch, g sign) (found seen, measured bool, err error) {
	h, err := s.o.Monitor.History(ctx, w.record.Station, g.evse, w.since, w.deadline)
	for _, p := range h.Power {
		if p.Gap || p.At.Before(w.since) {
			continue
		}
		measured = true
		if p.V <= g.below*1.05+100 {
			return seen{at: p.At, text: fmt.Sprintf("%.0f W", p.V)}, true, err
		}
		found.text = fmt.Sprintf("%.0f W", p.V)
	}
	return found, measured, err
}

// inLog looks for a message of the station among the last 200 before the
// deadline.
func (s *server) inLog(ctx context.Context, w watch, actions []string) (seen, error) {
	rows, err := s.o.Messages(ctx, w.record.Station, w.deadline, MaxPage)
	var found seen
	for _, x := range rows { // the newest first: the first after the command counts
		if !x.FromUs && slices.Contains(actions, x.Action) && !x.At.Before(w.since) {
			found = seen{at: x.At, text: x.Action}
		}
	}
	return found, err
}

// bootSeen looks for the boot after a reset, or for the connection that a
// station made anew.
func bootSeen(tx *store.Tx, w watch) (seen, error) {
	st, err := stations.Get(tx, w.scope, w.record.Station)
	if err != nil {
		return seen{}, err
	}
	if !st.BootAt.Before(w.since) && !st.BootAt.After(w.deadline) {
		return seen{at: st.BootAt, text: "booted"}, nil
	}
	cs, err := stations.ConnectionsUntil(tx, w.scope, w.record.Station, w.deadline, 50)
	var found seen
	for _, c := range cs {
		if !c.OpenedAt.Before(w.since) {
			found = seen{at: c.OpenedAt, text: "connected again"}
		}
	}
	return found, err
}

// startSeen looks for the session that a remote start began: by its number where
// the version has one, else by its EVSE.
func startSeen(tx *store.Tx, w watch) (seen, error) {
	c, _ := w.command.(device.RemoteStart)
	rows, err := sessions.List(tx, w.scope, sessions.Filter{Station: w.record.Station, From: w.since, To: w.deadline}, 50)
	var found seen
	for _, x := range rows {
		if x.RemoteID != nil && w.record.Request != 0 {
			if *x.RemoteID == w.record.Request {
				return seen{at: x.CreatedAt, text: x.ID}, nil
			}
			continue
		}
		if x.Protocol == "1.6" && (c.EVSE == 0 || c.EVSE == x.EVSE) {
			found = seen{at: x.CreatedAt, text: x.ID}
		}
	}
	return found, err
}

// stopSeen looks for the end of the session that was to end.
func stopSeen(tx *store.Tx, w watch) (seen, error) {
	c, _ := w.command.(device.RemoteStop)
	rows, err := sessions.List(tx, w.scope, sessions.Filter{Station: w.record.Station, Tx: c.Transaction}, 1)
	for _, x := range rows {
		if !x.State.Open() {
			return seen{at: x.StoppedAt, text: x.ID}, nil
		}
	}
	return seen{}, err
}

// availabilitySeen compares the connectors with what they were told to be. Only
// their present status is known: one that changed after the deadline tells
// nothing about the command.
func availabilitySeen(tx *store.Tx, w watch) (seen, error) {
	c, _ := w.command.(device.SetAvailability)
	cs, err := stations.ConnectorsIn(tx, w.scope, []string{w.record.Station})
	if err != nil {
		return seen{}, err
	}
	found := seen{}
	for _, x := range cs {
		if c.EVSE != 0 && x.EVSE != c.EVSE || c.Connector != 0 && x.ID != c.Connector {
			continue
		}
		if x.StatusAt.After(w.deadline) {
			return seen{text: "the status changed since", over: true}, nil
		}
		if (x.Status == stations.Unavailable) == c.Operative {
			return seen{text: string(x.Status)}, nil
		}
		if at := x.StatusAt; at.After(found.at) {
			found = seen{at: at, text: string(x.Status)}
		}
	}
	if !found.at.IsZero() && found.at.Before(w.since) {
		found = seen{at: w.record.AnsweredAt, text: found.text + ", as it was"}
	}
	return found, nil
}

// progressSeen looks for the notice that tells how a long work ended: done in one
// word, failed in any that says so.
func progressSeen(done string, actions ...string) func(tx *store.Tx, w watch) (seen, error) {
	return func(tx *store.Tx, w watch) (found seen, err error) {
		for _, action := range actions {
			rows, _, err := device.NoticesBefore(tx, w.record.Device, action, device.NoticeKey{ReceivedAt: w.deadline}, 50)
			if err != nil {
				return seen{}, err
			}
			for i := len(rows) - 1; i >= 0; i-- { // the last word counts
				status, request := progress(rows[i].Body)
				if rows[i].ReceivedAt.Before(w.since) || request != 0 && w.record.Request != 0 && request != w.record.Request {
					continue
				}
				switch {
				case status == done:
					found = seen{at: rows[i].ReceivedAt, text: status}
				case strings.Contains(status, "Fail") || strings.Contains(status, "Invalid") || strings.Contains(status, "Denied") || strings.Contains(status, "BadMessage"):
					found = seen{text: status, over: true}
				default:
					found = seen{text: status}
				}
			}
		}
		return found, nil
	}
}

// progress reads what a notice about a work says.
func progress(body string) (status string, request int64) {
	var v struct {
		Status  string `json:"status"`
		Request int64  `json:"requestId"`
	}
	if json.Unmarshal([]byte(body), &v) != nil {
		return "", 0
	}
	return v.Status, v.Request
}

// gist is what a notice says first: its status, type or like.
func gist(body string) string {
	var v map[string]any
	if json.Unmarshal([]byte(body), &v) != nil {
		return ""
	}
	for _, name := range []string{"status", "type", "techInfo", "messageId", "reportBase", "generatedAt"} {
		if s, ok := v[name].(string); ok && s != "" {
			return strings.ToValidUTF8(s[:min(len(s), 200)], "")
		}
	}
	return ""
}
