// Package ocpp is the wire format of OCPP 1.6, 2.0.1 and 2.1 over JSON: frames,
// error codes, versions, and the typed messages of every action with their
// validation. It knows no socket, no database and no charging.
//
// The messages lie in v16, v201 and v21; they, the validation tables and the
// decoders of hot messages are generated from the official schemas (files
// zz_*.go, make generate). What we send keeps strictly to the schema. What we
// receive is read tolerantly where real stations err: it is repaired, and each
// repair is a Finding. A refusal is a Violation, whose code Code.Spell writes
// as the version spells it.
package ocpp
