// Package driver owns people and what they identify themselves with: drivers,
// their tokens (RFID cards, app, eMAID, roaming) and token groups; and what
// drivers keep here: vehicles, favourites, reports, the starts they asked for,
// and for whom they buy. Personal data lives here alone, but for the buyer that a
// receipt names; everyone else keeps a driver's opaque id.
//
//	token: accepted | blocked; expired by its date
//	card:  waiting → active | blocked     an operator decides
//	start: see StartState
//	buyer: VAT id given → valid | invalid   by a member of staff, or a register
//
// Tables: driver_driver, driver_word, driver_token, driver_claim, driver_vehicle,
// driver_favourite, driver_report, driver_start, driver_buyer. Events out:
// driver.gone (key: the driver's id) when other rooms still hold tokens of one
// who left; driver.vat (key: the same) when a VAT id waits to be looked at.
// Invariants: a token's uid is one per tenant and compares without regard to
// case (OCPP: idToken is case-insensitive); an e-mail address is of one living
// driver of a tenant; a card is never taken from who holds it; a deleted
// driver's tokens are pseudonymised.
package driver
