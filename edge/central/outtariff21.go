package central

import (
	"chargewright/base/fail"
	"chargewright/base/money"
	"chargewright/core/device"
	"chargewright/wire/ocpp"
	"chargewright/wire/ocpp/v21"
)

// tariffs21 registers the tariffs of block I.
func tariffs21(s *speech) {
	one(s, func(c device.SetDefaultTariff) (v21.SetDefaultTariff, error) {
		t, err := tariff21(c.Tariff)
		return v21.SetDefaultTariff{EVSEID: c.EVSE, Tariff: t}, err
	}, func(r v21.SetDefaultTariffResponse) device.Outcome { return told(r.Status, r.StatusInfo) })

	one(s, func(c device.ChangeTransactionTariff) (v21.ChangeTransactionTariff, error) {
		t, err := tariff21(c.Tariff)
		return v21.ChangeTransactionTariff{Tariff: t, TransactionID: c.Transaction}, err
	}, func(r v21.ChangeTransactionTariffResponse) device.Outcome { return told(r.Status, r.StatusInfo) })

	one(s, func(c device.GetTariffs) (v21.GetTariffs, error) { return v21.GetTariffs{EVSEID: c.EVSE}, nil },
		func(r v21.GetTariffsResponse) device.Outcome {
			o := told(r.Status, r.StatusInfo)
			var list []device.TariffUse
			for _, x := range r.TariffAssignments {
				list = append(list, device.TariffUse{Tariff: x.TariffID, Kind: string(x.TariffKind), ValidFrom: x.ValidFrom.Time, EVSEs: x.EVSEIDs, Tokens: x.IDTokens})
			}
			o.Data = list
			return o
		})

	one(s, func(c device.ClearTariffs) (v21.ClearTariffs, error) {
		return v21.ClearTariffs{TariffIDs: c.Tariffs, EVSEID: c.EVSE}, nil
	}, func(r v21.ClearTariffsResponse) device.Outcome {
		var list []device.TariffResult
		for _, x := range r.ClearTariffsResult {
			o := told(x.Status, x.StatusInfo)
			list = append(list, device.TariffResult{Tariff: x.TariffID, Status: o.Status, Word: o.Word, Reason: o.Reason})
		}
		return among(list, func(r device.TariffResult) (device.Status, string, string) { return r.Status, r.Word, r.Reason })
	})
}

func tariff21(t device.StationTariff) (v21.Tariff, error) {
	out := v21.Tariff{TariffID: t.ID, Description: texts2x(t.Texts), Currency: string(t.Currency), ValidFrom: when(t.ValidFrom)}
	var err error
	timed := func(p *device.TariffPart) (out *v21.TariffTime) {
		if p == nil || err != nil {
			return nil
		}
		out = &v21.TariffTime{TaxRates: taxes21(p.Taxes), Prices: []v21.TariffTimePrice{}}
		for _, x := range p.Prices {
			var c *v21.TariffConditions
			if c, err = conditions21(x.When); err != nil {
				return nil
			}
			out.Prices = append(out.Prices, v21.TariffTimePrice{PriceMinute: price(x.Price), Conditions: c})
		}
		return out
	}
	fixed := func(p *device.TariffPart) (out *v21.TariffFixed) {
		if p == nil || err != nil {
			return nil
		}
		out = &v21.TariffFixed{TaxRates: taxes21(p.Taxes), Prices: []v21.TariffFixedPrice{}}
		for _, x := range p.Prices {
			var c *v21.TariffConditionsFixed
			if c, err = fixedConditions21(x.When); err != nil {
				return nil
			}
			out.Prices = append(out.Prices, v21.TariffFixedPrice{PriceFixed: price(x.Price), Conditions: c})
		}
		return out
	}
	if t.Energy != nil {
		out.Energy = &v21.TariffEnergy{TaxRates: taxes21(t.Energy.Taxes), Prices: []v21.TariffEnergyPrice{}}
		for _, x := range t.Energy.Prices {
			c, err := conditions21(x.When)
			if err != nil {
				return out, err
			}
			out.Energy.Prices = append(out.Energy.Prices, v21.TariffEnergyPrice{PriceKwh: price(x.Price), Conditions: c})
		}
	}
	out.ChargingTime, out.IdleTime, out.ReservationTime = timed(t.ChargingTime), timed(t.IdleTime), timed(t.ReservationTime)
	out.FixedFee, out.ReservationFixed = fixed(t.Fixed), fixed(t.ReservationFixed)
	out.MinCost, out.MaxCost = limit21(t.MinCost), limit21(t.MaxCost)
	return out, err
}

