// Package api is the REST interface: resources under /api/v1, the OpenAPI 3.1
// description at /api/openapi.json, a page made of it at /api/docs, live events
// at /api/v1/events, and any OCPP action at /api/v1/stations/{id}/ocpp/{Action}.
//
// It translates and decides nothing: every operation is one row of one table
// (operations), with the area of access it needs, and a function that calls
// core rooms in one snapshot or one atom.
//
// Conventions: JSON in snake_case; money as {amount_minor, currency}; decimals
// as strings; times in RFC 3339 with Z; energy in Wh or mWh as the name says.
// Lists answer {"items": […], "next": cursor}, newest first where their things
// have a time of their own; a cursor is opaque. Errors are RFC 9457 problems.
// Single resources carry an ETag; If-None-Match answers 304, and a PUT with
// If-Match answers 412 when what it would replace has changed. Things of
// another tenant are 404.
//
// Bodies are JSON objects of at most MaxBody bytes; members that are not known
// are refused, but for objects of OCPI and OCPP, which are kept as they came.
package api
