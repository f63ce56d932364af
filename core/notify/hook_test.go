package notify_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"chargewright/base/fail"
	"chargewright/base/store"
	"chargewright/core/notify"
	"chargewright/core/notify/notifytest"
)

// genuine checks a posting as a receiver does, without our own code.
func genuine(p post, secret string) error {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	if err != nil || len(key) < 24 || len(key) > 64 {
		return fmt.Errorf("the key has %d bytes, %v", len(key), err)
	}
	sec, err := strconv.ParseInt(p.header.Get("webhook-timestamp"), 10, 64)
	if err != nil || p.at.Sub(time.Unix(sec, 0)).Abs() > 5*time.Second {
		return fmt.Errorf("the timestamp is %q", p.header.Get("webhook-timestamp"))
	}
	m := hmac.New(sha256.New, key)
	fmt.Fprintf(m, "%s.%d.%s", p.header.Get("webhook-id"), sec, p.body)
	if want := "v1," + base64.StdEncoding.EncodeToString(m.Sum(nil)); p.header.Get("webhook-signature") != want {
		return fmt.Errorf("the signature is %s, not %s", p.header.Get("webhook-signature"), want)
	}
	return nil
}

func TestEventsReachWhoWantsThem(t *testing.T) {
	each(t, func(b *bench) {
		b.publish(ours, notify.SessionEnded, "ses_0")
		if b.open() != 0 {
			t.Error("an event nobody wants costs a row")
		}
		ends, secret := b.hook(ours, notify.SessionEnded, notify.ReceiptIssued)
		starts, _ := b.hook(ours, notify.SessionStarted)
		foreign, _ := b.hook(theirs, notify.SessionEnded)
		b.publish(ours, notify.SessionEnded, "ses_1")
		b.publish(ours, notify.StationBooted, "CP1")
		b.drain()
		got := b.receiver.took()
		if len(got) != 1 {
			t.Fatalf("%d postings", len(got))
		}
		if err := genuine(got[0], secret); err != nil {
			t.Error(err)
		}
		var body struct {
			Type      string            `json:"type"`
			Timestamp time.Time         `json:"timestamp"`
			Data      map[string]string `json:"data"`
		}
		if err := json.Unmarshal([]byte(got[0].body), &body); err != nil || body.Type != "session.ended" || body.Data["id"] != "ses_1" || time.Since(body.Timestamp).Abs() > time.Minute {
			t.Errorf("%s: %v", got[0].body, err)
		}
		d := b.deliveries(ours, ends.ID)
		if len(d) != 1 || d[0].State != notify.Delivered || d[0].Attempts != 1 || d[0].Status != 204 || d[0].EventID != got[0].header.Get("webhook-id") || d[0].LastAt.IsZero() || !d[0].NextAt.IsZero() {
			t.Errorf("%+v", d)
		}
		if len(b.deliveries(ours, starts.ID))+len(b.deliveries(theirs, foreign.ID)) != 0 || b.open() != 0 {
			t.Error("who did not ask was told")
		}
		if h := b.look(ours, ends.ID); h.LastStatus != 204 || h.LastAt.IsZero() || !h.FailingSince.IsZero() || !h.Active {
			t.Errorf("%+v", h)
		}
		ev := notify.Event{ID: d[0].EventID, Tenant: ours.Tenant, Type: notify.SessionEnded, Object: "ses_1", At: body.Timestamp}
		b.must(func(tx *store.Tx) error { return notify.Fanout(tx, ev, json.RawMessage(`{}`)) })
		b.drain()
		if n := len(b.receiver.took()); n != 0 {
			t.Errorf("the same event fanned out again was posted %d times", n)
		}
	})
}

func TestPublishKnowsItsEvents(t *testing.T) {
	each(t, func(b *bench) {
		for _, name := range []string{"", "session.updated", "webhook.test"} {
			err := b.try(func(tx *store.Tx) error {
				return notify.Publish(tx, notify.Event{Tenant: ours.Tenant, Type: name, Object: "x"})
			})
			if !fail.Is(err, fail.Internal) {
				t.Errorf("%q: %v", name, err)
			}
		}
	})
}

