// Package central is our half of every OCPP conversation. It lifts what 1.6,
// 2.0.1 and 2.1 stations say to the core's own words (session.Report,
// station.Report, device.Facts) and puts the core's answers back into theirs.
// It decides nothing: rules live in the core rooms it calls.
//
// A message is answered after its effect is committed. A business no is an
// answer; an error of the storage is no answer at all, so that the station
// keeps the message and sends it again. What a message gets wrong in a way that
// can be repaired is repaired and counted against the device as a finding.
package central
