package sim

import (
	"context"
	"math/rand/v2"
	"time"

	"chargewright/base/fail"
)

// The troubles a station can be in, by name.
const (
	ConnectorFault = "connector-fault" // an EVSE is Faulted for 20 to 60 s
	OfflineMinute  = "offline"         // no connection for a minute; charging goes on
	Cut            = "cut"             // the connection drops and comes back by back-off
	PowerLoss      = "power-loss"      // the station reboots; transactions end
	RedButton      = "emergency-stop"  // a running transaction ends by EmergencyStop
	CablePulled    = "cable-pulled"    // the vehicle leaves in the middle
)

// Trouble describes one kind of trouble.
type Trouble struct {
	Name string
	Does string
}

// Troubles lists every trouble by name.
func Troubles() []Trouble {
	return []Trouble{
		{CablePulled, "pulls the cable in the middle of a session"},
		{ConnectorFault, "puts an EVSE into Faulted for 20 to 60 seconds"},
		{Cut, "drops the connection"},
		{RedButton, "presses the emergency stop"},
		{OfflineMinute, "takes the connection away for a minute"},
		{PowerLoss, "reboots the station without warning"},
	}
}

// Suffer brings a trouble over the station, at one of its EVSEs where it
// concerns one, and returns when it is over. What finds nothing to disturb
// does nothing. The choices are taken from r.
func (s *Station) Suffer(ctx context.Context, trouble string, r *rand.Rand) error {
	n := 1 + r.IntN(len(s.cfg.EVSEs))
	switch trouble {
	case ConnectorFault:
		codes := []string{"GroundFailure", "OverVoltage", "ConnectorLockFailure", "HighTemperature"}
		if err := s.Fault(ctx, n, codes[r.IntN(len(codes))]); err != nil {
			return err
		}
		pause(ctx, between(r, 20*time.Second, time.Minute))
		return s.Heal(ctx, n)
	case OfflineMinute:
		return s.GoOffline(ctx, time.Minute)
	case Cut:
		return s.CutConnection(ctx)
	case PowerLoss:
		return s.Reboot(ctx)
	case CablePulled:
		return s.Unplug(ctx, n)
	case RedButton:
		err := s.EmergencyStop(ctx, n)
		if fail.Is(err, fail.Conflict) {
			return nil
		}
		return err
	}
	return fail.Field("sim.suffer", "trouble", "there is no trouble %q", trouble)
}
