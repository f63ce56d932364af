package sim

// measured is one sampled value; milli is thousandths of the unit.
type measured struct {
	name  string
	phase string
	place string
	unit  string
	milli int64
}

// measure calls put for every measurand the station is set to sample. The
// current is what the power needs at the nominal voltage.
func (e *evse) measure(r reading, put func(measured)) {
	wants := func(name string) bool { return e.s.settings.lists(meterValuesSampledData, name) }
	const register = "Energy.Active.Import.Register"
	power := []measured{
		{name: register, place: "Outlet", unit: "Wh", milli: r.mwh},
		{name: "Power.Active.Import", place: "Outlet", unit: "W", milli: r.watts * 1000},
		{name: "Power.Offered", place: "Outlet", unit: "W", milli: r.offered * 1000},
	}
	for _, m := range power {
		if wants(m.name) || m.name == register {
			put(m)
		}
	}
	if e.cfg.Kind == DC {
		e.measureDC(r, wants, put)
	} else {
		e.measureAC(r, wants, put)
	}
	if e.s.quirks[Celcius] {
		put(measured{name: "Temperature", place: "Body", unit: "Celsius", milli: 31_500})
	}
}

func (e *evse) measureAC(r reading, wants func(string) bool, put func(measured)) {
	n := e.phases(0)
	for i, phase := range []string{"L1", "L2", "L3"}[:n] {
		if wants("Current.Import") {
			put(measured{name: "Current.Import", phase: phase, place: "Outlet", unit: "A", milli: r.watts * 1000 / n / volts})
		}
		if wants("Voltage") {
			put(measured{name: "Voltage", phase: phase + "-N", place: "Outlet", unit: "V", milli: volts*1000 + int64(i-1)*500})
		}
	}
}

// packVolts is the battery voltage of every DC vehicle.
const packVolts = 400

func (e *evse) measureDC(r reading, wants func(string) bool, put func(measured)) {
	if wants("Current.Import") {
		put(measured{name: "Current.Import", place: "Outlet", unit: "A", milli: r.watts * 1000 / packVolts})
	}
	if wants("Voltage") {
		put(measured{name: "Voltage", place: "Outlet", unit: "V", milli: packVolts * 1000})
	}
	if wants("SoC") && r.soc >= 0 {
		put(measured{name: "SoC", place: "EV", unit: "Percent", milli: r.soc * 1000})
	}
}
