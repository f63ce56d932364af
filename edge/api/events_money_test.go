package api

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"

	"chargewright/base/money"
	"chargewright/base/store"
	"chargewright/core/access"
	"chargewright/core/payment"
)

// followOwn follows what is a driver's own.
func (p *person) followOwn() *reader {
	ctx, cancel := context.WithCancel(p.Context())
	r := &reader{header: http.Header{}, cancel: cancel, done: make(chan struct{})}
	q := httptest.NewRequestWithContext(ctx, get, ownEventsPath, nil)
	q.Header.Set("Cookie", p.cookie)
	go func() {
		defer close(r.done)
		p.handler.ServeHTTP(r, q)
	}()
	return r
}

// owe makes a payment that a driver of the tenant is asked, and a claim on them.
func (h *harness) owe(tenant, entity, driver string) (paid, claim string) {
	h.Helper()
	claim = "clm_" + driver
	h.atom(func(tx *store.Tx) error {
		p, err := payment.Plan(tx, payment.Order{
			Tenant: tenant, Entity: entity, Key: "k/" + driver, Purpose: payment.ForTopUp, Object: driver, Driver: driver, Account: "wallet/driver/" + driver,
			Provider: provider, Mode: payment.ByPage, Amount: money.Amount{Minor: 100, Currency: "EUR"}, Text: "x",
		})
		paid = p.ID
		tx.Write(`INSERT INTO billing_claim (id, tenant_id, entity_id, session_id, driver_id, account, currency, due_minor, paid_minor, wallet_minor, hand_minor, state, attempt, reason,
			created_at, updated_at) VALUES ($1, $2, $3, $4, $5, 'x', 'EUR', 5, 0, 0, 0, 'open', 0, '', $6, $6)`, claim, tenant, entity, "ses_"+driver, driver, tx.Now())
		return err
	})
	return paid, claim
}

// Payments and claims are told to those who see the books of all sites, and to the
// driver whose they are, by their ids alone.
func TestMoneyIsToldToWhomItConcerns(t *testing.T) {
	bubble(t, func(t *testing.T, h *harness) {
		ada, bob := h.driver("ada@example.org"), h.driver("bob@example.org")
		paid, claim := h.owe(access.DefaultTenant, access.DefaultEntity, ada.id)
		readers := map[string]*reader{
			"viewer": h.follow(h.keys[access.Viewer], ""), "technician": h.follow(h.keys[access.Technician], ""), "host": h.follow(h.keys[access.Host], ""),
			"other tenant": h.follow(h.other, ""), "everybody": h.followAt(publicEventsPath, "", ""), "ada": ada.followOwn(), "bob": bob.followOwn(),
		}
		heard := map[string]string{}
		drain := func() {
			for name, r := range readers {
				heard[name] = r.read()
			}
		}
		drain()
		for range 2 { // the second time from what is remembered
			h.live.Publish(TopicPayment, []byte(paid))
			h.live.Publish(TopicClaim, []byte(claim))
			h.live.Publish(TopicPayment, []byte("pay_none"))
			h.live.Publish(topicStation, []byte("OURS"))
			h.live.Publish(TopicSite, []byte(access.DefaultTenant+"/site"))
		}
		drain()
		event := func(id, topic, of string) string {
			return "id: 77-" + id + "\nevent: " + topic + "\ndata: {\"id\":\"" + of + "\"}\n\n"
		}
		staff := func(books bool) (s string) {
			for _, n := range []string{"1 2 4", "6 7 9"} {
				if books {
					s += event(n[0:1], TopicPayment, paid) + event(n[2:3], TopicClaim, claim)
				}
				s += event(n[4:5], topicStation, "OURS")
			}
			return s
		}
		sites := event("5", TopicSite, "site") + event("10", TopicSite, "site")
		own := event("1", TopicPayment, paid) + event("2", TopicClaim, claim) + event("5", TopicSite, "site") + event("6", TopicPayment, paid) +
			event("7", TopicClaim, claim) + event("10", TopicSite, "site")
		for name, want := range map[string]string{
			"viewer": staff(true), "technician": staff(false), "host": staff(false), "other tenant": "", "everybody": sites, "ada": own, "bob": sites,
		} {
			if heard[name] != want {
				t.Errorf("%s hears %q, want %q", name, heard[name], want)
			}
		}
		if r := h.follow(h.keys[access.Viewer], ""); r.status != 0 {
			t.Errorf("the viewer is refused: %d", r.status)
		} else {
			r.leave()
		}
		staffOwn := h.followAt(ownEventsPath, h.keys[access.Viewer], "")
		synctest.Wait()
		if !staffOwn.ended() || staffOwn.status != http.StatusForbidden {
			t.Errorf("staff follow a driver's stream: %d", staffOwn.status)
		}
		for _, r := range readers {
			r.leave()
		}
	})
}
