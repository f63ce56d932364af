package central

import (
	"bytes"
	"context"
	"encoding/json"
	"strconv"
	"time"

	"chargewright/base/energy"
	"chargewright/base/money"
	"chargewright/base/store"
	"chargewright/core/device"
	"chargewright/core/session"
	"chargewright/wire/ocpp"
	"chargewright/wire/ocpp/v16"
)

// costVendor is who 1.6 tells prices and costs for, inside DataTransfer (OCA
// application note "OCPP & California Pricing Requirements").
const costVendor = "org.openchargealliance.costmsg"

// The messages of the note, in its words: amounts and prices are decimals of the
// currency, energies kWh but for the register, which is in Wh.
type userPrice16 struct {
	IDToken string   `json:"idToken"`
	Text    string   `json:"priceText"`
	Extra   []text16 `json:"priceTextExtra,omitempty"`
}

type runningCost16 struct {
	Transaction int64           `json:"transactionId"`
	Timestamp   ocpp.Time       `json:"timestamp"`
	Register    int64           `json:"meterValue"`
	Cost        ocpp.Number     `json:"cost"`
	State       string          `json:"state"` // Charging, Idle
	Charging    chargingPrice16 `json:"chargingPrice"`
	Idle        *idlePrice16    `json:"idlePrice,omitempty"`
	Next        *nextPeriod16   `json:"nextPeriod,omitempty"`
	Trigger     *readingAt16    `json:"triggerMeterValue,omitempty"`
}

type finalCost16 struct {
	Transaction int64       `json:"transactionId"`
	Cost        ocpp.Number `json:"cost"`
	Text        string      `json:"priceText"`
	Extra       []text16    `json:"priceTextExtra,omitempty"`
}

type text16 struct {
	Format   string `json:"format"`
	Language string `json:"language,omitempty"`
	Content  string `json:"content"`
}

type chargingPrice16 struct {
	KWh  *ocpp.Number `json:"kWhPrice,omitempty"`
	Hour *ocpp.Number `json:"hourPrice,omitempty"`
	Flat *ocpp.Number `json:"flatFee,omitempty"`
}

type idlePrice16 struct {
	Grace int64       `json:"graceMinutes,omitempty"`
	Hour  ocpp.Number `json:"hourPrice"`
}

type nextPeriod16 struct {
	At       ocpp.Time       `json:"atTime"`
	Charging chargingPrice16 `json:"chargingPrice"`
	Idle     *idlePrice16    `json:"idlePrice,omitempty"`
}

type readingAt16 struct {
	At     *ocpp.Time   `json:"atTime,omitempty"`
	Energy *ocpp.Number `json:"atEnergykWh,omitempty"`
	Status []string     `json:"atCPStatus,omitempty"`
}

// cost16 registers prices and costs, which 1.6 says in DataTransfer.
func cost16(s *speech) {
	on(s, showPrice16)
	on(s, func(ctx context.Context, t *talk, c device.UserPrice) (device.Outcome, error) {
		text, extra := texts16(c.Texts)
		return costMessage(ctx, t, "SetUserPrice", userPrice16{c.Token, text, extra})
	})
	on(s, func(ctx context.Context, t *talk, c device.RunningCost) (device.Outcome, error) {
		n, err := transaction16("transaction", c.Transaction)
		if err != nil {
			return device.Outcome{}, err
		}
		return costMessage(ctx, t, "RunningCost", running16(n, c))
	})
	on(s, func(ctx context.Context, t *talk, c device.FinalCost) (device.Outcome, error) {
		n, err := transaction16("transaction", c.Transaction)
		if err != nil {
			return device.Outcome{}, err
		}
		text, extra := texts16(c.Texts)
		return costMessage(ctx, t, "FinalCost", finalCost16{n, amount(c.Total), text, extra})
	})
}

func costMessage(ctx context.Context, t *talk, message string, data any) (device.Outcome, error) {
	b, err := json.Marshal(data)
	if err != nil {
		return device.Outcome{}, invalid(message, err)
	}
	return exchange(ctx, t, 0, v16.DataTransfer{VendorID: costVendor, MessageID: message, Data: string(b)},
		func(r v16.DataTransferResponse) device.Outcome { return plain16(r.Status) })
}

// amount is an amount as a decimal of its currency.
func amount(a money.Amount) ocpp.Number { return ocpp.Decimal(a.Minor, a.Currency.Exponent()) }

// texts16 are the text in the first language and those in the others.
func texts16(list []device.Text) (string, []text16) {
	if len(list) == 0 {
		return "", nil
	}
	var extra []text16
	for _, x := range list[1:] {
		extra = append(extra, text16{x.Format, x.Language, x.Content})
	}
	return list[0].Content, extra
}

