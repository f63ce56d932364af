// Package v16 holds the messages of OCPP 1.6 edition 2 and of its security
// extension (whitepaper edition 3). Anonymous types of the schemas bear the
// names of the specification's text (§7); types of the extension that clash
// with core ones are SignedFirmwareStatus, ExtendedMessageTrigger and LogType.
//
// Optional numbers and booleans are pointers, optional objects too; optional
// texts, enumerations and lists are absent when empty, optional times when
// zero.
package v16
