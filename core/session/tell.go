package session

import (
	"chargewright/base/store"
	"chargewright/core/notify"
)

// tell publishes that a step began or closed the session. A real end that
// replaces an estimate closes it once more.
func tell(tx *store.Tx, s Session, was State, k Kind) error {
	if k == Started {
		if err := publish(tx, notify.SessionStarted, s); err != nil {
			return err
		}
	}
	if s.State == Closed && (was.Open() || k == Ended) {
		return publish(tx, notify.SessionEnded, s)
	}
	return nil
}

func publish(tx *store.Tx, event string, s Session) error {
	return notify.Publish(tx, notify.Event{Tenant: s.Tenant, Type: event, Object: s.ID})
}