func price(p money.Price) ocpp.Number { return ocpp.Decimal(int64(p), 6) }

func taxes21(list []device.TariffTax) []v21.TaxRate {
	var out []v21.TaxRate
	for _, x := range list {
		out = append(out, v21.TaxRate{Type: x.Type, Tax: ocpp.Decimal(int64(x.Percent), 6), Stack: x.Stack})
	}
	return out
}

func limit21(l *device.TariffLimit) *v21.Price {
	if l == nil {
		return nil
	}
	out := &v21.Price{TaxRates: taxes21(l.Taxes)}
	if l.Net != nil {
		out.ExclTax = ocpp.Ptr(price(*l.Net))
	}
	if l.Gross != nil {
		out.InclTax = ocpp.Ptr(price(*l.Gross))
	}
	return out
}

func days21(list []string) []v21.DayOfWeekEnum {
	var out []v21.DayOfWeekEnum
	for _, d := range list {
		out = append(out, v21.DayOfWeekEnum(d))
	}
	return out
}

// whole is a number of whole units that may be absent.
func whole(n *int64) *ocpp.Number {
	if n == nil {
		return nil
	}
	return ocpp.Ptr(ocpp.Int(*n))
}

// conditions21 restricts prices of energy and time; energies are in Wh, powers
// in W.
func conditions21(c *device.TariffConditions) (*v21.TariffConditions, error) {
	if c == nil {
		return nil, nil
	}
	if c.PaymentBrand != "" || c.Recognition != "" {
		return nil, fail.Field("central.Command", "tariff", "the payment restricts fixed fees alone")
	}
	return &v21.TariffConditions{
		StartTimeOfDay: c.From, EndTimeOfDay: c.To, DayOfWeek: days21(c.Days), ValidFromDate: c.FromDate, ValidToDate: c.ToDate,
		EVSEKind: v21.EVSEKindEnum(c.EVSEKind), MinEnergy: whole(c.MinEnergy), MaxEnergy: whole(c.MaxEnergy),
		MinCurrent: tenth(c.MinCurrent), MaxCurrent: tenth(c.MaxCurrent), MinPower: whole(c.MinPower), MaxPower: whole(c.MaxPower),
		MinTime: c.MinTime, MaxTime: c.MaxTime, MinChargingTime: c.MinChargingTime, MaxChargingTime: c.MaxChargingTime,
		MinIdleTime: c.MinIdleTime, MaxIdleTime: c.MaxIdleTime,
	}, nil
}

func fixedConditions21(c *device.TariffConditions) (*v21.TariffConditionsFixed, error) {
	if c == nil {
		return nil, nil
	}
	for _, bound := range []*int64{
		c.MinEnergy, c.MaxEnergy, c.MinPower, c.MaxPower, c.MinCurrent, c.MaxCurrent, c.MinTime, c.MaxTime,
		c.MinChargingTime, c.MaxChargingTime, c.MinIdleTime, c.MaxIdleTime,
	} {
		if bound != nil {
			return nil, fail.Field("central.Command", "tariff", "a fixed fee is not restricted by what is charged")
		}
	}
	return &v21.TariffConditionsFixed{
		StartTimeOfDay: c.From, EndTimeOfDay: c.To, DayOfWeek: days21(c.Days), ValidFromDate: c.FromDate, ValidToDate: c.ToDate,
		EVSEKind: v21.EVSEKindEnum(c.EVSEKind), PaymentBrand: c.PaymentBrand, PaymentRecognition: c.Recognition,
	}, nil
}
