package central

import (
	"time"

	"chargewright/base/money"
	"chargewright/core/device"
	"chargewright/wire/ocpp"
)

// sample is a command and its name in the transcripts.
type sample struct {
	name    string
	command device.Command
}

var (
	noon  = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	night = noon.Add(10 * time.Hour)
	tag   = device.Token{UID: "04A1B2C3D4", Type: "ISO14443", Group: "FLEET1"}
	hash  = device.CertificateHash{Algorithm: "SHA256", IssuerName: "aa", IssuerKey: "bb", Serial: "1f"}
	pem   = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
	limit = device.Profile{
		ID: 7, StackLevel: 1, Purpose: device.TxDefault, Kind: device.Daily, Start: noon, Duration: 86400, Unit: device.Ampere, MinRate: 60, ValidFrom: noon, ValidTo: night,
		Periods: []device.Period{{Rates: device.Upto(160)}, {Start: 3600, Phases: 3, Rates: device.Upto(325)}},
	}
	charge = device.Profile{
		ID: 8, Purpose: device.Tx, Kind: device.Absolute, Start: noon, Unit: device.Watt, Transaction: "4711", Periods: []device.Period{{Rates: device.Upto(110000)}},
	}
	voltage  = device.Setting{Component: "EVSE", EVSE: 1, Connector: 2, Variable: "AvailabilityState", Instance: "i"}
	interval = device.Setting{Component: "OCPPCommCtrlr", Variable: "HeartbeatInterval"}
)

func relative(p device.Profile) *device.Profile {
	p.Transaction, p.Kind, p.Start = "", device.Relative, time.Time{}
	return &p
}

func phased(p device.Profile) device.Profile {
	p.Purpose, p.Kind = device.StationMax, device.Absolute
	p.Periods = []device.Period{{Phases: 1, Phase: 2, Rates: device.Upto(80)}}
	return p
}

func samples() []sample {
	return append(append(append(chargingSamples(), profileSamples()...), careSamples()...), gridSamples()...)
}

