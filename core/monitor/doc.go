// Package monitor knows how the network does now and how it did: what each EVSE
// measures, what each site draws, and the power of stations over time.
//
//	message ─▶ Measured ─▶ gauge    the newest values of each EVSE, in memory
//	rows + gauge ───────▶ Picture  states and power of everything, every few seconds
//	Picture ─ each 10 s ▶ means    5 minutes of each station, then one Do
//
// The database stays the only memory: the gauge is rebuilt from the tail of the
// telemetry of stations with open sessions, and a restart loses at most the
// 5 minutes of means that were not written. Means are of what was known then: a
// time in which the server did not run, or a station's power was not known, is
// a gap and never a zero. What a station delivers late stands in its telemetry,
// not in the means.
//
// Values are statistics, in floats: nothing here is billed.
//
// Table: monitor_power. Events: none. Invariants: a value is shown as present
// only while it is fresh (see Value.Fresh); the power of a station that is
// offline is unknown; the power of an EVSE that is free is 0.
package monitor
