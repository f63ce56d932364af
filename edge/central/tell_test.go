package central

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"chargewright/base/link"
	"chargewright/base/secret"
	"chargewright/base/store"
	"chargewright/core/device"
	"chargewright/core/notify"
	"chargewright/core/notify/notifytest"
	"chargewright/wire/ocpp"
)

// subscribe has somebody want every event.
func (b *bench) subscribe() {
	b.t.Helper()
	keys, err := secret.New(bytes.Repeat([]byte{5}, 32))
	if err != nil {
		b.t.Fatal(err)
	}
	c, err := notify.NewCourier(notify.Options{DB: b.db, Keys: keys, Poster: notifytest.Poster{}})
	if err != nil {
		b.t.Fatal(err)
	}
	h := notify.Hook{URL: "https://receiver.example/"}
	for _, k := range notify.EventKinds {
		h.Events = append(h.Events, k.Name)
	}
	b.do(func(tx *store.Tx) error { _, _, err := c.CreateHook(tx, ours, h); return err })
}

// told takes the events published since the last time, by name.
func (b *bench) told() (names string, events []notify.Event) {
	b.t.Helper()
	b.do(func(tx *store.Tx) error {
		bodies, err := store.All(tx, func(r *store.Row) string { return r.Text(0) },
			`SELECT body FROM outbox_event WHERE topic = $1 ORDER BY created_at, id`, notify.TopicEvent)
		tx.Write(`DELETE FROM outbox_event WHERE topic = $1`, notify.TopicEvent)
		for _, body := range bodies {
			var e notify.Event
			if err := json.Unmarshal([]byte(body), &e); err != nil {
				return err
			}
			if e.Tenant != ours.Tenant || e.Object == "" || e.At.IsZero() {
				b.t.Errorf("%+v", e)
			}
			events, names = append(events, e), names+" "+e.Type
		}
		return err
	})
	return strings.TrimSpace(names), events
}

func TestEventsOfAStation(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		b.online("S1", ocpp.V16)
		if names, _ := b.told(); names != "" {
			t.Errorf("nobody asked, and there is %s", names)
		}
		b.subscribe()
		old := b.online("S1", ocpp.V16)
		if names, e := b.told(); names != "station.connected station.booted" || e[0].Object != "S1" || !strings.Contains(string(e[1].Facts), `"model":"M"`) {
			t.Errorf("%s %+v", names, e)
		}
		fault := `{"connectorId":1,"errorCode":"GroundFailure","info":"wet","status":"Faulted"}`
		free := `{"connectorId":1,"errorCode":"NoError","status":"Available"}`
		whole := strings.Replace(fault, `"connectorId":1`, `"connectorId":0`, 1)
		late := fmt.Sprintf(`{"connectorId":1,"errorCode":"GroundFailure","status":"Faulted","timestamp":%q}`, ago(60))
		for _, s := range []struct{ say, want string }{
			{free, ""}, {late, ""}, {fault, "station.faulted"}, {fault, ""}, {free, ""}, {fault, "station.faulted"}, {whole, "station.faulted"}, {whole, ""},
		} {
			b.say(old, "StatusNotification", s.say)
			if names, e := b.told(); names != s.want || s.say == fault && s.want != "" && !strings.Contains(string(e[0].Facts), `"evse_id":1,"connector_id":1,"error_code":"GroundFailure"`) {
				t.Errorf("%s: %q %+v", s.say, names, e)
			}
		}
		fresh := b.connect("S1", ocpp.V16)
		b.Closed(t.Context(), old, "replaced") // the newer one stands
		if names, _ := b.told(); names != "station.connected" {
			t.Errorf("at a second connection: %s", names)
		}
		for range 2 {
			b.Closed(t.Context(), fresh, "gone")
		}
		if names, e := b.told(); names != "station.disconnected" || string(e[0].Facts) != `{"reason":"gone"}` {
			t.Errorf("at the end: %s %+v", names, e)
		}
	})
}

func TestFaultsOf2x(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		b.subscribe()
		p := b.online("S2", ocpp.V201)
		b.told()
		for i, want := range []string{"station.faulted", ""} {
			b.say(p, "StatusNotification", fmt.Sprintf(`{"timestamp":%q,"connectorStatus":"Faulted","evseId":2,"connectorId":1}`, ago(2-i)))
			if names, _ := b.told(); names != want {
				t.Errorf("%d: %s", i, names)
			}
		}
	})
}

func TestEventsOfASession(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		b.subscribe()
		p := b.online("S1", ocpp.V16)
		b.told()
		begin := start16(1, "CARD", ago(60), 1000)
		answer := b.say(p, "StartTransaction", begin)
		id := answer["transactionId"].(float64)
		if names, e := b.told(); names != "session.started" || e[0].Object != b.sessions()[0].ID {
			t.Errorf("%s %+v", names, e)
		}
		b.say(p, "StartTransaction", begin)
		b.say(p, "MeterValues", fmt.Sprintf(`{"connectorId":1,"transactionId":%.0f,"meterValue":[{"timestamp":%q,"sampledValue":[{"value":"2000"}]}]}`, id, ago(30)))
		if names, _ := b.told(); names != "" {
			t.Errorf("a repetition and meter values tell %s", names)
		}
		stop := fmt.Sprintf(`{"transactionId":%.0f,"meterStop":3000,"timestamp":%q}`, id, ago(10))
		b.say(p, "StopTransaction", stop)
		b.say(p, "StopTransaction", stop)
		if names, _ := b.told(); names != "session.ended" {
			t.Errorf("at the end: %s", names)
		}
		// The end of the next one is lost, then estimated, and comes after all.
		lost := b.say(p, "StartTransaction", start16(1, "CARD", ago(9), 3000))["transactionId"].(float64)
		b.say(p, "StartTransaction", start16(1, "CARD", ago(5), 4000))
		if names, _ := b.told(); names != "session.started session.ended session.started" && names != "session.started session.started session.ended" {
			t.Errorf("at an end that was lost: %s", names)
		}
		b.say(p, "StopTransaction", fmt.Sprintf(`{"transactionId":%.0f,"meterStop":3900,"timestamp":%q}`, lost, ago(6)))
		if names, _ := b.told(); names != "session.ended" {
			t.Errorf("at the real end: %s", names)
		}
	})
}

// nobody is a fleet of which no station is connected.
type nobody struct{ link.Stations }

func TestACommandTellsOfItsEnd(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		b.subscribe()
		b.online("S1", ocpp.V16)
		b.told()
		// 1.6 has no such command: the outcome is settled without a message.
		o, err := NewCommander(b.db, nobody{}, nil).Command(t.Context(), "S1", device.ListStreams{})
		if err != nil || o.Status != device.NotSupported {
			t.Fatalf("%+v, %v", o, err)
		}
		if names, e := b.told(); names != "command.answered" || !strings.HasPrefix(e[0].Object, "cmd_") {
			t.Errorf("%s %+v", names, e)
		}
		// What a process that died left behind ends, too.
		b.do(func(tx *store.Tx) error {
			for range 2 {
				if _, err := device.Queue(tx, ours.Tenant, "S1", "key_1", device.ClearCache{}); err != nil {
					return err
				}
			}
			return device.ExpireCommands(tx, tx.Now().Add(time.Second))
		})
		if names, _ := b.told(); names != "command.answered command.answered" {
			t.Errorf("of commands left behind: %s", names)
		}
	})
}