func running16(transaction int64, c device.RunningCost) runningCost16 {
	q := runningCost16{
		Transaction: transaction, Timestamp: ocpp.At(c.At), Register: c.Register.WattHours(), Cost: amount(c.Total), State: "Charging",
		Charging: prices16(c.Rates), Idle: idling16(c.Rates),
	}
	if c.Idle {
		q.State = "Idle"
	}
	if c.Rates.Time != c.Rates.Idle { // what an hour costs changes with the vehicle
		q.Trigger = &readingAt16{Status: []string{string(v16.ChargePointStatusSuspendedEV), string(v16.ChargePointStatusCharging), string(v16.ChargePointStatusFinishing)}}
	}
	if n := c.Next; n != nil {
		q.Next = &nextPeriod16{At: ocpp.At(n.At), Charging: prices16(n.Rates), Idle: idling16(n.Rates)}
		q.trigger().At = ocpp.Ptr(ocpp.At(n.At))
	}
	if c.Border > 0 {
		q.trigger().Energy = ocpp.Ptr(ocpp.Decimal(int64(c.Border), 6))
	}
	return q
}

func (q *runningCost16) trigger() *readingAt16 {
	if q.Trigger == nil {
		q.Trigger = &readingAt16{}
	}
	return q.Trigger
}

func prices16(r device.ShownRates) chargingPrice16 {
	some := func(p money.Price) *ocpp.Number {
		if p == 0 {
			return nil
		}
		return ocpp.Ptr(price(p))
	}
	out := chargingPrice16{KWh: some(r.Energy), Hour: some(r.Time), Flat: some(r.Flat)}
	if out == (chargingPrice16{}) { // all free: the note wants a price
		out.KWh = ocpp.Ptr(price(0))
	}
	return out
}

func idling16(r device.ShownRates) *idlePrice16 {
	if r.Idle == 0 {
		return nil
	}
	return &idlePrice16{Hour: price(r.Idle)}
}

// transfer16 takes a vendor's own message: that a connector was unplugged ends a
// session whose idling is paid for; others are kept and not understood.
func (c *Central) transfer16(ctx context.Context, in *inbound, q *v16.DataTransfer) (v16.DataTransferResponse, error) {
	if q.VendorID != costVendor {
		return v16.DataTransferResponse{Status: v16.DataTransferStatusUnknownVendorID}, c.notice(ctx, in)
	}
	if q.MessageID != "ConnectorUnplugged" {
		return v16.DataTransferResponse{Status: v16.DataTransferStatusUnknownMessageID}, c.notice(ctx, in)
	}
	var data struct {
		Transaction int64     `json:"transactionId"`
		Timestamp   ocpp.Time `json:"timestamp"`
	}
	if err := json.Unmarshal(bytes.TrimSpace([]byte(q.Data)), &data); err != nil || data.Transaction <= 0 {
		return v16.DataTransferResponse{Status: v16.DataTransferStatusRejected}, c.notice(ctx, in)
	}
	at := data.Timestamp.Time
	if at.IsZero() {
		at = in.Call.ReceivedAt
	}
	return v16.DataTransferResponse{Status: v16.DataTransferStatusAccepted}, c.unplugged(ctx, in, data.Transaction, at)
}

// unplugged ends the session of a transaction that had stopped before. One that
// is closed already, and one that we never gave, stays as it is.
func (c *Central) unplugged(ctx context.Context, in *inbound, transaction int64, at time.Time) error {
	open, err := store.Read(ctx, c.o.DB, func(tx *store.Tx) (bool, error) {
		s, found, err := session.ByTransaction(tx, in.StationID, strconv.FormatInt(transaction, 10))
		return found && s.State.Open(), err
	})
	if err != nil || !open {
		return err
	}
	_, err = c.apply(ctx, in, session.Report{Tx: strconv.FormatInt(transaction, 10), Key: "unplugged", Kind: session.Ended, Seq: -1, At: at})
	return err
}

// stays16 are the reasons of a stop after which the vehicle may be left plugged in.
var stays16 = map[v16.Reason]bool{v16.ReasonLocal: true, v16.ReasonRemote: true, v16.ReasonDeAuthorized: true}

// idles reports whether a station tells when the vehicle is unplugged after a
// stop, so that the session goes on idling until then.
func (c *Central) idles(ctx context.Context, in *inbound, reason v16.Reason) (bool, error) {
	if !stays16[reason] {
		return false, nil
	}
	return store.Read(ctx, c.o.DB, func(tx *store.Tx) (bool, error) {
		s, _, err := device.ScreenAt(tx, in.StationID)
		return s.IdleAfterStop, err
	})
}

// stopped16 applies the end of a transaction: the end of its session, or the
// beginning of its idling.
func (c *Central) stopped16(ctx context.Context, in *inbound, q *v16.StopTransaction, samples []energy.Sample, flags session.Flags) (session.Verdict, error) {
	reason := q.Reason
	if reason == "" {
		reason = v16.ReasonLocal // 1.6 §6.46: absent means Local
	}
	r := session.Report{
		Tx: strconv.FormatInt(q.TransactionID, 10), Key: "stop", Kind: session.Ended, Seq: -1,
		Token: q.IDTag, TokenType: "ISO14443", At: q.Timestamp.Time, Samples: samples, Flags: flags, Reason: string(reason),
	}
	idles, err := c.idles(ctx, in, reason)
	if err != nil {
		return session.Verdict{}, err
	}
	if idles {
		on := r
		on.Kind, on.Flow = session.Updated, session.FlowIdle
		v, err := c.apply(ctx, in, on)
		if err != nil || v.Session != "" {
			return v, err
		}
	}
	return c.apply(ctx, in, r)
}
