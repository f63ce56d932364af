package central

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"sync"
	"time"

	"chargewright/base/energy"
	"chargewright/base/store"
	"chargewright/core/session"
	"chargewright/wire/ocpp/v201"
)

// signedData is the measurand of a reading that is a signed original and
// nothing else (1.6 format SignedData).
const signedData = "SignedData"

// keepTelemetry stores the readings of a message, packed and apart from the
// core data, and returns the digest that makes it idempotent.
func (c *Central) keepTelemetry(ctx context.Context, in *inbound, at time.Time, evse int64, rs []reading) (string, error) {
	sum := sha256.Sum256(in.Call.Payload)
	key := hex.EncodeToString(sum[:12])
	readings := kept(evse, rs)
	err := c.o.Telemetry.Append(ctx, in.StationID, at, in.Call.ReceivedAt, key, energy.Pack(readings))
	if err == nil {
		c.o.Measured(in.StationID, in.Call.ReceivedAt, readings)
	}
	return key, err
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

// places remembers the EVSE of transactions: stations of OCPP 2.x may leave it
// out after the first message. The zero value is ready.
type places struct {
	mu sync.Mutex
	at map[transactionKey]int64
}

type transactionKey struct{ station, id string }

// maxPlaces bounds places; when it is full all are asked for anew.
const maxPlaces = 100_000

func (p *places) get(k transactionKey) (int64, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	evse, ok := p.at[k]
	return evse, ok
}

func (p *places) put(k transactionKey, evse int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.at) >= maxPlaces || p.at == nil {
		p.at = map[transactionKey]int64{}
	}
	p.at[k] = evse
}

func (p *places) drop(k transactionKey) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.at, k)
}

// placeOf returns the EVSE at which a transaction measures: the one that its
// message names, else the one known of it; 0 when there is none.
func (c *Central) placeOf(ctx context.Context, in *inbound, t transaction) (int64, error) {
	k := transactionKey{in.StationID, t.id}
	if t.event == v201.TransactionEventEnded {
		defer c.places.drop(k)
	}
	if t.evse != nil && t.evse.ID > 0 {
		c.places.put(k, t.evse.ID)
		return t.evse.ID, nil
	}
	if evse, ok := c.places.get(k); ok {
		return evse, nil
	}
	evse, err := store.Read(ctx, c.o.DB, func(tx *store.Tx) (int64, error) { return session.EVSEOf(tx, in.StationID, t.id) })
	if err == nil && evse > 0 {
		c.places.put(k, evse)
	}
	return evse, err
}
