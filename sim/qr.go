package sim

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"math/big"
	"net/url"
	"strconv"
	"strings"

	"chargewright/wire/ocpp"
	"chargewright/wire/ocpp/v21"
)

// The settings of a 2.1 station that shows dynamic QR codes (C25).
const (
	qrTemplate = "WebPaymentsCtrlr.URLTemplate"
	qrSecret   = "WebPaymentsCtrlr.SharedSecret"
	qrValidity = "WebPaymentsCtrlr.ValidityTime"
	qrLength   = "WebPaymentsCtrlr.Length"
	qrVersion  = "WebPaymentsCtrlr.TOTPVersion"
)

func showsQR(c Config) bool { return c.Screen && c.Version == ocpp.V21 }

func qrSettings(c Config) []setting {
	if !showsQR(c) {
		return nil
	}
	return []setting{
		{name: qrTemplate}, {name: qrSecret, value: "random at first boot", hidden: true}, {name: qrValidity, value: "30", form: asNumber},
		{name: qrLength, value: "8", form: asNumber}, {name: qrVersion, value: "v1"},
	}
}

func (s *Station) qrVariables() []variable {
	if !showsQR(s.cfg) {
		return nil
	}
	text, number := v21.DataString, v21.DataInteger
	return []variable{
		{component: "WebPaymentsCtrlr", name: "Length", setting: qrLength, form: number},
		{component: "WebPaymentsCtrlr", name: "SharedSecret", setting: qrSecret, form: text},
		{component: "WebPaymentsCtrlr", name: "TOTPVersion", setting: qrVersion, form: v21.DataOptionList, values: "v1"},
		{component: "WebPaymentsCtrlr", name: "URLParameters", value: "maxtime,maxenergy", form: v21.DataMemberList, values: "maxtime,maxenergy,maxcost"},
		{component: "WebPaymentsCtrlr", name: "URLTemplate", setting: qrTemplate, form: text},
		{component: "WebPaymentsCtrlr", name: "ValidityTime", setting: qrValidity, form: number, unit: "s"},
	}
}

// QR is the address in the code that EVSE n shows now, "" while it shows none.
func (s *Station) QR(ctx context.Context, n int) (address string, err error) {
	err = s.ask(ctx, func() { address = s.qr(n) })
	return address, err
}

func (s *Station) qr(n int) string {
	value := func(name string) string {
		if k := s.settings.find(name); k != nil {
			return k.value
		}
		return ""
	}
	validity, _ := strconv.ParseInt(value(qrValidity), 10, 64)
	length, _ := strconv.Atoi(value(qrLength))
	if value(qrTemplate) == "" || validity < 1 || length < 1 {
		return ""
	}
	return strings.NewReplacer(
		"{chargingstationid}", url.PathEscape(s.cfg.ID), "{evse}", strconv.Itoa(n), "{version}", value(qrVersion),
		"{totp}", totp(value(qrSecret), s.clock().Unix()/validity, length),
	).Replace(value(qrTemplate))
}

// totp is the algorithm of C25, version 1, written from the standard alone: what
// verifies it is tested against it.
func totp(secret string, interval int64, length int) string {
	const base = "0123456789abcdefghijklmnpqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	m := hmac.New(sha256.New, []byte(secret))
	m.Write(big.NewInt(interval).FillBytes(make([]byte, 8)))
	hash := m.Sum(nil)
	start := int(hash[31] % 16)
	var out strings.Builder
	for i := start; i < start+length; i++ {
		fmt.Fprintf(&out, "%c", base[int(hash[i%32])%61])
	}
	return out.String()
}
