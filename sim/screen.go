package sim

import (
	"context"
	"encoding/json"
	"math/big"
	"slices"
	"strings"
	"time"

	"chargewright/wire/ocpp"
	"chargewright/wire/ocpp/v16"
	"chargewright/wire/ocpp/v21"
)

// costVendor is who 1.6 is told prices and costs by (OCA application note "OCPP &
// California Pricing Requirements").
const costVendor = "org.openchargealliance.costmsg"

// The settings of a 1.6 station with a screen.
const (
	defaultPrice     = "DefaultPrice"
	defaultPriceText = "DefaultPriceText"
	idleFeeAfterStop = "CustomIdleFeeAfterStop"
)

// maxPriceTexts bounds the price texts that a station keeps, maxTariffs the tariffs.
const (
	maxPriceTexts = 20
	maxTariffs    = 50
)

// screenSettings are the 1.6 settings of a screen.
func screenSettings(c Config) []setting {
	if !c.Screen {
		return nil
	}
	yes := map[bool]string{true: "true", false: "false"}
	return []setting{
		{name: "CustomDisplayCostAndPrice", value: "true", form: asBool, readonly: true},
		{name: idleFeeAfterStop, value: yes[c.IdleFee], form: asBool, readonly: true},
		{name: "CustomMultiLanguageMessages", value: "true", form: asBool, readonly: true},
		{name: "SupportedLanguages", value: "en,de", readonly: true},
		{name: "NumberOfDecimalsForCostValues", value: "2", form: asNumber, readonly: true},
		{name: defaultPrice, form: asJSON},
		{name: defaultPriceText + ",en", form: asJSON},
		{name: defaultPriceText + ",de", form: asJSON},
	}
}

// screenVariables are the 2.x variables of a screen.
func (s *Station) screenVariables() []variable {
	if !s.cfg.Screen {
		return nil
	}
	yes := v21.DataBoolean
	out := []variable{
		{component: "TariffCostCtrlr", name: "Available", instance: "Cost", value: "true", form: yes},
		{component: "TariffCostCtrlr", name: "Enabled", instance: "Cost", value: "true", form: yes},
		{component: "TariffCostCtrlr", name: "Currency", value: "EUR", form: v21.DataString},
		{component: "TariffCostCtrlr", name: "NumberOfDecimalsForCostValues", value: "2", form: v21.DataInteger},
		{component: "DisplayMessageCtrlr", name: "Available", value: "true", form: yes},
		{component: "DisplayMessageCtrlr", name: "Enabled", value: "true", form: yes},
	}
	if s.cfg.Version == ocpp.V21 {
		out = append(out, variable{component: "TariffCostCtrlr", name: "Available", instance: "Tariff", value: "true", form: yes},
			variable{component: "TariffCostCtrlr", name: "Enabled", instance: "Tariff", value: "true", form: yes})
	}
	return out
}

// defaultTariff is a tariff that the CSMS gave an EVSE, or all with 0.
type defaultTariff struct {
	evse int64
	v21.Tariff
}

// shown are the texts on the screen before a session: of 1.6 the price that the
// CSMS set last, of 2.x the messages whose time has come and the tariff in force.
func (s *Station) shown() []string {
	var out []string
	if s.cfg.Version == ocpp.V16 {
		if k := s.settings.find(defaultPrice); k != nil && k.value != "" {
			var p struct {
				Text string `json:"priceText"`
			}
			if json.Unmarshal([]byte(k.value), &p) == nil && p.Text != "" {
				out = append(out, p.Text)
			}
		}
		return append(out, s.stores.prices...)
	}
	now := s.clock()
	for _, m := range s.stores.messages {
		if !m.StartDateTime.After(now) && (m.EndDateTime.IsZero() || m.EndDateTime.After(now)) {
			out = append(out, m.Message.Content)
		}
	}
	if t := s.tariffAt(1, now); t != nil {
		for _, d := range t.Description {
			out = append(out, d.Content)
		}
	}
	return out
}

