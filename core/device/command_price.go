package device

import (
	"time"

	"chargewright/base/energy"
	"chargewright/base/money"
)

// The commands of this file tell drivers what charging costs. Those of a session
// are passing: it gives one a minute, each overtaken by the next, so that none is
// put on record. What was said stands in the message log.

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
	Energy money.Price `json:"energy,omitempty"` // per kWh
	Time   money.Price `json:"time,omitempty"`   // per hour of charging
	Flat   money.Price `json:"flat,omitempty"`   // per session
	Idle   money.Price `json:"idle,omitempty"`   // per hour of idling
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

// ShowPrice shows what charging costs at a station before a session: what holds
// now, and what comes next. 1.6 (California pricing) shows the first alone. 2.x shows
// each as a message in a place of its own, so that the next can wait beside the
// present one; 2.1 takes tariffs to rate by, too. It says all there is to be shown,
// so that a later one overtakes it. It is on record: these change seldom.
type ShowPrice struct {
	Slot int64      `json:"slot"` // place of the message that holds now, 0 or 1; the next has the other
	Now  Priced     `json:"now"`
	Next *NextPrice `json:"next,omitempty"`
	Drop []string   `json:"drop,omitempty"` // ids of tariffs that it was given before and shall not keep
}

// Priced is what is shown of a price: texts, of which the first is in the language
// of the site; figures, where one price holds for all; tariffs that a station of 2.1
// can rate by.
type Priced struct {
	Texts   []Text         `json:"texts"`
	Rates   *ShownRates    `json:"rates,omitempty"`
	Tariffs []PlacedTariff `json:"tariffs,omitempty"`
}

// NextPrice is what is shown from a time on.
type NextPrice struct {
	From time.Time `json:"from"`
	Priced
}

// PlacedTariff is a tariff for an EVSE, or for all with 0.
type PlacedTariff struct {
	EVSE   int64         `json:"evse,omitempty"`
	Tariff StationTariff `json:"tariff"`
}

func (ShowPrice) command() string { return "show_price" }
