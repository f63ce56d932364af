package central

import (
	"chargewright/base/fail"
	"chargewright/core/device"
	"chargewright/wire/ocpp"
	"chargewright/wire/ocpp/v21"
)

// grid21 registers the grid controls of block R.
func grid21(s *speech) {
	one(s, func(c device.SetDERControl) (v21.SetDERControl, error) { return der21(c), oneControl(c) },
		func(r v21.SetDERControlResponse) device.Outcome {
			o := told(r.Status, r.StatusInfo)
			if len(r.SupersededIDs) > 0 {
				o.Data = device.Superseded(r.SupersededIDs)
			}
			return o
		})

	report(s, func(c device.GetDERControls) int64 { return c.Request }, func(c device.GetDERControls, n int64) (v21.GetDERControl, error) {
		return v21.GetDERControl{RequestID: n, IsDefault: c.Default, ControlType: v21.DERControlEnum(c.Type), ControlID: c.ID}, nil
	}, func(r v21.GetDERControlResponse) device.Outcome { return told(r.Status, r.StatusInfo) })

	one(s, func(c device.ClearDERControls) (v21.ClearDERControl, error) {
		return v21.ClearDERControl{IsDefault: c.Default, ControlType: v21.DERControlEnum(c.Type), ControlID: c.ID}, nil
	}, func(r v21.ClearDERControlResponse) device.Outcome { return told(r.Status, r.StatusInfo) })
}

// oneControl refuses a control with another member than its type asks for.
func oneControl(c device.SetDERControl) error {
	wanted := "curve"
	if w, ok := controls21[v21.DERControlEnum(c.Type)]; ok {
		wanted = w
	}
	for name, given := range map[string]bool{
		"curve": c.Curve != nil, "enter_service": c.EnterService != nil, "power_factor": c.PowerFactor != nil, "var": c.Var != nil,
		"droop": c.Droop != nil, "gradient": c.Gradient != nil, "max_discharge": c.MaxDischarge != nil,
	} {
		if given != (name == wanted) {
			return fail.Field("central.Command", wanted, "a control of type %.40q has it, and nothing else", c.Type)
		}
	}
	return nil
}

// controls21 are the members of the types that are no curve.
var controls21 = map[v21.DERControlEnum]string{
	v21.DERControlEnterService: "enter_service", v21.DERControlFreqDroop: "droop", v21.DERControlFixedPFAbsorb: "power_factor",
	v21.DERControlFixedPFInject: "power_factor", v21.DERControlFixedVar: "var", v21.DERControlGradients: "gradient",
	v21.DERControlLimitMaxDischarge: "max_discharge", v21.DERControlPowerMonitoringMustTrip: "max_discharge",
}

func der21(c device.SetDERControl) v21.SetDERControl {
	q := v21.SetDERControl{IsDefault: c.Default, ControlID: c.ID, ControlType: v21.DERControlEnum(c.Type), Curve: curve21(c.Curve)}
	if e := c.EnterService; e != nil {
		q.EnterService = &v21.EnterService{
			Priority: e.Priority, HighVoltage: micro(e.HighVoltage), LowVoltage: micro(e.LowVoltage), HighFreq: micro(e.HighFreq), LowFreq: micro(e.LowFreq),
			Delay: micros(e.Delay), RandomDelay: micros(e.RandomDelay), RampRate: micros(e.RampRate),
		}
	}
	if p := c.PowerFactor; p != nil {
		fixed := &v21.FixedPF{Priority: p.Priority, Displacement: micro(p.Displacement), Excitation: p.Excitation, StartTime: when(p.Start), Duration: micros(p.Duration)}
		if q.ControlType == v21.DERControlFixedPFAbsorb {
			q.FixedPFAbsorb = fixed
		} else {
			q.FixedPFInject = fixed
		}
	}
	if v := c.Var; v != nil {
		q.FixedVar = &v21.FixedVar{Priority: v.Priority, Setpoint: micro(v.Setpoint), Unit: v21.DERUnitEnum(v.Unit), StartTime: when(v.Start), Duration: micros(v.Duration)}
	}
	if d := c.Droop; d != nil {
		q.FreqDroop = &v21.FreqDroop{
			Priority: d.Priority, OverFreq: micro(d.OverFreq), UnderFreq: micro(d.UnderFreq), OverDroop: micro(d.OverDroop), UnderDroop: micro(d.UnderDroop),
			ResponseTime: micro(d.ResponseTime), StartTime: when(d.Start), Duration: micros(d.Duration),
		}
	}
	if g := c.Gradient; g != nil {
		q.Gradient = &v21.Gradient{Priority: g.Priority, Gradient: micro(g.Hard), SoftGradient: micro(g.Soft)}
	}
	if m := c.MaxDischarge; m != nil {
		q.LimitMaxDischarge = &v21.LimitMaxDischarge{
			Priority: m.Priority, PctMaxDischargePower: micros(m.Percent), PowerMonitoringMustTrip: curve21(m.MustTrip), StartTime: when(m.Start), Duration: micros(m.Duration),
		}
	}
	return q
}

func curve21(c *device.DERCurve) *v21.DERCurve {
	if c == nil {
		return nil
	}
	out := &v21.DERCurve{
		CurveData: []v21.DERCurvePoints{}, Priority: c.Priority, YUnit: v21.DERUnitEnum(c.Unit), ResponseTime: micros(c.ResponseTime),
		StartTime: when(c.Start), Duration: micros(c.Duration),
	}
	for _, p := range c.Points {
		out.CurveData = append(out.CurveData, v21.DERCurvePoints{X: micro(p.X), Y: micro(p.Y)})
	}
	if h := c.Hysteresis; h != nil {
		out.Hysteresis = &v21.Hysteresis{HysteresisHigh: micros(h.High), HysteresisLow: micros(h.Low), HysteresisDelay: micros(h.Delay), HysteresisGradient: micros(h.Gradient)}
	}
	if r := c.Reactive; r != nil {
		out.ReactivePowerParams = &v21.ReactivePowerParams{VRef: micros(r.VRef), AutonomousVRefEnable: r.Autonomous, AutonomousVRefTimeConstant: micros(r.TimeConstant)}
	}
	if v := c.Voltage; v != nil {
		out.VoltageParams = &v21.VoltageParams{
			HV10MinMeanValue: micros(v.Mean10Min), HV10MinMeanTripDelay: micros(v.TripDelay), PowerDuringCessation: v21.PowerDuringCessationEnum(v.Cessation),
		}
	}
	return out
}

// micros is micro of what may be absent.
func micros(m *device.Micro) *ocpp.Number {
	if m == nil {
		return nil
	}
	return ocpp.Ptr(micro(*m))
}
