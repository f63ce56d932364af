// Package store is the database: the one memory of the product, and the only
// package that knows which engine keeps it. It runs on embedded SQLite or on
// PostgreSQL with the same hand-written SQL.
//
//	db, err := store.Open(ctx, "sqlite:/var/lib/chargewright/core.db", store.Options{})
//	err = db.Migrate(ctx, schema.FS)
//	n, err := store.Do(ctx, db, stationID, func(tx *store.Tx) (int64, error) { … })
//
// # Atoms
//
// Do runs a function as one atom: all of it is committed and durable when Do
// returns without an error, none of it otherwise. Results leave by the return
// value. The function only computes and uses tx, since it may run more than
// once; it must not call Do or Read of the same database (that panics), wait
// for the outside, or keep tx. A business "no" is a value, not an error: it
// commits.
//
// A statement that fails (a broken constraint, a full disk) fails its atom, even
// if the function hides the error: use ON CONFLICT for what may be there already.
//
// The context bounds the wait for a turn. Once the function has begun, the atom
// runs to its end, so that its answer is never a guess.
//
// SQLite: one writer gathers waiting callers into one durable commit (WAL,
// synchronous=FULL), each caller in its own savepoint. Nobody is answered
// before that commit. If the storage itself fails, every caller of the commit
// is run again alone once and then told Unavailable.
//
// PostgreSQL: one SERIALIZABLE transaction for each Do. The key picks the
// connection, so that atoms of one aggregate queue instead of colliding.
//
// # SQL
//
// Arguments are $1…$n, argument n for $n, each used at least once. Accepted
// are nil, text, integers, bool, []byte (nil is NULL), time.Time (kept as
// BIGINT microseconds UTC; the zero time is NULL), types named after these, and
// pointers to them (nil is NULL). Text holds no NUL and is valid UTF-8. Sums of
// BIGINT want CAST(… AS BIGINT). A query cannot start inside another's scan.
//
// # Telemetry
//
// Telemetry keeps meter values and the like apart from the core database. Append waits for
// a commit of its own: never call it inside Do.
//
// # Errors
//
// Kinds of base/fail: Busy (no turn or no answer within the bound), Unavailable
// (the storage failed or the outcome of a commit is unknown; the caller may
// repeat what is idempotent), Conflict (a unique or foreign key), Invalid (text that
// cannot be stored), Internal (a wrong statement).
package store
