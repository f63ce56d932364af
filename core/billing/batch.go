package billing

import (
	"context"
	"runtime"
	"slices"
	"sync"

	"chargewright/base/fail"
	"chargewright/base/money"
	"chargewright/base/outbox"
	"chargewright/base/store"
	"chargewright/core/access"
	"chargewright/core/device"
	"chargewright/core/notify"
	"chargewright/core/session"
)

// Settle prices a closed session and books it, once. A session that a flag
// holds, or that the tariff cannot price, stays unsettled with the flag that
// says why. Settling again, or an open or unknown session, does nothing.
func Settle(ctx context.Context, db *store.DB, sessionID string) error {
	return SettleAll(ctx, db, []string{sessionID})[0]
}

// SettleAll settles sessions as Settle does, together: they are read in one
// snapshot and booked in one transaction, in which each legal entity's numbers are
// taken once. It returns why each of them failed, by its place. One that breaks the
// transaction keeps no other back: then each is settled alone.
func SettleAll(ctx context.Context, db *store.DB, sessions []string) []error {
	failed, err := settleTogether(ctx, db, sessions)
	if err == nil {
		return failed
	}
	if failed = make([]error, len(sessions)); len(sessions) == 1 {
		failed[0] = err
		return failed
	}
	for i, id := range sessions {
		if failed[i] = ctx.Err(); failed[i] == nil {
			failed[i] = Settle(ctx, db, id)
		}
	}
	return failed
}

// settleKey is the one under which batches queue: they take numbers of the same
// series, and would only collide.
const settleKey = "billing.settle"

// drawing bounds those who read and price sessions at once, so that a processor is
// left for the writer of the database: all the others wait for it in the end.
var drawing = make(chan struct{}, max(1, runtime.GOMAXPROCS(0)-1))