// tariffAt is the default tariff in force on an EVSE; nil for none.
func (s *Station) tariffAt(evse int64, at time.Time) *v21.Tariff {
	var out *v21.Tariff
	for i := range s.stores.tariffs {
		t := &s.stores.tariffs[i]
		if (t.evse == 0 || t.evse == evse) && !t.ValidFrom.After(at) && (out == nil || !t.ValidFrom.Before(out.ValidFrom.Time)) {
			out = &t.Tariff
		}
	}
	return out
}

// costMessage takes a price or a cost of the application note.
func (s *Station) costMessage(q *v16.DataTransfer) v16.DataTransferStatus {
	var m struct {
		Transaction int64        `json:"transactionId"`
		Cost        *ocpp.Number `json:"cost"`
		Text        string       `json:"priceText"`
	}
	if !s.cfg.Screen {
		return v16.DataTransferStatusUnknownVendorID
	}
	if json.Unmarshal([]byte(q.Data), &m) != nil {
		return v16.DataTransferStatusRejected
	}
	switch q.MessageID {
	case "SetUserPrice":
		if len(s.stores.prices) >= maxPriceTexts {
			s.stores.prices = s.stores.prices[1:]
		}
		s.stores.prices = append(s.stores.prices, m.Text)
		return v16.DataTransferStatusAccepted
	case "RunningCost", "FinalCost":
		for _, e := range s.evses {
			if m.Cost != nil && e.lastNumber == m.Transaction {
				e.cost, e.final = m.Cost.String(), q.MessageID == "FinalCost"
				return v16.DataTransferStatusAccepted
			}
		}
		return v16.DataTransferStatusRejected
	}
	return v16.DataTransferStatusUnknownMessageID
}

// tellUnplugged tells that the vehicle left after its transaction had ended, where
// its idling is paid for (1.6).
func (e *evse) tellUnplugged() {
	k := e.s.settings.find(idleFeeAfterStop)
	if !e.finished || e.lastNumber == 0 || k == nil || k.value != "true" || e.s.cfg.Version != ocpp.V16 {
		return
	}
	data, err := json.Marshal(map[string]any{"transactionId": e.lastNumber, "timestamp": ocpp.At(e.s.clock())})
	if err != nil {
		return
	}
	e.s.enqueue(&call{action: "DataTransfer", tx: true, compose: made(v16.DataTransfer{VendorID: costVendor, MessageID: "ConnectorUnplugged", Data: string(data)})})
}

func (v *speaker2) setDefaultTariff(_ context.Context, s *Station, q *v21.SetDefaultTariff) (v21.SetDefaultTariffResponse, error) {
	switch {
	case !s.cfg.Screen:
		return v21.SetDefaultTariffResponse{}, &ocpp.Error{Code: ocpp.NotSupported, Description: "the station does not rate sessions"}
	case slices.ContainsFunc(s.stores.tariffs, func(t defaultTariff) bool { return t.TariffID == q.Tariff.TariffID }):
		return v21.SetDefaultTariffResponse{Status: v21.TariffSetStatusDuplicateTariffID}, nil
	case len(s.stores.tariffs) >= maxTariffs:
		return v21.SetDefaultTariffResponse{Status: v21.TariffSetStatusTooManyElements}, nil
	}
	now := s.clock()
	s.stores.tariffs = slices.DeleteFunc(s.stores.tariffs, func(t defaultTariff) bool { // what is in force goes, unless the new one comes later
		return t.evse == q.EVSEID && !q.Tariff.ValidFrom.After(now) && !t.ValidFrom.After(now)
	})
	s.stores.tariffs = append(s.stores.tariffs, defaultTariff{q.EVSEID, q.Tariff})
	return v21.SetDefaultTariffResponse{Status: v21.TariffSetStatusAccepted}, nil
}

func (v *speaker2) getTariffs(_ context.Context, s *Station, q *v21.GetTariffs) (v21.GetTariffsResponse, error) {
	var out []v21.TariffAssignment
	for _, t := range s.stores.tariffs {
		if q.EVSEID != 0 && t.evse != 0 && t.evse != q.EVSEID {
			continue
		}
		a := v21.TariffAssignment{TariffID: t.TariffID, TariffKind: v21.TariffKindDefaultTariff, ValidFrom: t.ValidFrom}
		if t.evse != 0 {
			a.EVSEIDs = []int64{t.evse}
		}
		out = append(out, a)
	}
	if len(out) == 0 {
		return v21.GetTariffsResponse{Status: v21.TariffGetStatusNoTariff}, nil
	}
	return v21.GetTariffsResponse{Status: v21.TariffGetStatusAccepted, TariffAssignments: out}, nil
}

