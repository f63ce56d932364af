// Package tariff owns tariffs, their versions, and the price of a session.
//
// A Tariff is parsed from the object that OCPI 2.2.1 and 2.3.0 publish and is
// kept with its original text. Its Version is a hash of its meaning; a session
// is bound to the version its driver accepted and is never priced by another.
//
// Rate and Bill are pure and exact. A session is a list of segments; a segment
// is cut at every border a restriction of the tariff has inside it: times of
// day, dates and weekdays in the zone of the site by its real transitions,
// durations in elapsed time, and kWh thresholds. Energy spreads evenly over a
// segment, as exact fractions. In each piece the first element per dimension
// whose restrictions all match gives the price; none means free.
//
//	segment state     counts as
//	CHARGING          TIME
//	SUSPENDED_EVSE    TIME (the station's limit is never parking)
//	SUSPENDED_EV      PARKING_TIME
//	PAUSED            no time, unless Tariff.PausedAs says otherwise
//	RESERVED          the reservation's TIME and FLAT only
//
// Choices where OCPI leaves room:
//   - FLAT is charged once, at the first instant at which it matches.
//   - step_size acts on the session's total: on ENERGY with the last used
//     component's step; on PARKING_TIME if any was priced, else on TIME; on the
//     time of a reservation apart. The extra goes to the last used component.
//   - RESERVATION_EXPIRES replaces RESERVATION dimension by dimension.
//   - Net and gross limits act separately. Where a limit gives only one side,
//     the other follows in proportion. On the invoice they act after the plan.
//   - Durations count from the first segment that is not RESERVED; inside a
//     reservation from its own start.
//
// Invariants: no total is negative; cutting a segment in proportion changes no
// total; on a net tariff the lines of an invoice add up to its net, on a gross
// tariff to its gross; the tax of the lines adds up to the tax of the groups.
//
// Tables: tariff_tariff (the current version of each tariff), tariff_assignment
// (the places where one applies), tariff_version (every version ever accepted;
// kept for the legal term of the invoices). Events out:
// tariff.changed (key: tenant) when prices change, now or for a time to come.
package tariff
