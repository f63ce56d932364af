package app

import (
	"context"
	"time"

	"chargewright/base/outbox"
	"chargewright/base/store"
	"chargewright/core/billing"
	"chargewright/core/device"
	"chargewright/core/driver"
	"chargewright/core/notify"
	"chargewright/core/payment"
	"chargewright/core/reserve"
	"chargewright/core/session"
	"chargewright/core/tariff"
)

// handlers is the table of who works on which event. Each is idempotent: an
// event may come again.
func (s *Server) handlers() map[string]outbox.Handler {
	return map[string]outbox.Handler{
		session.TopicAbandoned:      s.abandon,
		session.TopicSilent:         s.silent,
		reserve.TopicExpired:        s.expire,
		driver.TopicGone:            s.forgetTokens,
		session.TopicRetry:          s.retry,
		notify.TopicEvent:           s.fanout,
		payment.TopicChanged:        s.paid,
		billing.TopicDun:            s.dun,
		billing.TopicMail:           s.mailDocument,
		billing.TopicGuestEnd:       s.guestLate,
		billing.TopicSettlementLate: s.settlementLate,
		billing.TopicTerminalLate:   s.terminalLate,
		tariff.TopicChanged:         s.display,
		billing.TopicDisplay:        s.display,
		billing.TopicLearnt:         s.display,
		device.TopicScreen:          s.screened,
	}
}

// batches is the table of who works on which events many at a time.
func (s *Server) batches() map[string]outbox.BatchHandler {
	return map[string]outbox.BatchHandler{session.TopicClosed: s.settle}
}

func (s *Server) settle(ctx context.Context, closed []outbox.Event) []error {
	sessions := make([]string, len(closed))
	for i, e := range closed {
		sessions[i] = e.Key
	}
	failed := billing.SettleAll(ctx, s.DB, sessions)
	for i, id := range sessions {
		if failed[i] == nil {
			s.Live.Publish("session", []byte(id))
		}
	}
	return failed
}

func (s *Server) abandon(ctx context.Context, e outbox.Event) error {
	var body struct {
		Seen time.Time `json:"seen"`
	}
	if err := e.Decode(&body); err != nil {
		return err
	}
	_, err := store.Do(ctx, s.DB, e.Key, func(tx *store.Tx) (struct{}, error) {
		return struct{}{}, session.Abandon(tx, e.Key, body.Seen)
	})
	return err
}

func (s *Server) silent(ctx context.Context, e outbox.Event) error {
	_, err := store.Do(ctx, s.DB, e.Key, func(tx *store.Tx) (struct{}, error) { return struct{}{}, session.Silent(tx, e.Key) })
	return err
}

func (s *Server) expire(ctx context.Context, e outbox.Event) error {
	_, err := store.Do(ctx, s.DB, e.Key, func(tx *store.Tx) (struct{}, error) {
		reserve.Expire(tx, e.Key)
		return struct{}{}, nil
	})
	return err
}
