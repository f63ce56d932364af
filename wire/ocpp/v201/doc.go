// Package v201 holds the messages of OCPP 2.0.1. Types are named as the
// schemas name them, without the ending "Type"; only ClearChargingProfileType
// keeps it, because the action has the short name.
//
// Optional numbers and booleans are pointers, optional objects too; optional
// texts, enumerations and lists are absent when empty, optional times when
// zero. CustomData is kept byte for byte.
package v201