func TestAnotherTenantsHookIsNotFound(t *testing.T) {
	each(t, func(b *bench) {
		h, _ := b.hook(ours, notify.SessionEnded)
		b.publish(ours, notify.SessionEnded, "ses_1")
		b.drain()
		d := b.deliveries(ours, h.ID)[0]
		for _, id := range []string{h.ID, "whk_none"} {
			for name, look := range map[string]func(tx *store.Tx) error{
				"GetHook": func(tx *store.Tx) error { _, err := notify.GetHook(tx, theirs, id); return err },
				"PutHook": func(tx *store.Tx) error {
					_, err := b.courier.PutHook(tx, theirs, notify.Hook{ID: id, URL: "https://x.example", Events: []string{notify.SessionEnded}})
					return err
				},
				"DeleteHook":  func(tx *store.Tx) error { return notify.DeleteHook(tx, theirs, id) },
				"GetDelivery": func(tx *store.Tx) error { _, err := notify.GetDelivery(tx, theirs, id, d.ID); return err },
				"Replay":      func(tx *store.Tx) error { _, err := notify.Replay(tx, theirs, id, d.ID); return err },
				"Deliveries": func(tx *store.Tx) error {
					_, err := notify.Deliveries(tx, theirs, id, time.Time{}, "", 10)
					return err
				},
			} {
				if err := b.try(look); !fail.Is(err, fail.NotFound) {
					t.Errorf("%s of %s: %v", name, id, err)
				}
			}
			if _, err := b.courier.Test(t.Context(), theirs, id); !fail.Is(err, fail.NotFound) {
				t.Errorf("Test of %s: %v", id, err)
			}
		}
		mine, _ := b.hook(theirs, notify.SessionEnded)
		if err := b.try(func(tx *store.Tx) error { _, err := notify.Replay(tx, theirs, mine.ID, d.ID); return err }); !fail.Is(err, fail.NotFound) {
			t.Errorf("a delivery of another's by one's own hook: %v", err)
		}
		if now := b.look(ours, h.ID); now.URL != h.URL || !now.Active || len(b.receiver.took()) != 1 {
			t.Errorf("it became %+v", now)
		}
	})
}

// judging is a poster with rules about addresses.
type judging struct{ notifytest.Poster }

func (judging) Judge(url string) error {
	if strings.Contains(url, "inside") {
		return fail.Field("test", "url", "no")
	}
	return nil
}

func TestWhatCannotBeSubscribedTo(t *testing.T) {
	each(t, func(b *bench) {
		b = newBench(b.T, b.db, func(o *notify.Options) { o.Poster = judging{} })
		good := notify.Hook{URL: "https://x.example/", Events: []string{notify.SessionEnded}, Label: "x"}
		for field, change := range map[string]func(*notify.Hook){
			"url": func(h *notify.Hook) { h.URL = "" }, "url ": func(h *notify.Hook) { h.URL = "https://inside/" }, "url  ": func(h *notify.Hook) { h.URL = strings.Repeat("x", 2001) },
			"events": func(h *notify.Hook) { h.Events = nil }, "events ": func(h *notify.Hook) { h.Events = []string{notify.SessionEnded, "x,y"} },
			"events  ": func(h *notify.Hook) { h.Events = []string{"webhook.test"} }, "label": func(h *notify.Hook) { h.Label = strings.Repeat("x", 201) },
		} {
			h := good
			change(&h)
			err := b.try(func(tx *store.Tx) error { _, _, err := b.courier.CreateHook(tx, ours, h); return err })
			if !fail.Is(err, fail.Invalid) || !strings.Contains(err.Error(), strings.TrimSpace(field)+":") {
				t.Errorf("%s: %v", field, err)
			}
		}
		for range 50 {
			b.must(func(tx *store.Tx) error { _, _, err := b.courier.CreateHook(tx, ours, good); return err })
		}
		if err := b.try(func(tx *store.Tx) error { _, _, err := b.courier.CreateHook(tx, ours, good); return err }); !fail.Is(err, fail.Conflict) {
			t.Errorf("the 51st: %v", err)
		}
		b.must(func(tx *store.Tx) error { _, _, err := b.courier.CreateHook(tx, theirs, good); return err })
		if n := len(do(b, func(tx *store.Tx) ([]notify.Hook, error) { return notify.Hooks(tx, ours) })); n != 50 {
			t.Errorf("%d hooks", n)
		}
	})
}