func chargingSamples() []sample {
	return []sample{
		{"remote start", device.RemoteStart{EVSE: 2, Token: tag}},
		{"remote start anywhere with profile", device.RemoteStart{Token: device.Token{UID: "APP1"}, StartID: 99, Profile: relative(charge)}},
		{"remote stop", device.RemoteStop{Transaction: "4711"}},
		{"remote stop by text", device.RemoteStop{Transaction: "f3c1-aa"}},
		{"reset soft", device.Reset{}},
		{"reset hard", device.Reset{Hard: true}},
		{"reset an EVSE", device.Reset{EVSE: 1}},
		{"reset and resume", device.Reset{Resume: true}},
		{"unlock", device.Unlock{EVSE: 1}},
		{"unlock a second connector", device.Unlock{EVSE: 1, Connector: 2}},
		{"unlock nothing", device.Unlock{}},
		{"station out of service", device.SetAvailability{}},
		{"EVSE in service", device.SetAvailability{EVSE: 1, Operative: true}},
		{"connector in service", device.SetAvailability{EVSE: 1, Connector: 2, Operative: true}},
		{"trigger boot", device.Trigger{What: device.BootMessage}},
		{"trigger meter values of an EVSE", device.Trigger{What: device.MeterMessage, EVSE: 1}},
		{"trigger status of a connector", device.Trigger{What: device.StatusMessage, EVSE: 1, Connector: 1}},
		{"trigger log", device.Trigger{What: device.LogMessage}},
		{"trigger diagnostics", device.Trigger{What: device.DiagnosticsMessage}},
		{"trigger transaction", device.Trigger{What: device.TransactionMessage, EVSE: 1}},
		{"trigger signing", device.Trigger{What: device.SignStationMessage}},
		{"trigger signing for 15118-20", device.Trigger{What: device.SignV2G20Message}},
		{"trigger a custom message", device.Trigger{What: device.CustomMessage, Custom: "Tilt"}},
		{"trigger nonsense", device.Trigger{What: "nonsense"}},
		{"reserve", device.Reserve{ID: 5, EVSE: 1, Token: tag, Until: night}},
		{"reserve a kind of connector", device.Reserve{ID: 5, Connector: "cCCS2", Token: tag, Until: night}},
		{"reserve without end", device.Reserve{ID: 5, EVSE: 1, Token: tag}},
		{"cancel reservation", device.CancelReservation{ID: 5}},
		{"transaction status", device.TransactionStatus{Transaction: "4711"}},
		{"messages waiting", device.TransactionStatus{}},
		{"cost updated", device.CostUpdated{Transaction: "4711", Total: money.Amount{Minor: 1234, Currency: "EUR"}}},
		{"cost updated in yen", device.CostUpdated{Transaction: "4711", Total: money.Amount{Minor: 1234, Currency: "JPY"}}},
		{"price for a driver", device.UserPrice{Token: "04AABBCC", Texts: priceTexts}},
		{"running cost", device.RunningCost{
			Transaction: "4711", At: noon, Register: 1_234_567_890, Total: money.Amount{Minor: 1234, Currency: "EUR"}, Border: 20_000_000,
			Rates: device.ShownRates{Energy: 476_000, Flat: 595_000, Idle: 7_140_000},
			Next:  &device.NextRates{At: night, Rates: device.ShownRates{Energy: 357_000, Flat: 595_000, Idle: 7_140_000}},
		}},
		{"running cost of idling, free", device.RunningCost{Transaction: "4711", At: noon, Total: money.Amount{Minor: 250, Currency: "JPY"}, Idle: true}},
		{"final cost", device.FinalCost{Transaction: "4711", Total: money.Amount{Minor: 1234, Currency: "EUR"}, Texts: priceTexts}},
		{"show a price", device.ShowPrice{Now: device.Priced{Texts: priceTexts, Rates: &device.ShownRates{Energy: 476_000}}}},
		{"show the next price, too", device.ShowPrice{
			Slot: 1, Now: device.Priced{Texts: priceTexts}, Next: &device.NextPrice{From: night, Priced: device.Priced{Texts: priceTexts[:1]}}, Drop: []string{"old"},
		}},
		{"show nothing", device.ShowPrice{}},
		{"transfer text", device.Transfer{Vendor: "com.example", Message: "hello", Data: `say "hi"`}},
		{"transfer JSON", device.Transfer{Vendor: "com.example", Data: `{"a":[1]}`}},
	}
}

var priceTexts = []device.Text{{Format: "UTF8", Language: "de", Content: "0,40 € pro kWh"}, {Format: "UTF8", Language: "en", Content: "€0.40 per kWh"}}

