// Package driver owns people and what they identify themselves with: drivers,
// their tokens (RFID cards, app, eMAID, roaming) and token groups. Personal
// data lives here alone; everyone else keeps a driver's opaque id.
//
//	token: accepted | blocked; expired by its date
//
// Tables: driver_driver, driver_token. Events: none. Invariants: a token's uid
// is one per tenant and compares without regard to case (OCPP: idToken is
// case-insensitive); a deleted driver's tokens are pseudonymised.
package driver
