package api

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"chargewright/base/secret"
	"chargewright/base/store"
	"chargewright/core/access"
	"chargewright/core/device"
	"chargewright/core/notify"
	"chargewright/core/notify/notifytest"
)

// hookReceiver is the receiver of every webhook of a test.
type hookReceiver struct {
	mu    sync.Mutex
	posts []string
}

func (r *hookReceiver) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	b, _ := io.ReadAll(q.Body)
	r.mu.Lock()
	r.posts = append(r.posts, string(b))
	r.mu.Unlock()
	io.WriteString(w, "thanks")
}

// demonstration is the mailbox of the tests.
func demonstration(int) []Shown {
	return []Shown{{At: noon, Mail: notify.Mail{
		ID: "mail_1", To: "ada@example.org", Subject: "Sign in", Text: "Open https://cw.example/app/sign-in#token=abc.\n(or http://localhost:8080/x?a=1&b=2)",
	}}}
}

// notices gives a harness webhooks and a mailbox.
func (h *harness) notices(o *Options, keys secret.Keys) {
	h.Helper()
	c, err := notify.NewCourier(notify.Options{DB: h.db, Keys: keys, Poster: notifytest.Poster{Receiver: &hookReceiver{}}, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		h.Fatal(err)
	}
	o.Courier, o.Shown = c, demonstration
}

const hookBody = `{"url":"https://receiver.example/cw","events":["session.ended","station.faulted"],"label":"ERP"}`

func notifySamples(h *harness, _ fixture) map[string]sample {
	h.Helper()
	id, _ := h.as(201, post, "/webhooks", hookBody).body["id"].(string)
	other, _ := h.as(201, post, "/webhooks", hookBody).body["id"].(string)
	delivery, _ := h.as(200, post, "/webhooks/"+id+"/test", `{}`).body["id"].(string)
	at := "/webhooks/" + id
	return map[string]sample{
		"listWebhookEvents": {path: "/webhook-events"}, "listWebhooks": {path: "/webhooks"}, "getWebhook": {path: at},
		"postWebhook": {path: "/webhooks", body: hookBody}, "putWebhook": {path: at, body: strings.Replace(hookBody, `{`, `{"active":true,`, 1)},
		"deleteWebhook": {path: "/webhooks/" + other}, "testWebhook": {path: at + "/test", body: `{}`}, "listDeliveries": {path: at + "/deliveries"},
		"replayDelivery": {path: at + "/deliveries/" + delivery + "/replay", body: `{}`},
		"listMails":      {path: "/mails"}, "readMailbox": {path: "/mailbox"},
	}
}

func TestWebhookLife(t *testing.T) {
	each(t, func(h *harness) {
		made := h.as(201, post, "/webhooks", hookBody)
		id, _ := made.body["id"].(string)
		key, _ := made.body["secret"].(string)
		if !strings.HasPrefix(key, "whsec_") || made.body["active"] != true || made.body["last_at"] != nil || made.body["failing_since"] != nil || made.body["last_status"] != nil {
			h.Errorf("%s", made.text)
		}
		for _, path := range []string{"/webhooks", "/webhooks/" + id, "/audit"} {
			if r := h.as(200, get, path, ""); strings.Contains(r.text, key) {
				h.Errorf("%s shows the secret", path)
			}
		}
		tested := h.as(200, post, "/webhooks/"+id+"/test", `{}`)
		if tested.body["state"] != "delivered" || tested.body["status"] != 200.0 || tested.body["response"] != "thanks" || tested.body["event"] != "webhook.test" || tested.body["attempt"] != 1.0 {
			h.Errorf("%s", tested.text)
		}
		changed := h.as(200, put, "/webhooks/"+id, `{"url":"https://b.example/","events":["receipt.issued"],"label":"","active":false}`)
		if changed.body["url"] != "https://b.example/" || changed.body["active"] != false || changed.body["last_status"] != 200.0 {
			h.Errorf("%s", changed.text)
		}
		list := h.as(200, get, "/webhooks/"+id+"/deliveries", "")
		d, _ := list.items(t)[0].(map[string]any)
		h.as(409, post, "/webhooks/"+id+"/deliveries/"+d["id"].(string)+"/replay", `{}`)
		h.as(422, post, "/webhooks", strings.Replace(hookBody, "session.ended", "session.dreamt", 1))
		h.as(204, del, "/webhooks/"+id, "")
		h.as(404, get, "/webhooks/"+id, "")
		h.as(404, del, "/webhooks/"+id, "")
	})
}

func TestMailsAndMailbox(t *testing.T) {
	each(t, func(h *harness) {
		h.atom(func(tx *store.Tx) error {
			return notify.Queue(tx, notify.Mail{Tenant: access.DefaultTenant, To: "ada@example.org", Subject: "S", Text: "hidden words", Kind: "sign_in", Key: "k"})
		})
		if r := h.as(200, get, "/mails", ""); len(r.items(t)) != 1 || strings.Contains(r.text, "hidden") || !strings.Contains(r.text, `"state":"waiting"`) {
			h.Errorf("%s", r.text)
		}
		if r := h.send(h.other, get, prefix+"/mails", ""); len(r.items(t)) != 0 {
			h.Errorf("another tenant sees %s", r.text)
		}
		r := h.send("", get, prefix+"/mailbox", "")
		if r.code != 200 {
			h.Fatalf("%d %s", r.code, r.text)
		}
		m, _ := r.items(t)[0].(map[string]any)
		links, _ := m["links"].([]any)
		if len(links) != 2 || links[0] != "https://cw.example/app/sign-in#token=abc" || links[1] != "http://localhost:8080/x?a=1&b=2" {
			h.Errorf("the links are %v", links)
		}
		bare := newHarnessOf(h, func(o *Options) { o.Shown, o.Courier = nil, nil })
		if r := bare.send("", get, prefix+"/mailbox", ""); r.code != 404 {
			h.Errorf("a server that is no demonstration: %d", r.code)
		}
		if r := bare.send(bare.keys[access.Owner], post, prefix+"/webhooks", hookBody); r.code != 503 {
			h.Errorf("a server without webhooks: %d", r.code)
		}
	})
}

// newHarnessOf is a second server on the database of h.
func newHarnessOf(h *harness, change func(*Options)) *harness {
	h.Helper()
	o := h.options
	change(&o)
	n := *h
	handler, err := New(o)
	if err != nil {
		h.Fatal(err)
	}
	n.handler = handler
	return &n
}

// Every event has data: the thing by its id, the facts of the moment among its
// members; of a thing that is gone, or another tenant's, the id alone.
func TestEventData(t *testing.T) {
	each(t, func(h *harness) {
		f := h.furnish()
		var command string
		h.atom(func(tx *store.Tx) (err error) {
			command, err = device.Queue(tx, access.DefaultTenant, f.station, "key_x", device.ClearCache{})
			return err
		})
		objects := map[string]string{"session": f.session, "station": f.station, "command": command, "receipt": f.receipt}
		wants := map[string][]string{
			"session": {"station_id", "energy_wh", "cost", "state", "started_at"}, "station": {"name", "site_id", "connected", "fact"},
			"command": {"kind", "status", "station_id"}, "receipt": {"number", "gross", "session_id", "station_id"},
		}
		read := func(e notify.Event) map[string]any {
			b, err := store.Read(h.Context(), h.db, func(tx *store.Tx) (json.RawMessage, error) { return EventData(tx, e) })
			var m map[string]any
			if err != nil || json.Unmarshal(b, &m) != nil {
				h.Fatalf("%s: %s, %v", e.Type, b, err)
			}
			return m
		}
		for _, k := range notify.EventKinds {
			thing, _, _ := strings.Cut(k.Name, ".")
			e := notify.Event{ID: "evt_1", Tenant: access.DefaultTenant, Type: k.Name, Object: objects[thing], At: time.Now(), Facts: json.RawMessage(`{"fact":1}`)}
			m := read(e)
			for _, member := range append(wants[thing], "id", "fact") {
				if _, ok := m[member]; !ok {
					h.Errorf("%s has no %s: %v", k.Name, member, m)
				}
			}
			if m["id"] != objects[thing] {
				h.Errorf("%s: %v", k.Name, m)
			}
			e.Facts = nil
			for _, stranger := range []notify.Event{{Tenant: otherTenant, Type: e.Type, Object: e.Object}, {Tenant: e.Tenant, Type: e.Type, Object: "none"}} {
				if m := read(stranger); len(m) != 1 || m["id"] != stranger.Object {
					h.Errorf("%s of a stranger: %v", k.Name, m)
				}
			}
		}
	})
}
