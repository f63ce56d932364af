// Package v21 holds the messages of OCPP 2.1 edition 1. A type whose Go form
// is that of 2.0.1 is an alias of it: limits and enumerations may differ and
// are checked by version. Where 2.1 made an enumeration a free text
// (IDToken.Type), the shared type keeps the enumeration's name and any text
// may be put in. SignedMeterValue.SigningMethod, optional here, is always
// written, as 2.0.1 asks.
package v21
