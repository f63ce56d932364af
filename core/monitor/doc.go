// Package monitor knows how the network does now and how it did: what each EVSE
// measures, what each site draws, and the power of stations over time.
//
//	message ─▶ Measured ─▶ gauge    the newest values of each EVSE, in memory
//	rows + gauge ───────▶ Picture  states and power of everything, every few seconds
//	Picture ─ each 10 s ▶ means    5 minutes of each station, then one Do
//	message ─▶ Measured ─▶ backlog  hours of stations of which readings came late
//	telemetry ─ each 2 s ▶ means    of those hours, made anew
//
// The database stays the only memory: the gauge is rebuilt from the tail of the
// telemetry of stations with open sessions, and a restart loses at most the
// 5 minutes of means that were not written. A time in which a station's power
// was not known is a gap and never a zero.
//
// A reading is late when it is dated more than 5 minutes before its receipt, and
// the station's clock is not always as much behind: what such a clock says is
// counted when it comes. Late is at most 30 days; what is dated earlier, or in
// the future, changes no mean. For each hour with late readings the station's
// means are made anew of all that its telemetry holds: between two registers
// no more than an hour apart the power is their mean power, and where there are
// none a power holds until the next. They replace what stood there, unless that
// knew clearly more of its step (known_s); the means of site and tenant change
// by as much energy. So neither order nor repetition of late readings matters,
// and nothing is counted twice. The highest power (max_w) of a station is that
// of the same readings; that of a site is known only of what was seen together,
// and is at least its mean and the highest of a station that came late. What
// came late counts for the site at which the station stands now.
//
// The backlog is in memory and bounded to 200,000 hours. A stop settles it for
// up to 5 seconds; a crash loses what was not settled yet (2 seconds, more only
// while thousands of stations catch up), except the hours of the tail that the
// gauge is rebuilt from. The telemetry has it still, and the next late reading
// of such an hour brings all of it.
//
// Values are statistics, in floats: nothing here is billed.
//
// Table: monitor_power. Events: none. Invariants: a value is shown as present
// only while it is fresh (see Value.Fresh); the power of a station that is
// offline is unknown; the power of an EVSE that is free is 0; the energy under
// the means of a site is that under the means of its stations.
package monitor
