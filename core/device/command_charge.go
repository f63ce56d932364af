package device

import (
	"time"

	"chargewright/base/fail"
	"chargewright/base/money"
)

// RemoteStart asks for a transaction. EVSE 0 leaves the choice to the station.
// Data: StartedTransaction, of 2.x stations that have one already.
// Outcome.Request is the remote start id that the transaction will name (2.x);
// a 1.6 transaction can only be told by its token.
type RemoteStart struct {
	EVSE    int64    `json:"evse,omitempty"`
	Token   Token    `json:"token"`
	StartID int64    `json:"start_id,omitempty"` // 0: one is made
	Profile *Profile `json:"profile,omitempty"`  // of purpose Tx, without transaction
	Free    string   `json:"free,omitempty"`     // why nobody pays it; no station is told. It counts with a token of driver.NewFree alone
}

// StartedTransaction is the id of the transaction that a remote start met.
type StartedTransaction string

// RemoteStop ends a transaction, named by the id that OCPP gave it.
type RemoteStop struct {
	Transaction string `json:"transaction"`
}

// Reset restarts the station, or one EVSE (2.x). Soft waits for the end of the
// transaction (2.x OnIdle), hard does not. Resume goes on with the transaction
// afterwards (2.1).
type Reset struct {
	Hard   bool  `json:"hard,omitempty"`
	Resume bool  `json:"resume,omitempty"`
	EVSE   int64 `json:"evse,omitempty"`
}

// Unlock opens the lock of a connector. A 1.6 station ends a running
// transaction first; a 2.x station refuses while one is authorised.
type Unlock struct {
	EVSE      int64 `json:"evse"`
	Connector int64 `json:"connector,omitempty"` // 0 is 1
}

// SetAvailability puts the station, an EVSE or a connector in or out of service.
type SetAvailability struct {
	EVSE      int64 `json:"evse,omitempty"`
	Connector int64 `json:"connector,omitempty"`
	Operative bool  `json:"operative"`
}

// Trigger asks the station to send a message again.
type Trigger struct {
	What      Message `json:"what"`
	EVSE      int64   `json:"evse,omitempty"`
	Connector int64   `json:"connector,omitempty"`
	Custom    string  `json:"custom,omitempty"` // the station's own name of it, with CustomMessage (2.1)
}

// Message names a message of a station.
type Message string

// The messages that can be asked for; not each by each version.
const (
	BootMessage         Message = "boot"
	HeartbeatMessage    Message = "heartbeat"
	StatusMessage       Message = "status"
	MeterMessage        Message = "meter_values"
	TransactionMessage  Message = "transaction"
	DiagnosticsMessage  Message = "diagnostics_status"
	LogMessage          Message = "log_status"
	FirmwareMessage     Message = "firmware_status"
	PublishMessage      Message = "publish_firmware_status"
	SignStationMessage  Message = "sign_station_certificate"
	SignV2GMessage      Message = "sign_v2g_certificate"
	SignV2G20Message    Message = "sign_v2g20_certificate"
	SignCombinedMessage Message = "sign_combined_certificate"
	CustomMessage       Message = "custom"
)

// Reserve keeps an EVSE, or any one (EVSE 0), for a token. An equal id
// replaces the reservation.
type Reserve struct {
	ID        int64     `json:"id"`
	EVSE      int64     `json:"evse,omitempty"`
	Connector string    `json:"connector,omitempty"` // standard wanted, as OCPP 2.x spells it; "" any
	Token     Token     `json:"token"`
	Until     time.Time `json:"until"`
}

// CancelReservation ends a reservation.
type CancelReservation struct {
	ID int64 `json:"id"`
}

// TransactionStatus asks whether a transaction runs and whether messages of it
// wait ("" for messages of any; 2.x). Data: TransactionState.
type TransactionStatus struct {
	Transaction string `json:"transaction,omitempty"`
}

