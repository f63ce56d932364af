package device

import (
	"time"

	"chargewright/base/energy"
	"chargewright/base/money"
)

// The commands of this file tell drivers what charging costs. They are passing:
// a session gives one a minute, each overtaken by the next, so that none is put on
// record. What was said stands in the message log.

// UserPrice shows a driver the price right after the token was accepted (1.6,
// California pricing). The first text is in the language of the driver or the
// site, the others go beside it.
type UserPrice struct {
	Token string
	Texts []Text
}

// RunningCost shows what a session costs so far. 2.x shows the total alone.
type RunningCost struct {
	Transaction string
	At          time.Time     // of the last reading
	Register    energy.Energy // of the meter then
	Total       money.Amount  // taxes included
	Idle        bool          // the vehicle asks for no power
	Rates       ShownRates
	Next        *NextRates    // nil: no change is known
	Border      energy.Energy // taken in the session, from which other rates hold; 0: none is known
}

// ShownRates are the prices that hold, taxes included.
type ShownRates struct {
	Energy, Time, Flat, Idle money.Price // per kWh, hour of charging, session, hour of idling
}

// NextRates are the prices that come to hold at a time.
type NextRates struct {
	At    time.Time
	Rates ShownRates
}

// FinalCost shows what a session cost. The texts are as those of UserPrice; 2.x
// shows the total alone.
type FinalCost struct {
	Transaction string
	Total       money.Amount // taxes included
	Texts       []Text
}

// Passing reports whether a command is not put on record.
func Passing(c Command) bool {
	switch c.(type) {
	case UserPrice, RunningCost, FinalCost:
		return true
	}
	return false
}

func (UserPrice) command() string   { return "user_price" }
func (RunningCost) command() string { return "running_cost" }
func (FinalCost) command() string   { return "final_cost" }
