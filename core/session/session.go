package session

import (
	"slices"
	"strings"
	"time"

	"chargewright/base/energy"
	"chargewright/core/brake"
	"chargewright/core/driver"
)

// State is where a session stands.
type State string

// The states.
const (
	Pending   State = "pending"   // begun, no energy asked for yet
	Charging  State = "charging"  // energy flows
	Suspended State = "suspended" // paused by the vehicle or by us
	Finishing State = "finishing" // the vehicle is done and still plugged in
	Closed    State = "closed"    // ended; its evidence is complete or given up on
)

// Open reports whether the session may still deliver energy.
func (s State) Open() bool { return s != Closed }

// Flow says why energy does or does not flow, in the words of OCPP 2.x
// chargingState. The zero Flow is "not said".
type Flow string

// The flows.
const (
	FlowCharging      Flow = "charging"
	FlowSuspendedEV   Flow = "suspended_ev"
	FlowSuspendedEVSE Flow = "suspended_evse"
	FlowConnected     Flow = "ev_connected"
	FlowIdle          Flow = "idle"
)

// state is the state a flow puts an open session in.
func (f Flow) state() State {
	switch f {
	case FlowSuspendedEV, FlowSuspendedEVSE:
		return Suspended
	case FlowConnected:
		return Pending
	case FlowIdle:
		return Finishing
	}
	return Charging
}

// Kind is what a report says.
type Kind string

// The kinds.
const (
	Started  Kind = "started"
	Updated  Kind = "updated"
	Ended    Kind = "ended"
	Observed Kind = "observed" // a connector's status, not a transaction message
	Reviewed Kind = "reviewed" // not the station's: what a person decided about a held session
	Noted    Kind = "noted"    // not the station's: what a person noted when closing it
)

// Flag names something strange about a session. Flags that Hold keep it from
// being priced until a person decides.
type Flag string

// The flags.
const (
	FlagFall         Flag = Flag(energy.FaultFall)
	FlagJump         Flag = Flag(energy.FaultJump)
	FlagTimeBack     Flag = Flag(energy.FaultTime)
	FlagConflict     Flag = "conflicting_evidence"  // one key, two contents
	FlagNoStart      Flag = "no_start"              // the beginning never came
	FlagNoMeter      Flag = "no_meter"              // not one register reading
	FlagUnauthorised Flag = "unauthorised"          // begun with a token that was refused
	FlagClock        Flag = "clock_wrong"           // dated in the future or before there were stations
	FlagGaps         Flag = "messages_missing"      // sequence numbers that never came
	FlagLate         Flag = "late_evidence"         // evidence came after settlement
	FlagEstimated    Flag = "estimated"             // the end was lost; closed at the last reading
	FlagUnknownTx    Flag = "unknown_transaction"   // a transaction id that we never gave
	FlagNoTariff     Flag = "no_tariff"             // no tariff applied at the start
	FlagBadTariff    Flag = "tariff_unusable"       // the tariff could not price it
	FlagNoCalendar   Flag = "no_calendar"           // its price depends on public holidays, and those of its place are not known
	FlagNoTax        Flag = "no_tax"                // no tax is known for what was sold there
	FlagProvisional  Flag = "provisional"           // nothing was heard of it for longer than its kind takes
	FlagThinned      Flag = "samples_thinned"       // more readings in one message than are used; all are in the evidence
	FlagUnit         Flag = "meter_unreadable"      // a register value that is no number of Wh or kWh
	FlagEnds         Flag = "meter_ends_unreadable" // the register with which it began or ended is no number of Wh or kWh
	FlagPriceDiffers Flag = "price_differs"         // the price shown is not the one it would be billed by
	FlagFailedStart  Flag = "failed_start"          // so little came of it that it costs nothing
	FlagStationCost  Flag = "station_cost_differs"  // the station, which rates for itself, says another cost
	FlagReviewed     Flag = "reviewed"              // a person decided about what held it
	FlagVoid         Flag = "void"                  // a person decided that it is never billed
	FlagSeen         Flag = "looked_at"             // a person looked at what is doubtful about what was billed
	FlagFree         Flag = "free_start"            // that was decided before it began: a member of staff gave it away
)

// holding are the flags with which a session waits for a person before it is
// priced.
var holding = []Flag{FlagFall, FlagJump, FlagNoStart, FlagNoMeter, FlagEnds, FlagClock, FlagUnknownTx, FlagNoTariff, FlagBadTariff, FlagPriceDiffers, FlagNoCalendar, FlagNoTax}

// doubting are the flags of which a person should know though the session is billed:
// something was said that the bill leaves out.
var doubting = []Flag{FlagConflict, FlagLate, FlagUnit}

// Hold reports whether a session with this flag waits for a person before it
// is priced.
func (f Flag) Hold() bool { return slices.Contains(holding, f) }

// Flags is a small sorted set.
type Flags []Flag

// With returns the set with f in it.
func (fs Flags) With(f Flag) Flags {
	if f == "" {
		return fs
	}
	i, found := slices.BinarySearch(fs, f)
	if found {
		return fs
	}
	return slices.Insert(slices.Clone(fs), i, f)
}

// without returns the set without some flags.
func (fs Flags) without(some ...Flag) Flags {
	return slices.DeleteFunc(slices.Clone(fs), func(f Flag) bool { return slices.Contains(some, f) })
}

// Has reports whether f is in the set.
func (fs Flags) Has(f Flag) bool { return slices.Contains(fs, f) }

// Hold reports whether any flag holds.
func (fs Flags) Hold() bool { return slices.ContainsFunc(fs, Flag.Hold) }

func (fs Flags) text() string {
	parts := make([]string, len(fs))
	for i, f := range fs {
		parts[i] = string(f)
	}
	return strings.Join(parts, ",")
}