func profileSamples() []sample {
	rated := device.Rates{
		Limit:     &device.Rate{Value: 320, L2: ocpp.Ptr(int64(160)), L3: ocpp.Ptr(int64(155))},
		Discharge: &device.Rate{Value: -100}, Setpoint: &device.Rate{Value: 5}, Reactive: &device.Rate{Value: 3},
	}
	v2x := charge
	v2x.Kind, v2x.Update, v2x.Offline = device.Dynamic, device.Update{Interval: 30, At: noon}, device.Offline{MaxDuration: 600, Invalid: true}
	v2x.Periods = []device.Period{{Rates: rated, Mode: "CentralSetpoint", Precondition: ocpp.Ptr(true), Sleep: ocpp.Ptr(false), Baseline: ocpp.Ptr(int64(7)),
		FrequencyWatt: []device.FreqPoint{{Frequency: 49_800_000, Power: 100}}, SignalWatt: []device.SignalPoint{{Signal: -5, Power: 90}}}}
	priority := limit
	priority.Purpose = device.Priority
	external := limit
	external.Purpose = device.External
	return []sample{
		{"set a default profile", device.SetChargingProfile{Profile: limit}},
		{"set a profile of a transaction", device.SetChargingProfile{EVSE: 1, Profile: charge}},
		{"set a profile of no transaction", device.SetChargingProfile{EVSE: 1, Profile: *relative(charge)}},
		{"set a profile of one phase", device.SetChargingProfile{Profile: phased(limit)}},
		{"set a priority profile", device.SetChargingProfile{EVSE: 1, Profile: priority}},
		{"set an external profile", device.SetChargingProfile{EVSE: 1, Profile: external}},
		{"set a dynamic profile", device.SetChargingProfile{EVSE: 1, Profile: v2x}},
		{"clear a profile", device.ClearChargingProfiles{ID: ocpp.Ptr(int64(7))}},
		{"clear profiles", device.ClearChargingProfiles{EVSE: ocpp.Ptr(int64(0)), Purpose: device.TxDefault, StackLevel: ocpp.Ptr(int64(0))}},
		{"clear all profiles", device.ClearChargingProfiles{}},
		{"clear external profiles", device.ClearChargingProfiles{Purpose: device.External}},
		{"get profiles", device.GetChargingProfiles{
			Request: 3, EVSE: ocpp.Ptr(int64(1)), IDs: []int64{7, 8}, Purpose: device.TxDefault, StackLevel: ocpp.Ptr(int64(0)), Sources: []string{"CSO"},
		}},
		{"composite schedule", device.CompositeSchedule{EVSE: 1, Duration: 600, Unit: device.Watt}},
		{"composite schedule of the station", device.CompositeSchedule{Duration: 600}},
		{"update a schedule", device.UpdateSchedule{Profile: 8, Rates: rated}},
		{"update nothing", device.UpdateSchedule{Profile: 8}},
		{"priority charging", device.PriorityCharging{Transaction: "4711", Activate: true}},
		{"allow energy transfer", device.AllowEnergyTransfer{Transaction: "4711", Modes: []string{"DC", "DC_BPT"}}},
	}
}

