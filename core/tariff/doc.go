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
// Two members of a tariff are ours. A restriction "holiday" (ONLY, NOT) tests
// the local date against the public holidays where the site is. A component
// ENERGY may have "spot", a Formula: in each slot of an index a kWh costs
// spot × factor + margin within floor and cap, rounded once to 10⁻⁶ of the major
// unit; price is what it costs where no slot is known. Slots are borders.
//
// Which slots and holidays count:
//   - Of a slot, the version published last before the slot began; what is
//     published later never counts. So a price can be repeated for good.
//   - Public holidays are law: they count as known when the session is settled,
//     whatever was known at its start. The name of the calendar, with a hash of
//     its dates, is kept with the price.
//   - A place whose holidays nobody knows has no calendar. A tariff that needs
//     one is not priced there; a formula without a slot has its fallback.
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
// Tax is determined, not typed: Determine finds, by the seller's registrations,
// the buyer, the place and the day, which taxes the lines bear, and Taxed puts
// them in place of those of the tariff, whose prices stand. A seller without
// registrations keeps the tariff's own.
//
// Invariants: no total is negative; cutting a segment in proportion changes no
// total; on a net tariff the lines of an invoice add up to its net, on a gross
// tariff to its gross; the tax of the lines adds up to the tax of the groups.
//
// Sentence, Short and Details say a tariff to drivers, Lint to those who make
// it, and Simulate what a session would cost. All are pure.
//
// Tables: tariff_tariff (the id and the name of each tariff; its current_hash, the
// version put last, is written and not read), tariff_version (every version ever
// accepted), tariff_publication (from when on a version holds), tariff_offer (what
// is offered where, to whom and when; these three are kept for the legal term of
// the invoices), tariff_index (the wholesale prices that formulas follow),
// tariff_slot (what they are, as published; rows are only added), tariff_holiday
// (the operator's own word on public holidays), tariff_tax_rate (dated; what held
// is never rewritten). tariff_assignment is of before tariff_offer: nothing reads
// it any more. Events out: tariff.changed (key: tenant) when prices change, now or
// for a time to come.
package tariff