func settleTogether(ctx context.Context, db *store.DB, sessions []string) ([]error, error) {
	select {
	case drawing <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	drawn := sync.OnceFunc(func() { <-drawing })
	defer drawn()
	files, err := store.Read(ctx, db, func(tx *store.Tx) ([]*file, error) {
		all, err := session.FindAll(tx, sessions)
		if err != nil {
			return nil, err
		}
		d, err := newDesk(tx, sessions...)
		files := make([]*file, len(sessions))
		for i, id := range sessions {
			if err == nil {
				files[i], err = d.read(all[id])
			}
		}
		return files, err
	})
	if err != nil {
		return nil, err
	}
	failed, some := make([]error, len(files)), false
	for i, f := range files {
		if f == nil {
			continue
		}
		if failed[i] = f.price(); failed[i] != nil {
			files[i] = nil
			continue
		}
		some = true
	}
	drawn()
	if !some {
		return failed, nil
	}
	changed, err := store.Do(ctx, db, settleKey, func(tx *store.Tx) ([]bool, error) { return bookAll(tx, files) })
	for i, yes := range changed {
		if yes {
			failed[i] = fail.New(fail.Conflict, "billing.Settle", "the session changed while it was priced")
		}
	}
	return failed, err
}

// read collects a session's file; nil when there is nothing to settle.
func (d *desk) read(s session.Session) (*file, error) {
	if s.State != session.Closed || s.Settled {
		return nil, nil
	}
	f, err := d.collect(s)
	if err != nil {
		return nil, err
	}
	if f.screen, err = look(d, screenAt(s.Station), func() (device.Screen, error) {
		x, _, err := device.ScreenAt(d.tx, s.Station)
		return x, err
	}); err != nil {
		return nil, err
	}
	f.timeline, f.revision = f.session.Timeline(f.inputs, f.meter), 1
	return f, f.supplied(d.tx, f.timeline.End)
}

// price rates the session and writes its papers, unless a flag holds it.
func (f *file) price() (err error) {
	f.timeline.Flags = f.timeline.Flags.With(f.unpriced())
	if f.timeline.Flags.Hold() {
		return nil
	}
	if f.rating, err = rate(f); err == nil {
		return f.draw()
	}
	if fail.Is(err, fail.Invalid) {
		f.timeline.Flags, err = f.timeline.Flags.With(session.FlagBadTariff), nil
	}
	return err
}

// unpriced is the flag of a session that lacks what a price needs; "" for none.
func (f *file) unpriced() session.Flag {
	switch {
	case f.tariff == nil:
		return session.FlagNoTariff
	case f.shown.Version != "" && f.shown.Version != f.session.Version:
		return session.FlagPriceDiffers
	case f.tariff.OnHolidays() && f.almanac.Holidays == nil && len(f.timeline.Segments) > 0:
		return session.FlagNoCalendar
	case f.taxed == nil:
		return session.FlagNoTax
	}
	return ""
}

// bookAll writes the outcomes of files, nil ones left out, and reports which of the
// sessions changed since they were read: of those it writes nothing.
func bookAll(tx *store.Tx, files []*file) (changed []bool, err error) {
	changed = make([]bool, len(files))
	var due []*file
	var ids []string
	for _, f := range files {
		if f != nil {
			ids = append(ids, f.session.ID)
		}
	}
	now, err := session.FindAll(tx, ids)
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	for i, f := range files {
		if f == nil || seen[f.session.ID] {
			continue
		}
		seen[f.session.ID] = true
		s, found := now[f.session.ID]
		switch {
		case !found || s.Settled:
		case !s.UpdatedAt.Equal(f.session.UpdatedAt):
			changed[i] = true
		case f.timeline.Flags.Hold():
			if s.Energy != f.timeline.Energy || !slices.Equal(s.Flags, f.timeline.Flags) {
				session.Held(tx, s, f.timeline)
			}
		default:
			f.session = s
			due = append(due, f)
		}
	}
	if err := numberAll(tx, due); err != nil {
		return nil, err
	}
	var news []notify.Event
	for _, f := range due {
		r, err := f.book(tx)
		if err != nil {
			return nil, err
		}
		news = append(news, notify.Event{Tenant: r.Tenant, Type: notify.SessionSettled, Object: r.Session}, notify.Event{Tenant: r.Tenant, Type: notify.ReceiptIssued, Object: r.ID})
	}
	return changed, notify.Publish(tx, news...)
}

// numberAll gives each file the number of its receipt. A legal entity's are taken at
// once, and as many as there are receipts.
func numberAll(tx *store.Tx, due []*file) error {
	of := map[string][]*file{}
	var order []access.Entity
	for _, f := range due {
		if of[f.entity.ID] == nil {
			order = append(order, f.entity)
		}
		of[f.entity.ID] = append(of[f.entity.ID], f)
	}
	for _, e := range order {
		numbers, err := takeNumbers(tx, e, Receipt, len(of[e.ID]))
		if err != nil {
			return err
		}
		for i, f := range of[e.ID] {
			f.number = numbers[i]
		}
	}
	return nil
}

// book writes a priced session and its receipt.
func (f *file) book(tx *store.Tx) (Document, error) {
	r, err := f.draft.issueAs(tx, f.number, f.guest)
	if err != nil {
		return r, err
	}
	if err := f.post(tx, r); err != nil {
		return r, err
	}
	f.record(tx)
	t := f.timeline
	if f.failedStart() {
		t.Flags = t.Flags.With(session.FlagFailedStart)
	}
	if err := charge(tx, f.session, r, f.owes(), f.guest); err != nil {
		return r, err
	}
	if f.claim.Contradicts(money.Amount{Minor: r.Gross, Currency: r.Currency}) {
		t.Flags = t.Flags.With(session.FlagStationCost)
	}
	session.Settled(tx, f.session, t, r.Gross)
	if f.screen.Cost {
		err = outbox.Emit(tx, TopicSettled, f.session.ID, nil)
	}
	return r, err
}
