package device

import (
	"time"

	"chargewright/base/money"
)

// The commands of this file exist in OCPP 2.1 alone.

// SetDefaultTariff gives an EVSE, or all with 0, the tariff of those without
// one of their own.
type SetDefaultTariff struct {
	EVSE   int64         `json:"evse,omitempty"`
	Tariff StationTariff `json:"tariff"`
}

// GetTariffs asks which tariffs are in force on an EVSE, or on all with 0.
// Data: []TariffUse.
type GetTariffs struct {
	EVSE int64 `json:"evse,omitempty"`
}

// TariffUse is a tariff in force.
type TariffUse struct {
	Tariff    string    `json:"tariff"`
	Kind      string    `json:"kind"` // DefaultTariff, DriverTariff
	ValidFrom time.Time `json:"valid_from,omitzero"`
	EVSEs     []int64   `json:"evses,omitempty"`
	Tokens    []string  `json:"-"`
}

// ClearTariffs removes those tariffs, or all, from an EVSE or (nil) from all.
// Data: []TariffResult.
type ClearTariffs struct {
	Tariffs []string `json:"tariffs,omitempty"`
	EVSE    *int64   `json:"evse,omitempty"`
}

// TariffResult is a tariff as a station answers for its removal.
type TariffResult struct {
	Tariff string `json:"tariff,omitempty"`
	Status Status `json:"status"`
	Word   string `json:"word,omitempty"`
	Reason string `json:"reason,omitempty"`
}

// ChangeTransactionTariff changes the tariff of a running transaction. The
// currency must stay.
type ChangeTransactionTariff struct {
	Transaction string        `json:"transaction"`
	Tariff      StationTariff `json:"tariff"`
}

// StationTariff is a tariff as a station can rate it (2.1 block I). Prices are
// net; what is nil costs nothing.
type StationTariff struct {
	ID               string         `json:"id"`
	Currency         money.Currency `json:"currency"`
	Texts            []Text         `json:"texts,omitempty"`
	ValidFrom        time.Time      `json:"valid_from,omitzero"`
	Energy           *TariffPart    `json:"energy,omitempty"`        // per kWh
	ChargingTime     *TariffPart    `json:"charging_time,omitempty"` // per minute
	IdleTime         *TariffPart    `json:"idle_time,omitempty"`     // per minute
	Fixed            *TariffPart    `json:"fixed,omitempty"`
	ReservationTime  *TariffPart    `json:"reservation_time,omitempty"` // per minute
	ReservationFixed *TariffPart    `json:"reservation_fixed,omitempty"`
	MinCost          *TariffLimit   `json:"min_cost,omitempty"`
	MaxCost          *TariffLimit   `json:"max_cost,omitempty"`
}

// TariffPart prices one dimension: the first element whose conditions hold.
type TariffPart struct {
	Prices []TariffPrice `json:"prices"`
	Taxes  []TariffTax   `json:"taxes,omitempty"`
}

// TariffPrice is a price and when it holds.
type TariffPrice struct {
	Price money.Price       `json:"price"`
	When  *TariffConditions `json:"when,omitempty"`
}

// TariffTax is a tax on a dimension.
type TariffTax struct {
	Type    string        `json:"type"`
	Percent money.Percent `json:"percent"`
	Stack   *int64        `json:"stack,omitempty"`
}

// TariffLimit bounds the cost of a session, before and after taxes.
type TariffLimit struct {
	Net   *money.Price `json:"net,omitempty"`
	Gross *money.Price `json:"gross,omitempty"`
	Taxes []TariffTax  `json:"taxes,omitempty"`
}

