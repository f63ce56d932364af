// Package brake owns what keeps fraud small: from how much on something looks
// like it, and who is kept from charging because it did.
//
//	noticed ─▶ standing ─▶ ended      by itself, after a bounded time
//	               └─────▶ lifted     by a member of staff, who says why
//
// The rooms that see what happens count it and lay it before the limits: sessions
// for tokens and accounts, billing for cards, EVSEs and addresses of guests. What
// they find is raised here and asked for here. After a block has ended or was
// lifted only what happened since counts, so that a lifted block does not return by
// what it was raised for.
//
// A token is what it is used by: the rules for tokens and accounts act on tokens of
// a driver. What belongs to nobody is the operator's own card, which its own limit
// of parallel sessions bounds.
//
// Tables: brake_block, brake_limits. Events: none. Invariants: one block of a
// subject stands at a time; every block ends.
package brake
