package central

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"time"

	"chargewright/base/energy"
)

// signedData is the measurand of a reading that is a signed original and
// nothing else (1.6 format SignedData).
const signedData = "SignedData"

// keepTelemetry stores the readings of a message, packed and apart from the
// core data, and returns the digest that makes it idempotent.
func (c *Central) keepTelemetry(ctx context.Context, in *inbound, at time.Time, evse int64, rs []reading) (string, error) {
	sum := sha256.Sum256(in.Call.Payload)
	key := hex.EncodeToString(sum[:12])
	return key, c.o.Telemetry.Append(ctx, in.StationID, at, in.Call.ReceivedAt, key, energy.Pack(kept(evse, rs)))
}

// kept are readings as telemetry has them: a multiplier becomes the value's exponent.
func kept(evse int64, rs []reading) []energy.Reading {
	out := make([]energy.Reading, len(rs))
	for i, r := range rs {
		if r.multiplier != 0 {
			r.value += "e" + strconv.FormatInt(r.multiplier, 10)
		}
		out[i] = energy.Reading{
			At: r.at, EVSE: evse, Measurand: r.measurand, Phase: r.phase, Location: r.location, Context: r.context, Unit: r.unit, Value: r.value, Signed: r.signed,
		}
	}
	return out
}