// TariffConditions restrict a price; all must hold. Lower bounds are inclusive,
// upper ones exclusive. Prices of fixed fees know the first six and the last
// two alone, the others all but the last two.
type TariffConditions struct {
	From      string   `json:"from,omitempty"` // HH:MM, local time
	To        string   `json:"to,omitempty"`   // HH:MM
	Days      []string `json:"days,omitempty"` // Monday …
	FromDate  string   `json:"from_date,omitempty"`
	ToDate    string   `json:"to_date,omitempty"`
	EVSEKind  string   `json:"evse_kind,omitempty"` // AC, DC
	MinEnergy *int64   `json:"min_energy_wh,omitempty"`
	MaxEnergy *int64   `json:"max_energy_wh,omitempty"`
	MinPower  *int64   `json:"min_power_w,omitempty"`
	MaxPower  *int64   `json:"max_power_w,omitempty"`
	// The current in tenths of A.
	MinCurrent      *int64 `json:"min_current,omitempty"`
	MaxCurrent      *int64 `json:"max_current,omitempty"`
	MinTime         *int64 `json:"min_time_s,omitempty"`
	MaxTime         *int64 `json:"max_time_s,omitempty"`
	MinChargingTime *int64 `json:"min_charging_time_s,omitempty"`
	MaxChargingTime *int64 `json:"max_charging_time_s,omitempty"`
	MinIdleTime     *int64 `json:"min_idle_time_s,omitempty"`
	MaxIdleTime     *int64 `json:"max_idle_time_s,omitempty"`
	PaymentBrand    string `json:"payment_brand,omitempty"`
	Recognition     string `json:"recognition,omitempty"`
}

// WebPaymentStarted tells that somebody pays on a web page opened by the QR
// code of an EVSE (C25).
type WebPaymentStarted struct {
	EVSE    int64 `json:"evse"`
	Timeout int64 `json:"timeout_s"` // s
}

// SetDERControl sets one grid control of block R: exactly the member that its
// Type asks for. Types and units are spelled as OCPP does. Data: Superseded.
type SetDERControl struct {
	ID           string        `json:"id"`
	Type         string        `json:"type"`
	Default      bool          `json:"default,omitempty"`
	Curve        *DERCurve     `json:"curve,omitempty"`
	EnterService *EnterService `json:"enter_service,omitempty"`
	PowerFactor  *PowerFactor  `json:"power_factor,omitempty"` // of FixedPFAbsorb and FixedPFInject
	Var          *FixedVar     `json:"var,omitempty"`
	Droop        *FreqDroop    `json:"droop,omitempty"`
	Gradient     *Gradient     `json:"gradient,omitempty"`
	MaxDischarge *MaxDischarge `json:"max_discharge,omitempty"`
}

// Superseded are the ids of the grid controls that a new one puts out of force.
type Superseded []string

// Span is when a control that is no default holds.
type Span struct {
	Start    time.Time `json:"start,omitzero"`
	Duration *Micro    `json:"duration_s,omitempty"` // s
}

// DERCurve is a curve of a grid control.
type DERCurve struct {
	Priority     int64           `json:"priority"`
	Unit         string          `json:"unit"` // of Y: PctMaxW, PctMaxVar …
	Points       []DERPoint      `json:"points"`
	ResponseTime *Micro          `json:"response_time_s,omitempty"` // s
	Hysteresis   *Hysteresis     `json:"hysteresis,omitempty"`
	Reactive     *ReactiveParams `json:"reactive,omitempty"`
	Voltage      *VoltageParams  `json:"voltage,omitempty"`
	Span
}

// DERPoint is a point of a curve: volts, hertz or percent by its type.
type DERPoint struct {
	X Micro `json:"x"`
	Y Micro `json:"y"`
}

// Hysteresis holds a control until the value has come back.
type Hysteresis struct {
	High     *Micro `json:"high,omitempty"`
	Low      *Micro `json:"low,omitempty"`
	Delay    *Micro `json:"delay_s,omitempty"` // s
	Gradient *Micro `json:"gradient,omitempty"`
}

// ReactiveParams tune a volt-var curve.
type ReactiveParams struct {
	VRef         *Micro `json:"v_ref,omitempty"` // percent
	Autonomous   *bool  `json:"autonomous,omitempty"`
	TimeConstant *Micro `json:"time_constant_s,omitempty"` // s
}

