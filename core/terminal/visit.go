package terminal

import (
	"time"

	"chargewright/base/fail"
	"chargewright/base/store"
	"chargewright/core/billing"
	"chargewright/core/driver"
	"chargewright/core/payment"
	"chargewright/core/session"
	"chargewright/core/station"
)

// maxShown bounds the EVSEs that a terminal shows.
const maxShown = 200

// Offers returns the site of a terminal and the EVSEs in service that it serves, by
// station and EVSE, each with the price and what will be held; 200 at most. A retired
// terminal offers none.
func Offers(tx *store.Tx, t Terminal) (station.Place, []billing.AdHoc, error) {
	at, err := session.PlaceOf(tx, t.Tenant, t.Site)
	if err != nil && !fail.Is(err, fail.NotFound) || t.Retired() {
		return at, nil, err
	}
	var list []billing.AdHoc
	for _, bay := range at.Bays {
		if !t.Serves(bay.Station, bay.EVSE.EVSE) || len(list) == maxShown {
			continue
		}
		a, err := billing.AdHocAt(tx, t.Tenant, at, bay)
		if fail.Is(err, fail.Invalid) { // a price that no hold covers; the others are sold
			a, err = billing.AdHoc{Site: at, Bay: bay}, nil
		}
		if err != nil {
			return at, nil, err
		}
		list = append(list, a)
	}
	return at, list, nil
}

// OfferAt is one of Offers, by what people type, or station:EVSE. What the terminal
// does not serve is NotFound.
func OfferAt(tx *store.Tx, t Terminal, code string) (billing.AdHoc, error) {
	a, err := billing.AdHocByCode(tx, t.Tenant, code)
	if err == nil && (a.Site.ID != t.Site || t.Retired() || !t.Serves(a.Bay.Station, a.Bay.EVSE.EVSE)) {
		err = fail.New(fail.NotFound, "terminal.OfferAt", "the terminal does not serve this charger")
	}
	return a, err
}

// stuckTime is how long beyond its end a payment that its provider does not answer
// for keeps the reader: then the provider says whether it is busy.
const stuckTime = 3 * time.Minute

// Busy reports whether the reader of a terminal asks for a card.
func Busy(tx *store.Tx, t Terminal) (bool, error) {
	if t.Payment == "" {
		return false, nil
	}
	p, _, err := payment.Find(tx, t.Payment)
	waits := p.Status == payment.Planned || p.Status == payment.Open
	return waits && tx.Now().Before(p.Created.Add(driver.ReaderTime+stuckTime)), err
}

// No says why a visit did not begin.
type No string

// The reasons.
const (
	ReaderBusy No = "reader_busy"   // it asks for a card already
	Blocked    No = "blocked"       // station.Bay.Blocked says why
	NoPrice    No = "no_price"      // nothing is offered there
	NewPrice   No = "price_changed" // it is not the one that was shown
	EVSETaken  No = "evse_taken"    // somebody is starting there at this moment
)

// Order is somebody who wants to charge and stands before the reader.
type Order struct {
	Code     string // of the EVSE, as for OfferAt
	Version  string // of the price that they were shown
	Language string // ISO 639-1
	Text     string // what it is for: one line, at most 100 characters
	Return   func(secret string) string
}

// Begun is a visit that began, or why none did.
type Begun struct {
	No      No // "" it began
	Offer   billing.AdHoc
	Guest   driver.Guest
	Payment payment.Payment
	Secret  string // of the visit's own short address, kept nowhere
}

// Begin writes a visit at a terminal down, with the payment that its reader asks for;
// the terminal was read in the same transaction. An EVSE that it does not serve is
// NotFound.
func Begin(tx *store.Tx, t Terminal, o Order) (b Begun, err error) {
	if b.Offer, err = OfferAt(tx, t, o.Code); err != nil {
		return b, err
	}
	if b.No, err = mayBegin(tx, t, b.Offer, o.Version); err != nil || b.No != "" {
		return b, err
	}
	b.Guest, b.Payment, b.Secret, err = billing.Visit(tx, billing.VisitOrder{
		Guest: driver.Guest{
			Tenant: t.Tenant, Station: b.Offer.Bay.Station, EVSE: b.Offer.Bay.EVSE.EVSE, Terminal: t.ID, Hold: b.Offer.Hold, Offer: b.Offer.Offer(o.Language),
		},
		Provider: t.Provider, Reader: t.Reader, Text: o.Text, Return: o.Return,
	})
	if fail.Is(err, fail.Conflict) { // nothing was written yet
		b.No = EVSETaken
		return b, nil
	}
	if err != nil {
		return b, err
	}
	_, err = tx.Exec(`UPDATE terminal_terminal SET payment_id = $2 WHERE id = $1`, t.ID, b.Payment.ID)
	return b, err
}

func mayBegin(tx *store.Tx, t Terminal, a billing.AdHoc, version string) (No, error) {
	word, _ := a.Bay.Blocked()
	switch {
	case a.Price == nil:
		return NoPrice, nil
	case word != "":
		return Blocked, nil
	case a.Taken:
		return EVSETaken, nil
	case version != a.Bound.Version:
		return NewPrice, nil
	}
	busy, err := Busy(tx, t)
	if busy {
		return ReaderBusy, err
	}
	return "", err
}

// VisitAt returns a visit that began at a terminal; another is NotFound.
func VisitAt(tx *store.Tx, t Terminal, visit string) (driver.Guest, error) {
	g, found, err := driver.FindGuest(tx, visit)
	if err == nil && (!found || g.Terminal != t.ID) {
		err = fail.New(fail.NotFound, "terminal.VisitAt", "no such visit began at the terminal")
	}
	return g, err
}

// Leave ends a visit at a terminal that waits for its card; the reader asks no more.
// One that is paid is a Conflict.
func Leave(tx *store.Tx, t Terminal, visit string) (driver.Guest, error) {
	if g, err := VisitAt(tx, t, visit); err != nil {
		return g, err
	}
	return billing.LeaveVisit(tx, visit)
}
