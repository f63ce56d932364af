package central

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"encoding/json"
	"strings"

	"chargewright/base/fail"
	"chargewright/base/store"
	"chargewright/core/access"
	"chargewright/core/billing"
	"chargewright/core/device"
	"chargewright/wire/ocpp/v21"
)

// settlement21 keeps what a station with a payment terminal settled itself (2.1 C18
// to C23) and books what it received. The answer names our receipt where the station
// is to show that (PaymentCtrlr.ReceiptByCSMS) and has none of its own.
func (c *Central) settlement21(ctx context.Context, in *inbound, q *v21.NotifySettlement) (v21.NotifySettlementResponse, error) {
	sum := sha256.Sum256(in.Call.Payload)
	s := billing.Settlement{
		Station: in.StationID, Tx: q.TransactionID, Ref: q.PSPRef, Digest: hex.EncodeToString(sum[:]), Outcome: string(q.Status), Info: q.StatusInfo,
		Amount: short(q.SettlementAmount.String(), 40), At: q.SettlementTime.Time, Receipt: q.ReceiptID, URL: q.ReceiptURL, VAT: q.VATNumber,
	}
	if micro, ok := q.SettlementAmount.Micro(); ok {
		s.Micro = &micro
	}
	if q.VATCompany != nil {
		text, err := json.Marshal(q.VATCompany)
		if err != nil {
			return v21.NotifySettlementResponse{}, fail.Wrap(fail.Internal, "central.settlement21", err)
		}
		s.Company = string(text)
	}
	secret := c.receiptSecret(s)
	type kept struct {
		ours bool
		id   string
	}
	k, err := atom(ctx, c, in, func(tx *store.Tx) (k kept, err error) {
		if s, err = billing.TookSettlement(tx, s, secret); err != nil || s.State == billing.SettlementStrange || s.Session == "" {
			return k, err
		}
		if k.ours, err = receiptIsOurs(tx, in.StationID, q); err != nil || !k.ours {
			return k, err
		}
		d, err := billing.GetDocument(tx, access.Scope{Tenant: s.Tenant}, s.Session)
		if fail.Is(err, fail.NotFound) { // it is issued in a moment, and then the page shows it
			return k, nil
		}
		k.id = d.Number
		return k, err
	})
	if err != nil || !k.ours || c.o.Receipt == nil {
		return v21.NotifySettlementResponse{}, err
	}
	return v21.NotifySettlementResponse{ReceiptURL: c.o.Receipt(secret), ReceiptID: short(k.id, 50)}, nil
}

// receiptIsOurs reports whether the station shows a receipt of ours: it says so, or
// says nothing and has none.
func receiptIsOurs(tx *store.Tx, station string, q *v21.NotifySettlement) (bool, error) {
	if q.Status != v21.PaymentStatusSettled {
		return false, nil
	}
	d, found, err := device.At(tx, station)
	if err != nil || !found {
		return false, err
	}
	said, err := device.SettingOf(tx, d.ID, device.Setting{Component: "PaymentCtrlr", Variable: "ReceiptByCSMS"})
	switch {
	case strings.EqualFold(said, "true"):
		return true, err
	case strings.EqualFold(said, "false"):
		return false, err
	}
	return q.ReceiptURL == "" && q.ReceiptID == "", err
}

// receiptSecret is what the address of a settlement's receipt holds: the same for
// a repetition, and nobody can guess it.
func (c *Central) receiptSecret(s billing.Settlement) string {
	m := hmac.New(sha256.New, c.o.Keys.Derive("terminal receipt"))
	m.Write([]byte(s.Station + "\x00" + s.Ref + "\x00" + s.Digest))
	return base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(m.Sum(nil)[:16])
}