// TransactionState is what a station says of a transaction.
type TransactionState struct {
	Ongoing *bool `json:"ongoing,omitempty"` // nil: not asked for one
	Queued  bool  `json:"queued"`            // messages still wait to be sent
}

// CostUpdated shows the running cost to the driver (2.x).
type CostUpdated struct {
	Transaction string       `json:"transaction"`
	Total       money.Amount `json:"total"` // taxes included
}

// Transfer carries a vendor's own message. Data is text for 1.6 and JSON for
// 2.x, where anything that is no JSON goes as a text. Data of the outcome:
// TransferData, the station's text or JSON.
type Transfer struct {
	Vendor  string `json:"vendor"`
	Message string `json:"message,omitempty"`
	Data    string `json:"data,omitempty"`
}

// TransferData is what a station returns to a Transfer, as it was sent.
type TransferData string

// SetChargingProfile installs a charging profile on an EVSE; on 0 a StationMax profile
// limits all together and a TxDefault profile each EVSE separately. A profile
// of equal purpose, stack level and EVSE but another id is refused by 2.x
// stations: keep ids stable.
type SetChargingProfile struct {
	EVSE    int64   `json:"evse,omitempty"`
	Profile Profile `json:"profile"`
}

// ClearChargingProfiles removes the profile with the id, or all those that meet every
// criterion given.
type ClearChargingProfiles struct {
	ID         *int64  `json:"id,omitempty"`
	EVSE       *int64  `json:"evse,omitempty"`
	Purpose    Purpose `json:"purpose,omitempty"`
	StackLevel *int64  `json:"stack_level,omitempty"`
}

// GetChargingProfiles asks for the profiles in force (2.x); they come in parts that
// carry Outcome.Request. A nil EVSE asks for all.
type GetChargingProfiles struct {
	Request    int64    `json:"request,omitempty"` // 0: one is made
	EVSE       *int64   `json:"evse,omitempty"`
	IDs        []int64  `json:"ids,omitempty"`
	Purpose    Purpose  `json:"purpose,omitempty"`
	StackLevel *int64   `json:"stack_level,omitempty"`
	Sources    []string `json:"sources,omitempty"` // CSO, EMS, SO, Other
}

// CompositeSchedule asks what an EVSE, or the station with 0, will be limited
// to. Data: Schedule.
type CompositeSchedule struct {
	EVSE     int64 `json:"evse,omitempty"`
	Duration int64 `json:"duration_s"` // s
	Unit     Unit  `json:"unit,omitempty"`
}

// UpdateSchedule changes what a dynamic profile says now (2.1).
type UpdateSchedule struct {
	Profile int64 `json:"profile"`
	Rates
}

// PriorityCharging lets a transaction charge by the station's priority profile
// (2.1).
type PriorityCharging struct {
	Transaction string `json:"transaction"`
	Activate    bool   `json:"activate"`
}

// AllowEnergyTransfer renews what a vehicle may do: modes as OCPP spells them,
// such as AC_three_phase or DC_BPT (2.1).
type AllowEnergyTransfer struct {
	Transaction string   `json:"transaction"`
	Modes       []string `json:"modes"`
}

// Purpose is what a charging profile is for.
type Purpose string

// The purposes; the last three are not of 1.6.
const (
	StationMax      Purpose = "station_max"
	TxDefault       Purpose = "tx_default"
	Tx              Purpose = "tx"
	External        Purpose = "external"
	Priority        Purpose = "priority"         // 2.1
	LocalGeneration Purpose = "local_generation" // 2.1
)

// ProfileKind is what a schedule's time counts from.
type ProfileKind string

// The kinds.
const (
	Absolute ProfileKind = "absolute"
	Daily    ProfileKind = "daily"
	Weekly   ProfileKind = "weekly"
	Relative ProfileKind = "relative" // to the start of the transaction
	Dynamic  ProfileKind = "dynamic"  // one period, changed by UpdateSchedule (2.1)
)