func parseFlags(s string) Flags {
	if s == "" {
		return nil
	}
	var fs Flags
	for _, p := range strings.Split(s, ",") {
		fs = append(fs, Flag(p))
	}
	return fs
}

// Report is what a station says about a transaction, whichever protocol said it.
type Report struct {
	Station   string
	Protocol  string
	Tx        string // the transaction id as text; "" for a 1.6 start, whose id we give
	Key       string // natural key within the transaction
	StartKey  string // 1.6 start: what identifies it before it has an id; else ""
	Kind      Kind
	Seq       int64 // sequence number; −1 where the version has none
	EVSE      int64
	Connector int64
	Token     string
	TokenType string
	At        time.Time // the station's clock
	Received  time.Time
	Offline   bool
	Flow      Flow
	Samples   []energy.Sample
	Reason    string // why it ended, as OCPP spells it; of an update: why charging did
	Limit     string // the limit of the transaction that the station says is reached, as OCPP spells it; "" none
	// Flags are what the translation already found strange.
	Flags         Flags
	RemoteStartID *int64
	ReservationID *int64
	Claim         *Claim // what the station says that it cost; nil of most
	Message       []byte // the payload as received
	NoCredit      bool   // who is to pay for the token has nothing to pay with, and is not let in so
}

// Verdict is what the station is to be told.
type Verdict struct {
	Session   string
	Tx        string
	Duplicate bool
	Token     driver.Verdict // "" when the report named no token
	Block     brake.Reason   // of a token that looks like fraud; "" for none
	ExpiresAt time.Time
	Group     string
}

// Session is the projection of a session's evidence.
type Session struct {
	ID        string
	Tenant    string
	Site      string // where the station stood when it began
	Station   string
	Device    string
	EVSE      int64
	Connector int64
	Tx        string
	StartKey  string
	Protocol  string
	Token     string // in the form under which tokens compare
	Shown     string // as the station sent it
	TokenType string
	Verdict   driver.Verdict
	Driver    string
	State     State
	Flow      Flow
	Flags     Flags
	StartedAt time.Time // zero until the beginning is known
	StoppedAt time.Time
	Reason    string
	First     *energy.Energy // first and last register reading
	Last      *energy.Energy
	LastAt    time.Time
	Energy    energy.Energy
	Tariff    string
	Version   string
	Seq       Sequence
	RemoteID  *int64
	ReserveID *int64
	Offline   bool
	Estimated bool
	Settled   bool
	Currency  string
	CostMinor *int64
	CreatedAt time.Time
	UpdatedAt time.Time
}

// Began is when the session began: when it was first heard of, where nobody said.
func (s Session) Began() time.Time {
	if s.StartedAt.IsZero() {
		return s.CreatedAt
	}
	return s.StartedAt
}

// latest is how late a station may deliver: beyond it its clock is wrong
// (1970, 1980 and 2000 are what clocks fall back to).
const latest = 15 * 365 * 24 * time.Hour

// clockWrong reports whether a station cannot have meant that time: stations
// deliver late, sometimes by months, but never from the future.
func clockWrong(at, received time.Time) bool {
	return at.After(received.Add(5*time.Minute)) || at.Before(received.Add(-latest))
}

// step returns the session after a report. It is pure: what is not in s, r or m
// plays no part. The report has not been applied before.
func (s Session) step(r Report, m energy.Meter) Session {
	for _, f := range r.Flags {
		s.Flags = s.Flags.With(f)
	}
	if r.Kind != Observed && clockWrong(r.At, r.Received) {
		s.Flags = s.Flags.With(FlagClock)
	}
	if s.Settled && r.Kind != Observed {
		s.Flags = s.Flags.without(FlagSeen).With(FlagLate)
	}
	newest := r.Seq < 0 || r.Seq >= s.Seq.High
	if r.Kind == Started {
		s.Seq = s.Seq.Begin(r.Seq)
	} else {
		s.Seq = s.Seq.Saw(r.Seq)
	}
	if r.EVSE > 0 && s.EVSE == 0 {
		s.EVSE, s.Connector = r.EVSE, r.Connector
	}
	if s.RemoteID == nil {
		s.RemoteID = r.RemoteStartID
	}
	if s.ReserveID == nil {
		s.ReserveID = r.ReservationID
	}
	s.Offline = s.Offline || r.Offline
	s = s.measure(r.Samples, m)
	s.Flags = s.Flags.without(FlagProvisional)
	switch r.Kind {
	case Started:
		s.StartedAt = r.At
	case Ended:
		s.StoppedAt, s.Estimated = r.At, false
		if r.Reason != "" || s.Reason == "" {
			s.Reason = r.Reason
		}
		s.Flags = s.Flags.without(FlagEstimated)
	case Updated:
		if r.Reason != "" { // charging was ended, and the vehicle is still there
			s.Reason = r.Reason
		}
	}
	if newest && r.Flow != "" {
		s.Flow = r.Flow
	}
	switch {
	case s.Estimated || !s.StoppedAt.IsZero():
		s.State = Closed
	case s.Flow != "":
		s.State = s.Flow.state()
	default:
		s.State = Charging
	}
	return s
}

// measure adds samples that continue the series. Older ones count when the
// session is settled from its evidence.
func (s Session) measure(samples []energy.Sample, m energy.Meter) Session {
	for _, x := range samples {
		v := x.Register
		if s.Last == nil {
			s.First, s.Last, s.LastAt = &v, &v, x.At
			continue
		}
		if x.At.Before(s.LastAt) {
			continue
		}
		d, _ := m.Step(energy.Sample{At: s.LastAt, Register: *s.Last}, x)
		s.Energy, _ = energy.Sum(s.Energy, d)
		s.Last, s.LastAt = &v, x.At
	}
	return s
}