func (v *speaker2) clearTariffs(_ context.Context, s *Station, q *v21.ClearTariffs) (v21.ClearTariffsResponse, error) {
	var out []v21.ClearTariffsResult
	clears := func(t defaultTariff) bool {
		return (len(q.TariffIDs) == 0 || slices.Contains(q.TariffIDs, t.TariffID)) && (q.EVSEID == nil || t.evse == *q.EVSEID)
	}
	for _, t := range s.stores.tariffs {
		if clears(t) {
			out = append(out, v21.ClearTariffsResult{TariffID: t.TariffID, Status: v21.TariffClearStatusAccepted})
		}
	}
	for _, id := range q.TariffIDs {
		if !slices.ContainsFunc(out, func(r v21.ClearTariffsResult) bool { return r.TariffID == id }) {
			out = append(out, v21.ClearTariffsResult{TariffID: id, Status: v21.TariffClearStatusNoTariff})
		}
	}
	s.stores.tariffs = slices.DeleteFunc(s.stores.tariffs, clears)
	if len(out) == 0 {
		out = append(out, v21.ClearTariffsResult{Status: v21.TariffClearStatusNoTariff})
	}
	return v21.ClearTariffsResponse{ClearTariffsResult: out}, nil
}

// costDetails is what the station reckons that a transaction cost, by the tariff
// that was in force when it began; nil without one. It rates prices that hold at
// all times, and says so of others.
func (v *speaker2) costDetails(t *transaction, end reading) *v21.CostDetails {
	p := t.rated
	if p == nil || v.version != ocpp.V21 {
		return nil
	}
	mwh, lasted := end.mwh-t.begin.mwh, end.at.Sub(t.begin.at)
	d := &v21.CostDetails{
		TotalUsage: v21.TotalUsage{Energy: ocpp.Decimal(mwh, 6), ChargingTime: int64(lasted / time.Second)},
		TotalCost:  v21.TotalCost{Currency: p.Currency, TypeOfCost: v21.TariffCostNormalCost},
	}
	net, gross := new(big.Rat), new(big.Rat)
	fails := p.IdleTime != nil || p.MinCost != nil || p.MaxCost != nil
	add := func(price ocpp.Number, conditional bool, quantity *big.Rat, taxes []v21.TaxRate) {
		fails = fails || conditional
		cost := new(big.Rat).Mul(price.Rat(), quantity)
		net.Add(net, cost)
		gross.Add(gross, cost)
		for _, x := range taxes {
			tax := new(big.Rat).Mul(cost, new(big.Rat).Quo(x.Tax.Rat(), big.NewRat(100, 1)))
			gross.Add(gross, tax)
		}
	}
	if e := p.Energy; e != nil && len(e.Prices) > 0 {
		add(e.Prices[0].PriceKwh, len(e.Prices) > 1 || e.Prices[0].Conditions != nil, big.NewRat(mwh, 1_000_000), e.TaxRates)
	}
	if c := p.ChargingTime; c != nil && len(c.Prices) > 0 {
		add(c.Prices[0].PriceMinute, len(c.Prices) > 1 || c.Prices[0].Conditions != nil, big.NewRat(int64(lasted), int64(time.Minute)), c.TaxRates)
	}
	if f := p.FixedFee; f != nil && len(f.Prices) > 0 {
		add(f.Prices[0].PriceFixed, len(f.Prices) > 1 || f.Prices[0].Conditions != nil, big.NewRat(1, 1), f.TaxRates)
	}
	if fails {
		d.FailureToCalculate, d.FailureReason = ocpp.Ptr(true), "the tariff has prices that depend on more than the amount"
	}
	number := func(r *big.Rat) *ocpp.Number {
		n, err := ocpp.ParseNumber(strings.TrimSuffix(r.FloatString(6), "."))
		if err != nil {
			return nil
		}
		return &n
	}
	d.TotalCost.Total = v21.TotalPrice{ExclTax: number(net), InclTax: number(gross)}
	return d
}
