package app

import (
	"context"
	"time"

	"chargewright/base/store"
	"chargewright/core/access"
	"chargewright/core/billing"
	"chargewright/core/device"
	"chargewright/core/driver"
	"chargewright/core/monitor"
	"chargewright/core/notify"
	"chargewright/core/reserve"
	"chargewright/core/station"
)

// forgetEvery is how often what is over its term is deleted.
const forgetEvery = 6 * time.Hour

// forget deletes what is over its term (the terms stand in schema/ and in the
// configuration) until ctx ends.
func (s *Server) forget(ctx context.Context) {
	t := time.NewTicker(forgetEvery)
	defer t.Stop()
	for {
		if err := s.forgetOnce(ctx, time.Now()); err != nil && ctx.Err() == nil {
			s.log.Error("what is over its term could not be deleted", "err", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
	}
}

func (s *Server) forgetOnce(ctx context.Context, now time.Time) error {
	if _, err := s.telemetry.DropBefore(ctx, now.AddDate(0, 0, -s.cfg.TelemetryDays)); err != nil {
		return err
	}
	if _, err := s.frames.DropBefore(ctx, now.AddDate(0, 0, -s.cfg.MessageLogDays)); err != nil {
		return err
	}
	_, err := store.Do(ctx, s.DB, "forget", func(tx *store.Tx) (struct{}, error) {
		station.Forget(tx)
		device.Forget(tx)
		reserve.Forget(tx)
		driver.Forget(tx)
		access.ForgetSignIn(tx)
		access.ForgetAudit(tx)
		notify.Forget(tx)
		billing.ForgetLinks(tx)
		monitor.Forget(tx)
		device.ForgetCommands(tx)
		device.ForgetJobs(tx)
		return struct{}{}, device.ExpireCommands(tx, tx.Now().Add(-time.Hour))
	})
	return err
}