func careSamples() []sample {
	three := int64(3)
	return []sample{
		{"get keys", device.GetSettings{Settings: []device.Setting{{Variable: "HeartbeatInterval"}, {Variable: "Nope"}, {Variable: "HeartbeatInterval"}}}},
		{"get variables", device.GetSettings{Settings: []device.Setting{voltage, interval, voltage}}},
		{"get nothing", device.GetSettings{}},
		{"set a key", device.SetSettings{Values: []device.Value{
			{Setting: device.Setting{Variable: "HeartbeatInterval"}, Value: "300"}, {Setting: device.Setting{Variable: "AuthorizationKey"}, Value: "0011223344"},
		}}},
		{"set variables", device.SetSettings{Values: []device.Value{
			{Setting: interval, Value: "300"},
			{Setting: device.Setting{Component: "SecurityCtrlr", Variable: "BasicAuthPassword", Attribute: "Target"}, Value: "0123456789abcdef"},
		}}},
		{"set a setting twice", device.SetSettings{Values: []device.Value{{Setting: interval, Value: "300"}, {Setting: interval, Value: "400"}}}},
		{"report all", device.ReportSettings{}},
		{"report the configuration", device.ReportSettings{Request: 4, Base: "configuration"}},
		{"report problems", device.ReportSettings{Request: 4, Settings: []device.Setting{{Component: "EVSE", EVSE: 1}, interval}, Criteria: []string{"problem"}}},
		{"report by both", device.ReportSettings{Base: "full", Criteria: []string{"problem"}}},
		{"network profile", device.SetNetworkProfile{Slot: 1, Version: "2.0.1", URL: "wss://csms.example/ocpp", Interface: "Wireless0", Timeout: 30, SecurityProfile: 2,
			APN: &device.APN{Name: "iot", User: "u", Password: "p", PIN: "0042", OnlyNetwork: true, Authentication: "AUTO"},
			VPN: &device.Tunnel{Server: "vpn.example", User: "u", Group: "g", Password: "p", Key: "k", Type: "IKEv2"}}},
		{"network profile with identity", device.SetNetworkProfile{
			Slot: 2, Version: "2.1", URL: "wss://csms.example/ocpp", Interface: "Any", Timeout: 30, SecurityProfile: 2, Identity: "CP1", Password: "0123456789abcdef",
		}},
		{"send the local list", device.SendTokens{Version: 3, Full: true, Tokens: []device.ListedToken{
			{Token: tag, Status: "Accepted", ExpiresAt: night}, {Token: device.Token{UID: "X2", Type: "eMAID"}, Status: "Blocked"},
		}}},
		{"change the local list", device.SendTokens{Version: 4, Tokens: []device.ListedToken{{Token: device.Token{UID: "X2", Type: "eMAID"}}}}},
		{"empty the local list", device.SendTokens{Version: 5, Full: true}},
		{"send no version", device.SendTokens{Full: true}},
		{"list version", device.ListVersion{}},
		{"clear cache", device.ClearCache{}},
		{"information about a token", device.CustomerInformation{Request: 6, Report: true, Token: &tag}},
		{"information about a certificate", device.CustomerInformation{Request: 6, Clear: true, Certificate: &hash}},
		{"information about a customer", device.CustomerInformation{Report: true, Clear: true, Customer: "c-17"}},
		{"information about nobody", device.CustomerInformation{Report: true}},
		{"set monitors", device.SetMonitors{Monitors: []device.Monitor{
			{ID: &three, On: voltage, Type: "UpperThreshold", Value: 253_500_000, Severity: 4, Transaction: true},
			{On: interval, Type: "Periodic", Value: 60_000_000, Severity: 9},
		}}},
		{"set a streaming monitor", device.SetMonitors{Monitors: []device.Monitor{
			{On: voltage, Type: "Periodic", Value: 60_000_000, Severity: 9, Stream: &device.StreamSet{Interval: &three, Values: &three}},
		}}},
		{"clear monitors", device.ClearMonitors{IDs: []int64{3, 4}}},
		{"report monitors", device.ReportMonitors{Request: 7, Settings: []device.Setting{interval}, Criteria: []string{"delta"}}},
		{"monitoring base", device.SetMonitoringBase{Base: "FactoryDefault"}},
		{"monitoring level", device.SetMonitoringLevel{Severity: 5}},
		{"adjust a stream", device.AdjustStream{ID: 2, StreamSet: device.StreamSet{Interval: &three}}},
		{"list streams", device.ListStreams{}},
		{"update firmware", device.UpdateFirmware{Request: 8, Location: "https://fw.example/a.bin", LoadAt: noon, Attempts: device.Attempts{Retries: &three, RetryInterval: &three}}},
		{"update signed firmware", device.UpdateFirmware{Request: 8, Location: "https://fw.example/a.bin", LoadAt: noon, InstallAt: night, Certificate: pem, Signature: "c2ln"}},
		{"publish firmware", device.PublishFirmware{Request: 9, Location: "https://fw.example/a.bin", Checksum: "d41d8cd98f00b204e9800998ecf8427e"}},
		{"unpublish firmware", device.UnpublishFirmware{Checksum: "d41d8cd98f00b204e9800998ecf8427e"}},
		{"get diagnostics", device.GetLog{Request: 10, Log: device.Diagnostics, Location: "ftp://u:p@logs.example/", From: noon, To: night, Attempts: device.Attempts{Retries: &three}}},
		{"get the security log", device.GetLog{Request: 10, Log: device.SecurityLog, Location: "ftp://logs.example/"}},
		{"get collected data", device.GetLog{Request: 10, Log: device.DataCollector, Location: "ftp://logs.example/"}},
		{"install a root", device.InstallCertificate{Use: device.CSMSRoot, PEM: pem}},
		{"install an OEM root", device.InstallCertificate{Use: device.OEMRoot, PEM: pem}},
		{"install a V2G root", device.InstallCertificate{Use: device.V2GRoot, PEM: pem}},
		{"delete a V2G root", device.DeleteCertificate{Use: device.V2GRoot, Hash: hash}},
		{"signed certificate of the V2G side", device.SignedCertificate{Use: device.V2GLeaf, Chain: pem}},
		{"trigger signing of the V2G side", device.Trigger{What: device.SignV2GMessage}},
		{"delete a certificate", device.DeleteCertificate{Hash: hash}},
		{"list certificates", device.ListCertificates{}},
		{"list roots", device.ListCertificates{Uses: []device.CertificateUse{device.ManufacturerRoot}}},
		{"list chains", device.ListCertificates{Uses: []device.CertificateUse{device.V2GChain}}},
		{"signed certificate", device.SignedCertificate{Use: device.StationLeaf, Request: 11, Chain: pem}},
		{"signed certificate of the vehicle side", device.SignedCertificate{Use: device.V2G20Leaf, Chain: pem}},
		{"show a message", device.ShowMessage{
			ID: 1, Priority: "InFront", State: "Charging", From: noon, To: night, Transaction: "4711",
			Display: &device.Setting{Component: "Display", EVSE: 1}, Texts: []device.Text{{Format: "UTF8", Language: "de", Content: "Grüß Gott"}},
		}},
		{"show a message in two languages", device.ShowMessage{ID: 1, Priority: "AlwaysFront", Texts: []device.Text{
			{Format: "UTF8", Content: "hi"}, {Format: "UTF8", Language: "de", Content: "Servus"},
		}}},
		{"show no text", device.ShowMessage{ID: 1, Priority: "AlwaysFront"}},
		{"show it wrongly", device.ShowMessage{ID: 1, Priority: "Loud", Texts: []device.Text{{Format: "UTF8", Content: "hi"}}}},
		{"clear a message", device.ClearMessage{ID: 1}},
		{"get messages", device.GetMessages{Request: 12, IDs: []int64{1}, Priority: "InFront", State: "Idle"}},
	}
}