// Unit is what a rate is measured in.
type Unit string

// The units. Rates are in tenths of them.
const (
	Watt   Unit = "W"
	Ampere Unit = "A" // per phase
)

// Profile is a charging profile with one schedule.
type Profile struct {
	ID          int64       `json:"id"`
	StackLevel  int64       `json:"stack_level"`
	Purpose     Purpose     `json:"purpose"`
	Kind        ProfileKind `json:"kind"`
	Transaction string      `json:"transaction,omitempty"` // of purpose Tx
	ValidFrom   time.Time   `json:"valid_from,omitzero"`
	ValidTo     time.Time   `json:"valid_to,omitzero"`
	Start       time.Time   `json:"start,omitzero"`       // of the schedule; none for Relative
	Duration    int64       `json:"duration_s,omitempty"` // s; 0: the last period has no end
	Unit        Unit        `json:"unit"`
	MinRate     int64       `json:"min_rate,omitempty"` // tenths of Unit; 0 none
	Periods     []Period    `json:"periods"`
	Offline     Offline     `json:"offline,omitzero"`
	Update      Update      `json:"update,omitzero"`
}

// Offline is what becomes of a profile while the station is offline (2.1).
type Offline struct {
	MaxDuration int64 `json:"max_duration_s,omitempty"` // s; 0 without end
	Invalid     bool  `json:"invalid,omitempty"`        // it stays invalid afterwards
}

// Update is how a dynamic profile is kept fresh (2.1).
type Update struct {
	Interval int64     `json:"interval_s,omitempty"` // s; the station asks this often, 0 never
	At       time.Time `json:"at,omitzero"`          // when it was last updated
}

// Period is a part of a schedule. It lasts until the next begins.
type Period struct {
	Start  int64 `json:"start_s"`          // s after the schedule's start
	Phases int64 `json:"phases,omitempty"` // 0 leaves it to the station, which takes 3
	Phase  int64 `json:"phase,omitempty"`  // the phase to use, only with Phases 1; 0 any
	Rates
	Mode          string        `json:"mode,omitempty"`           // as OCPP spells it, such as CentralSetpoint (2.1)
	Precondition  *bool         `json:"precondition,omitempty"`   // 2.1
	Sleep         *bool         `json:"sleep,omitempty"`          // 2.1
	Baseline      *int64        `json:"baseline,omitempty"`       // tenths of the unit (2.1)
	FrequencyWatt []FreqPoint   `json:"frequency_watt,omitempty"` // 2.1
	SignalWatt    []SignalPoint `json:"signal_watt,omitempty"`    // 2.1
}

// FreqPoint is a point of a frequency-watt curve.
type FreqPoint struct {
	Frequency Micro `json:"frequency"` // Hz
	Power     int64 `json:"power"`     // tenths of W
}

// SignalPoint is a point of a signal-watt curve.
type SignalPoint struct {
	Signal int64 `json:"signal"`
	Power  int64 `json:"power"` // tenths of W
}

// Rates are what a vehicle may or shall draw, in tenths of the unit; nil says
// nothing. 1.6 and 2.0.1 know a Limit of all phases alone.
type Rates struct {
	Limit     *Rate `json:"limit,omitempty"`
	Discharge *Rate `json:"discharge,omitempty"` // the most to feed back, not above 0
	Setpoint  *Rate `json:"setpoint,omitempty"`
	Reactive  *Rate `json:"reactive,omitempty"` // setpoint of reactive power
}

// Rate is a value in tenths of the unit: of each phase, or of the first if the
// others are given.
type Rate struct {
	Value int64  `json:"value"`
	L2    *int64 `json:"l2,omitempty"`
	L3    *int64 `json:"l3,omitempty"`
}

// Upto returns Rates with a limit in tenths of the unit.
func Upto(limit int64) Rates { return Rates{Limit: &Rate{Value: limit}} }

// Micro is a decimal in millionths.
type Micro int64