// VoltageParams tune a voltage trip.
type VoltageParams struct {
	Mean10Min *Micro `json:"mean_10_min,omitempty"`
	TripDelay *Micro `json:"trip_delay_s,omitempty"` // s
	Cessation string `json:"cessation,omitempty"`    // Active, Reactive
}

// EnterService is when a station may feed in again.
type EnterService struct {
	Priority    int64  `json:"priority"`
	HighVoltage Micro  `json:"high_voltage"`
	LowVoltage  Micro  `json:"low_voltage"`
	HighFreq    Micro  `json:"high_freq"`
	LowFreq     Micro  `json:"low_freq"`
	Delay       *Micro `json:"delay_s,omitempty"`        // s
	RandomDelay *Micro `json:"random_delay_s,omitempty"` // s
	RampRate    *Micro `json:"ramp_rate,omitempty"`
}

// PowerFactor fixes the power factor.
type PowerFactor struct {
	Priority     int64 `json:"priority"`
	Displacement Micro `json:"displacement"`
	Excitation   bool  `json:"excitation"`
	Span
}

// FixedVar fixes the reactive power.
type FixedVar struct {
	Priority int64  `json:"priority"`
	Setpoint Micro  `json:"setpoint"`
	Unit     string `json:"unit"`
	Span
}

// FreqDroop follows the frequency.
type FreqDroop struct {
	Priority     int64 `json:"priority"`
	OverFreq     Micro `json:"over_freq"`
	UnderFreq    Micro `json:"under_freq"`
	OverDroop    Micro `json:"over_droop"`
	UnderDroop   Micro `json:"under_droop"`
	ResponseTime Micro `json:"response_time_s"` // s
	Span
}

// Gradient bounds how fast power changes.
type Gradient struct {
	Priority int64 `json:"priority"`
	Hard     Micro `json:"hard"`
	Soft     Micro `json:"soft"`
}

// MaxDischarge bounds what is fed in.
type MaxDischarge struct {
	Priority int64     `json:"priority"`
	Percent  *Micro    `json:"percent,omitempty"`
	MustTrip *DERCurve `json:"must_trip,omitempty"`
	Span
}

// GetDERControls asks for grid controls, which come in messages that carry
// Outcome.Request. What is not given is any.
type GetDERControls struct {
	Request int64  `json:"request,omitempty"` // 0: one is made
	Default *bool  `json:"default,omitempty"`
	Type    string `json:"type,omitempty"`
	ID      string `json:"id,omitempty"`
}

// ClearDERControls removes grid controls: default ones or scheduled ones, of a
// type, or one.
type ClearDERControls struct {
	Default bool   `json:"default,omitempty"`
	Type    string `json:"type,omitempty"`
	ID      string `json:"id,omitempty"`
}

// FrequencySignal passes on the grid operator's frequency restoration signal.
type FrequencySignal struct {
	At     time.Time `json:"at"`
	Signal int64     `json:"signal"`
}

// SwapBattery asks a swap station to exchange a driver's batteries.
type SwapBattery struct {
	Request int64 `json:"request,omitempty"` // 0: one is made
	Token   Token `json:"token"`
}

func (SetDefaultTariff) command() string        { return "set_default_tariff" }
func (GetTariffs) command() string              { return "get_tariffs" }
func (ClearTariffs) command() string            { return "clear_tariffs" }
func (ChangeTransactionTariff) command() string { return "change_transaction_tariff" }
func (WebPaymentStarted) command() string       { return "web_payment_started" }
func (SetDERControl) command() string           { return "set_der_control" }
func (GetDERControls) command() string          { return "get_der_controls" }
func (ClearDERControls) command() string        { return "clear_der_controls" }
func (FrequencySignal) command() string         { return "frequency_signal" }
func (SwapBattery) command() string             { return "swap_battery" }