func TestSecretsAreSealedAndStayWithTheirHook(t *testing.T) {
	each(t, func(b *bench) {
		one, secret := b.hook(ours, notify.SessionEnded)
		two, _ := b.hook(ours, notify.SessionEnded)
		rows := do(b, func(tx *store.Tx) ([]string, error) {
			return store.All(tx, func(r *store.Row) string { return r.Text(0) }, `SELECT secret FROM notify_webhook ORDER BY id`)
		})
		if slices.ContainsFunc(rows, func(s string) bool { return strings.Contains(s, strings.TrimPrefix(secret, "whsec_")) }) {
			t.Errorf("on file is %q", rows)
		}
		b.must(func(tx *store.Tx) error {
			tx.Write(`UPDATE notify_webhook SET secret = (SELECT secret FROM notify_webhook WHERE id = $1) WHERE id = $2`, one.ID, two.ID)
			return nil
		})
		if _, err := b.courier.Test(t.Context(), ours, two.ID); !fail.Is(err, fail.Internal) || len(b.receiver.took()) != 0 {
			t.Errorf("a secret of another hook signs: %v", err)
		}
		if _, err := b.courier.Test(t.Context(), ours, one.ID); err != nil {
			t.Error(err)
		}
	})
}

func TestFailuresAreRetriedByTheTable(t *testing.T) {
	inTime(t, func(b *bench) {
		h, secret := b.hook(ours, notify.SessionEnded)
		b.receiver.says(always(http.StatusBadRequest))
		start := time.Now()
		b.publish(ours, notify.SessionEnded, "ses_1")
		time.Sleep(4 * 24 * time.Hour)
		got := b.receiver.took()
		want := []time.Duration{0, 5 * time.Second, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour, 10 * time.Hour, 14 * time.Hour, 20 * time.Hour, 24 * time.Hour}
		if len(got) != len(want) {
			t.Fatalf("%d attempts", len(got))
		}
		at := start
		for i, p := range got {
			if off := p.at.Sub(at) - want[i]; off < 0 || off > 10*time.Second {
				t.Errorf("attempt %d came %v after the one before, want %v", i, p.at.Sub(at), want[i])
			}
			at = p.at
			if err := genuine(p, secret); err != nil {
				t.Errorf("attempt %d: %v", i, err)
			}
			if p.body != got[0].body || p.header.Get("webhook-id") != got[0].header.Get("webhook-id") {
				t.Errorf("attempt %d is another message", i)
			}
		}
		d := b.deliveries(ours, h.ID)[0]
		if d.State != notify.DeliveryFailed || d.Attempts != 10 || d.Status != 400 || d.Response != "said" || !d.NextAt.IsZero() {
			t.Errorf("%+v", d)
		}
		if now := b.look(ours, h.ID); !now.Active || now.FailingSince.Sub(start) > time.Minute || now.LastStatus != 400 {
			t.Errorf("%+v", now)
		}
		if b.open() != 0 {
			t.Errorf("%d events remain", b.open())
		}
	})
}

func TestFiveDaysOfFailing(t *testing.T) {
	inTime(t, func(b *bench) {
		h, _ := b.hook(ours, notify.SessionEnded)
		b.receiver.says(always(0)) // it never answers
		start := time.Now()
		var ended time.Duration
		for i := range 6 * 24 {
			b.publish(ours, notify.SessionEnded, fmt.Sprint("ses_", i))
			time.Sleep(time.Hour)
			if ended == 0 && !b.look(ours, h.ID).Active {
				ended = time.Since(start)
			}
		}
		if ended < 5*24*time.Hour || ended > 5*24*time.Hour+2*time.Hour {
			t.Errorf("it was deactivated after %v", ended)
		}
		if n := len(b.receiver.took()); n > 6*24*12 {
			t.Errorf("a receiver that is down was asked %d times", n)
		}
		if now := b.look(ours, h.ID); now.Stopped != "it failed for five days" || len(b.stopped) != 1 || b.open() != 0 {
			t.Errorf("%+v, told %v, %d events open", now, b.stopped, b.open())
		}
		for _, d := range b.deliveries(ours, h.ID) {
			if d.State != notify.DeliveryFailed || !d.NextAt.IsZero() {
				t.Fatalf("%+v", d)
			}
		}
		b.receiver.says(nil)
		h.Active = true
		b.must(func(tx *store.Tx) error { _, err := b.courier.PutHook(tx, ours, h); return err })
		b.publish(ours, notify.SessionEnded, "ses_new")
		time.Sleep(time.Second)
		if now := b.look(ours, h.ID); len(b.receiver.took()) != 1 || now.Stopped != "" || !now.FailingSince.IsZero() {
			t.Errorf("after activation: %+v", now)
		}
	})
}