// Schedule is what a station says it will be limited to.
type Schedule struct {
	EVSE     int64     `json:"evse"`
	Start    time.Time `json:"start"`
	Duration int64     `json:"duration_s"` // s
	Unit     Unit      `json:"unit"`
	Periods  []Period  `json:"periods"`
}

const maxPeriods = 1024

// Check returns an Invalid error for a profile that may not stand on the EVSE:
// a Tx profile without EVSE or transaction, a StationMax profile on an EVSE,
// periods that do not ascend from 0, a phase chosen with other than one phase
// (1.6 §3.13, 2.x K01).
func (p Profile) Check(evse int64) error {
	const op = "device.Profile"
	switch {
	case p.Purpose == Tx && (evse == 0 || p.Transaction == ""):
		return fail.Field(op, "profile.transaction", "a profile of a transaction names it and stands on its EVSE")
	case p.Purpose != Tx && p.Transaction != "":
		return fail.Field(op, "profile.transaction", "only a profile of purpose %q names a transaction", Tx)
	case p.Purpose == StationMax && evse != 0:
		return fail.Field(op, "evse", "a profile of purpose %q stands on EVSE 0", StationMax)
	}
	return p.checkSchedule()
}

// CheckStart is Check for the profile that goes with a remote start.
func (p Profile) CheckStart() error {
	if p.Purpose != Tx || p.Transaction != "" {
		return fail.Field("device.Profile", "profile.purpose", "the profile of a remote start has purpose %q and no transaction", Tx)
	}
	return p.checkSchedule()
}

func (p Profile) checkSchedule() error {
	const op = "device.Profile"
	switch {
	case p.Purpose == External:
		return fail.Field(op, "profile.purpose", "a profile of purpose %q is set by others and never by us", External)
	case len(p.Periods) == 0 || len(p.Periods) > maxPeriods:
		return fail.Field(op, "profile.periods", "there are %d periods, not 1 to %d", len(p.Periods), maxPeriods)
	case p.Periods[0].Start != 0:
		return fail.Field(op, "profile.periods", "the first period begins at 0")
	case p.Unit != Watt && p.Unit != Ampere:
		return fail.Field(op, "profile.unit", "%q is neither W nor A", p.Unit)
	}
	for i, x := range p.Periods {
		switch {
		case i > 0 && x.Start <= p.Periods[i-1].Start:
			return fail.Field(op, "profile.periods", "period %d does not begin after the one before", i)
		case x.Phases < 0 || x.Phases > 3:
			return fail.Field(op, "profile.periods", "period %d has %d phases", i, x.Phases)
		case x.Phase != 0 && (x.Phases != 1 || x.Phase < 1 || x.Phase > 3):
			return fail.Field(op, "profile.periods", "period %d chooses a phase, which goes with one phase alone", i)
		}
	}
	return nil
}

func (RemoteStart) command() string           { return "remote_start" }
func (RemoteStop) command() string            { return "remote_stop" }
func (Reset) command() string                 { return "reset" }
func (Unlock) command() string                { return "unlock" }
func (SetAvailability) command() string       { return "set_availability" }
func (Trigger) command() string               { return "trigger" }
func (Reserve) command() string               { return "reserve" }
func (CancelReservation) command() string     { return "cancel_reservation" }
func (TransactionStatus) command() string     { return "transaction_status" }
func (CostUpdated) command() string           { return "cost_updated" }
func (Transfer) command() string              { return "transfer" }
func (SetChargingProfile) command() string    { return "set_charging_profile" }
func (ClearChargingProfiles) command() string { return "clear_charging_profiles" }
func (GetChargingProfiles) command() string   { return "get_charging_profiles" }
func (CompositeSchedule) command() string     { return "composite_schedule" }
func (UpdateSchedule) command() string        { return "update_schedule" }
func (PriorityCharging) command() string      { return "priority_charging" }
func (AllowEnergyTransfer) command() string   { return "allow_energy_transfer" }