func gridSamples() []sample {
	n := func(v int64) *int64 { return &v }
	m := func(v device.Micro) *device.Micro { return &v }
	gross := money.Price(10_000_000)
	tariff := device.StationTariff{
		ID: "plain", Currency: "EUR", Texts: []device.Text{{Format: "UTF8", Language: "en", Content: "0.40/kWh"}}, ValidFrom: noon,
		Energy: &device.TariffPart{Taxes: []device.TariffTax{{Type: "VAT", Percent: 19_000_000, Stack: n(0)}}, Prices: []device.TariffPrice{
			{Price: 400_000, When: &device.TariffConditions{From: "08:00", To: "20:00", Days: []string{"Monday"}, FromDate: "2026-01-01", ToDate: "2027-01-01", EVSEKind: "DC",
				MinEnergy: n(20_000), MaxEnergy: n(30_000), MinPower: n(11_000), MaxPower: n(50_000), MinCurrent: n(160), MaxCurrent: n(325),
				MinTime: n(1), MaxTime: n(2), MinChargingTime: n(3), MaxChargingTime: n(4), MinIdleTime: n(5), MaxIdleTime: n(6)}}, {Price: 250_000}}},
		ChargingTime: &device.TariffPart{Prices: []device.TariffPrice{{Price: 10_000}}}, IdleTime: &device.TariffPart{Prices: []device.TariffPrice{{Price: 20_000}}},
		Fixed:           &device.TariffPart{Prices: []device.TariffPrice{{Price: 500_000, When: &device.TariffConditions{PaymentBrand: "VISA", Recognition: "CC"}}}},
		ReservationTime: &device.TariffPart{Prices: []device.TariffPrice{{Price: 30_000}}}, ReservationFixed: &device.TariffPart{Prices: []device.TariffPrice{{Price: 1_000_000}}},
		MinCost: &device.TariffLimit{Gross: &gross}, MaxCost: &device.TariffLimit{Net: &gross, Gross: &gross, Taxes: []device.TariffTax{{Type: "VAT", Percent: 19_000_000}}},
	}
	odd := tariff
	odd.Fixed = &device.TariffPart{Prices: []device.TariffPrice{{Price: 1, When: &device.TariffConditions{MinEnergy: n(1)}}}}
	span := device.Span{Start: noon, Duration: m(900_000_000)}
	curve := &device.DERCurve{Priority: 1, Unit: "PctMaxW", Points: []device.DERPoint{{X: 50_200_000, Y: 100_000_000}, {X: 51_500_000}}, ResponseTime: m(500_000),
		Hysteresis: &device.Hysteresis{High: m(1), Low: m(2), Delay: m(3), Gradient: m(4)}, Reactive: &device.ReactiveParams{VRef: m(100_000_000), Autonomous: ocpp.Ptr(true), TimeConstant: m(5)},
		Voltage: &device.VoltageParams{Mean10Min: m(253_000_000), TripDelay: m(6), Cessation: "Active"}, Span: span}
	return []sample{
		{"default tariff", device.SetDefaultTariff{EVSE: 1, Tariff: tariff}},
		{"default tariff with an odd fee", device.SetDefaultTariff{EVSE: 1, Tariff: odd}},
		{"change a tariff", device.ChangeTransactionTariff{Transaction: "4711", Tariff: device.StationTariff{ID: "free", Currency: "EUR"}}},
		{"get tariffs", device.GetTariffs{EVSE: 1}},
		{"clear tariffs", device.ClearTariffs{Tariffs: []string{"plain", "gone"}, EVSE: n(0)}},
		{"web payment started", device.WebPaymentStarted{EVSE: 1, Timeout: 120}},
		{"frequency-watt", device.SetDERControl{ID: "a", Type: "FreqWatt", Curve: curve}},
		{"enter service", device.SetDERControl{ID: "b", Type: "EnterService", Default: true, EnterService: &device.EnterService{
			Priority: 1, HighVoltage: 105_000_000, LowVoltage: 95_000_000, HighFreq: 50_100_000, LowFreq: 49_900_000,
			Delay: m(60_000_000), RandomDelay: m(1_000_000), RampRate: m(333_000),
		}}},
		{"power factor absorbed", device.SetDERControl{ID: "c", Type: "FixedPFAbsorb", PowerFactor: &device.PowerFactor{Priority: 1, Displacement: 950_000, Excitation: true, Span: span}}},
		{"power factor injected", device.SetDERControl{ID: "c", Type: "FixedPFInject", PowerFactor: &device.PowerFactor{Priority: 1, Displacement: 950_000}}},
		{"fixed var", device.SetDERControl{ID: "d", Type: "FixedVar", Var: &device.FixedVar{Priority: 1, Setpoint: 10_000_000, Unit: "PctMaxVar", Span: span}}},
		{"droop", device.SetDERControl{ID: "e", Type: "FreqDroop", Droop: &device.FreqDroop{
			Priority: 1, OverFreq: 50_200_000, UnderFreq: 49_800_000, OverDroop: 5_000_000, UnderDroop: 4_000_000, ResponseTime: 1_000_000, Span: span,
		}}},
		{"a droop called a curve", device.SetDERControl{ID: "e", Type: "FreqWatt", Droop: &device.FreqDroop{Priority: 1}}},
		{"two controls at once", device.SetDERControl{ID: "e", Type: "FreqWatt", Curve: curve, Gradient: &device.Gradient{Priority: 1}}},
		{"gradient", device.SetDERControl{ID: "f", Type: "Gradients", Gradient: &device.Gradient{Priority: 1, Hard: 10_000_000, Soft: 5_000_000}}},
		{"discharge limit", device.SetDERControl{ID: "g", Type: "LimitMaxDischarge", MaxDischarge: &device.MaxDischarge{Priority: 1, Percent: m(60_000_000), MustTrip: curve, Span: span}}},
		{"get grid controls", device.GetDERControls{Request: 13, Default: ocpp.Ptr(false), Type: "FreqWatt"}},
		{"clear grid controls", device.ClearDERControls{Type: "FreqWatt", ID: "a"}},
		{"frequency signal", device.FrequencySignal{At: noon, Signal: -20}},
		{"swap a battery", device.SwapBattery{Request: 14, Token: tag}},
	}
}