func TestGone(t *testing.T) {
	inTime(t, func(b *bench) {
		h, _ := b.hook(ours, notify.SessionEnded)
		b.receiver.says(always(http.StatusGone))
		b.publish(ours, notify.SessionEnded, "ses_1")
		time.Sleep(time.Hour)
		if now := b.look(ours, h.ID); now.Active || now.Stopped != "the receiver answered 410 Gone" || len(b.receiver.took()) != 1 {
			t.Errorf("%+v", now)
		}
	})
}

// While a receiver is down its deliveries do not use up their attempts, and when
// it is well again nothing is missing.
func TestAnHourDown(t *testing.T) {
	inTime(t, func(b *bench) {
		h, _ := b.hook(ours, notify.SessionEnded)
		b.receiver.says(always(http.StatusServiceUnavailable))
		for i := range 200 {
			b.publish(ours, notify.SessionEnded, fmt.Sprint("ses_", i))
		}
		time.Sleep(time.Hour)
		if n := len(b.receiver.took()); n < 5 || n > 25 {
			t.Errorf("it was asked %d times", n)
		}
		b.receiver.says(nil)
		time.Sleep(time.Hour)
		seen := map[string]bool{}
		for _, p := range b.receiver.took() {
			seen[p.header.Get("webhook-id")] = true
		}
		if len(seen) != 200 {
			t.Errorf("%d of 200 arrived", len(seen))
		}
		for _, d := range b.deliveries(ours, h.ID) {
			if d.State != notify.Delivered {
				t.Fatalf("%+v", d)
			}
		}
		if now := b.look(ours, h.ID); !now.FailingSince.IsZero() || b.open() != 0 {
			t.Errorf("%+v", now)
		}
	})
}

// A message that a receiver refuses does not hold up the others, and a receiver
// that is slow does not hold up another.
func TestOneDoesNotHoldUpAnother(t *testing.T) {
	inTime(t, func(b *bench) {
		b.hook(ours, notify.SessionEnded)
		slow, _ := b.hook(theirs, notify.SessionStarted)
		b.receiver.says(func(p post) (int, string) {
			switch {
			case strings.Contains(p.body, notify.SessionStarted):
				return 0, ""
			case strings.Contains(p.body, "ses_3"):
				return http.StatusUnprocessableEntity, "no"
			}
			return http.StatusOK, ""
		})
		for i := range 30 {
			b.publish(theirs, notify.SessionStarted, fmt.Sprint("slow_", i))
		}
		time.Sleep(time.Second)
		for i := range 10 {
			b.publish(ours, notify.SessionEnded, fmt.Sprint("ses_", i))
		}
		time.Sleep(2 * time.Second)
		good := 0
		for _, p := range b.receiver.took() {
			if strings.Contains(p.body, "ses_") && !strings.Contains(p.body, "ses_3") {
				good++
			}
		}
		if good != 9 {
			t.Errorf("%d of 9 arrived in time", good)
		}
		if d := b.deliveries(theirs, slow.ID); len(d) != 30 {
			t.Errorf("%d deliveries wait", len(d))
		}
	})
}

func TestHugeAndStrangeAnswers(t *testing.T) {
	each(t, func(b *bench) {
		h, _ := b.hook(ours, notify.SessionEnded)
		b.receiver.says(func(post) (int, string) { return 500, "a\x00b\xff" + strings.Repeat("ä", 4000) })
		b.publish(ours, notify.SessionEnded, "ses_1")
		b.drain()
		if d := b.deliveries(ours, h.ID)[0]; len(d.Response) > 1024 || !strings.HasPrefix(d.Response, "ab?ä") || d.State != notify.Pending || d.Status != 500 {
			t.Errorf("%+v", d)
		}
	})
}

func TestReplayAndTest(t *testing.T) {
	each(t, func(b *bench) {
		h, secret := b.hook(ours, notify.SessionEnded)
		b.publish(ours, notify.SessionEnded, "ses_1")
		b.drain()
		first := b.receiver.took()
		d := b.deliveries(ours, h.ID)[0]
		replayed := do(b, func(tx *store.Tx) (notify.Delivery, error) { return notify.Replay(tx, ours, h.ID, d.ID) })
		b.drain()
		again := b.receiver.took()
		if replayed.State != notify.Pending || len(again) != 1 || again[0].body != first[0].body || again[0].header.Get("webhook-id") != first[0].header.Get("webhook-id") {
			t.Errorf("%+v, %d postings", replayed, len(again))
		}
		h.Active = false
		b.must(func(tx *store.Tx) error { _, err := b.courier.PutHook(tx, ours, h); return err })
		if err := b.try(func(tx *store.Tx) error { _, err := notify.Replay(tx, ours, h.ID, d.ID); return err }); !fail.Is(err, fail.Conflict) {
			t.Errorf("a replay to one that is not active: %v", err)
		}
		b.receiver.says(always(http.StatusTeapot))
		tested, err := b.courier.Test(t.Context(), ours, h.ID)
		if err != nil || tested.State != notify.DeliveryFailed || tested.Status != 418 || tested.Attempts != 1 || tested.Event != "webhook.test" {
			t.Errorf("%+v, %v", tested, err)
		}
		b.receiver.says(nil)
		tested, err = b.courier.Test(t.Context(), ours, h.ID)
		if err != nil || tested.State != notify.Delivered || b.open() != 0 {
			t.Errorf("%+v, %v", tested, err)
		}
		for _, p := range b.receiver.took() {
			if err := genuine(p, secret); err != nil {
				t.Error(err)
			}
		}
		b.publish(ours, notify.SessionEnded, "ses_2")
		b.drain()
		if n := len(b.receiver.took()); n != 0 {
			t.Error("a webhook that is not active was posted to")
		}
	})
}

// What was being posted when the server stopped is posted again, under its id.
func TestAStopLosesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, newDB(t))
		h, _ := b.hook(ours, notify.SessionEnded)
		b.receiver.says(always(0))
		b.publish(ours, notify.SessionEnded, "ses_1")
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- b.runner.Run(ctx) }()
		time.Sleep(time.Second)
		cancel()
		<-done
		synctest.Wait()
		if d := b.deliveries(ours, h.ID)[0]; d.State != notify.Pending || d.Attempts != 0 {
			t.Errorf("a stop counted as an attempt: %+v", d)
		}
		b.receiver.says(nil)
		b.drain()
		if got := b.receiver.took(); len(got) != 2 || got[0].header.Get("webhook-id") != got[1].header.Get("webhook-id") {
			t.Errorf("%d postings", len(got))
		}
	})
}

func TestDeletedHookIsForgotten(t *testing.T) {
	each(t, func(b *bench) {
		h, _ := b.hook(ours, notify.SessionEnded)
		b.receiver.says(always(500))
		b.publish(ours, notify.SessionEnded, "ses_1")
		b.drain()
		b.must(func(tx *store.Tx) error { return notify.DeleteHook(tx, ours, h.ID) })
		b.must(func(tx *store.Tx) error {
			tx.Write(`UPDATE outbox_event SET due_at = 0`)
			return nil
		})
		b.drain()
		n := do(b, func(tx *store.Tx) (int64, error) {
			n, _, err := store.One(tx, func(r *store.Row) int64 { return r.Int(0) },
				`SELECT (SELECT COUNT(*) FROM notify_delivery) + (SELECT COUNT(*) FROM notify_pulse) + (SELECT COUNT(*) FROM notify_webhook)`)
			return n, err
		})
		if n != 0 || b.open() != 0 || len(b.receiver.took()) != 1 {
			t.Errorf("%d rows, %d events", n, b.open())
		}
	})
}
