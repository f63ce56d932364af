package app

import (
	"context"
	"fmt"
	"slices"
	"time"

	"chargewright/base/fail"
	"chargewright/base/money"
	"chargewright/base/store"
	"chargewright/core/access"
	"chargewright/core/billing"
	"chargewright/core/brake"
	"chargewright/core/payment"
	"chargewright/core/plan"
	terminals "chargewright/core/terminal"
	"chargewright/plug/simpay"
)

// demoSeller is what the operator says of itself on its documents. The VAT id has
// the form of one and is nobody's.
var demoSeller = access.Entity{
	ID: access.DefaultEntity, Name: "Erlental Energie GmbH", Zone: "Europe/Berlin", Street: "Am Kai 1", PostalCode: "00000", City: "Erlental",
	Email: "rechnung@erlental.example", Phone: "030 23125 100", Register: "HRB 0000, Amtsgericht Erlental",
	IBAN: "DE02120300000000202051", BIC: "BYLADEM1001",
}

// demoLimits let eight drivers be everywhere, and one visitor try everything out.
var demoLimits = brake.Limits{AddressVisits: 500, AddressUnpaid: 200, EVSEVisits: 500, EVSEUnpaid: 200, CardVisits: 500, CardRefused: 200}

const demoVATID = "DE123456788"

// demoPurse is what a driver pays with.
type demoPurse struct {
	card          simpay.Card // saved; "": none
	wallet        int64       // paid ahead, minor units
	below, refill int64       // the wallet is filled by itself
}

// demoPurses are those of the drivers, in turn: one wallet runs low and fills
// itself, one card is declined once nobody is there, one wants to be confirmed, and
// one driver has saved nothing.
var demoPurses = []demoPurse{
	{card: simpay.Good}, {card: simpay.Good, wallet: 2000, below: 2000, refill: 3000}, {card: simpay.Challenged}, {card: simpay.DeclinedLater},
	{card: simpay.ConfirmLater}, {}, {card: simpay.ApplePay}, {card: simpay.Good, wallet: 6000},
}

func (d *demo) seller(tx *store.Tx) error {
	sc := access.Scope{Tenant: access.DefaultTenant, Role: access.Owner, Kind: access.KindSystem}
	if err := access.PutEntity(tx, sc, demoSeller); err != nil {
		return err
	}
	if err := brake.SetLimits(tx, access.DefaultTenant, demoLimits); err != nil {
		return err
	}
	_, err := access.AddRegistration(tx, sc, access.Registration{
		Entity: access.DefaultEntity, Country: "DE", Kind: access.RegisteredStandard, VATID: demoVATID, Term: access.Term{From: "2020-01-01"},
	})
	return err
}

// purses has the drivers save their cards and pay ahead, each as the pages do.
func (d *demo) purses(ctx context.Context) error {
	for i, who := range d.drivers {
		p := demoPurses[i%len(demoPurses)]
		me := access.Scope{Tenant: access.DefaultTenant, Actor: who, Role: access.DriverRole, Kind: access.KindDriver}
		if p.card != "" {
			if err := d.save(ctx, me, p.card); err != nil {
				return err
			}
		}
		if p.wallet > 0 {
			if err := d.topUp(ctx, me, p.wallet); err != nil {
				return err
			}
		}
		if p.refill == 0 {
			continue
		}
		_, err := store.Do(ctx, d.DB, "demo", func(tx *store.Tx) (struct{}, error) {
			return struct{}{}, plan.SetAuto(tx, me.Tenant, who, "EUR", p.below, p.refill)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (d *demo) save(ctx context.Context, me access.Scope, card simpay.Card) error {
	return d.pays(ctx, card, func(tx *store.Tx) (payment.Payment, error) {
		return billing.SaveMethod(tx, me, access.Entity{ID: access.DefaultEntity, Currency: "EUR"}, d.till.by, d.back)
	})
}

func (d *demo) back(string) string { return d.cfg.base(d.Addr) + "/app/wallet" }

func (d *demo) topUp(ctx context.Context, me access.Scope, minor int64) error {
	return d.pays(ctx, simpay.Good, func(tx *store.Tx) (payment.Payment, error) {
		id := payment.NewID()
		return billing.AddToWallet(tx, me, access.DefaultEntity, billing.TopUp{
			ID: id, Key: id, Amount: money.Amount{Minor: minor, Currency: "EUR"}, Provider: d.till.by, Return: d.back(id),
		})
	})
}

// pays plans a payment and pays it on the page of the provider.
func (d *demo) pays(ctx context.Context, card simpay.Card, order func(tx *store.Tx) (payment.Payment, error)) error {
	face := tillFace{d.Server}
	p, err := store.Do(ctx, d.DB, "demo", order)
	if err == nil {
		err = face.Ask(ctx, p.ID)
	}
	if err != nil {
		return err
	}
	if p, err = d.payment(ctx, p.ID); err != nil {
		return err
	}
	if err := d.till.sim.Pay(p.Ref, card); err != nil {
		return err
	}
	return face.Look(ctx, p)
}

func (d *demo) payment(ctx context.Context, id string) (payment.Payment, error) {
	return store.Read(ctx, d.DB, func(tx *store.Tx) (payment.Payment, error) {
		p, found, err := payment.Find(tx, id)
		if err == nil && !found {
			err = fail.New(fail.NotFound, "demo", "there is no payment %q", id)
		}
		return p, err
	})
}

// complaints: once the last day is paid, one driver objects at their bank and
// another gets something back. The bank judges by the evidence.
func (d *demo) complaints(ctx context.Context) {
	paid, err := d.taken(ctx, 2)
	if err == nil {
		err = d.till.sim.Dispute(paid[0].Ref, "fraudulent")
	}
	if err == nil {
		err = d.giveBack(ctx, paid[1])
	}
	if err == nil {
		err = d.judged(ctx, paid[0])
	}
	if err != nil && ctx.Err() == nil {
		d.log.Warn("nobody complains in this demonstration", "err", err)
	}
}

// judged waits until evidence was handed in against a dispute, and has the bank decide
// for it.
func (d *demo) judged(ctx context.Context, p payment.Payment) error {
	for {
		list, err := store.Read(ctx, d.DB, func(tx *store.Tx) ([]payment.Objection, error) { return payment.DisputesOf(tx, p.ID) })
		if err != nil {
			return err
		}
		if len(list) > 0 && list[0].State == payment.DisputeHeard {
			if err := pauseFor(ctx, judgement); err != nil {
				return err
			}
			return d.till.sim.Decide(p.Ref, true)
		}
		if err := pauseFor(ctx, time.Second); err != nil {
			return err
		}
	}
}

// judgement is how long the bank of the demonstration thinks about evidence.
const judgement = 3 * time.Second

// taken waits until so many sessions were paid by card.
func (d *demo) taken(ctx context.Context, n int) ([]payment.Payment, error) {
	sc := access.Scope{Tenant: access.DefaultTenant, Role: access.Owner}
	for {
		list, err := store.Read(ctx, d.DB, func(tx *store.Tx) ([]payment.Payment, error) {
			return payment.List(tx, sc, payment.Filter{}, time.Time{}, "", 200)
		})
		list = slices.DeleteFunc(list, func(p payment.Payment) bool { return p.Purpose != payment.ForSession || p.Status != payment.Taken })
		if err != nil || len(list) >= n {
			return list, err
		}
		if err := pauseFor(ctx, time.Second); err != nil {
			return nil, err
		}
	}
}

// giveBack credits two euros of the session that was paid.
func (d *demo) giveBack(ctx context.Context, p payment.Payment) error {
	_, err := store.Do(ctx, d.DB, "demo", func(tx *store.Tx) (billing.Document, error) {
		sc := access.Scope{Tenant: access.DefaultTenant, Role: access.Owner, Kind: access.KindSystem}
		return billing.Credit(tx, sc, p.Object, billing.CreditOrder{Key: "demo", Gross: min(200, p.Captured), Reason: "Sorry for the wait at the charger", To: billing.ToPayer})
	})
	return err
}

// cardTerminal puts a terminal beside a card reader into service, and returns the
// path of its screen.
func (d *demo) cardTerminal(ctx context.Context) (string, error) {
	sc := access.Scope{Tenant: access.DefaultTenant, Role: access.Owner, Kind: access.KindSystem}
	return store.Do(ctx, d.DB, "demo", func(tx *store.Tx) (string, error) {
		_, secret, err := terminals.New(tx, sc, terminals.Terminal{Site: "site_market", Name: "Kassenautomat am Eingang", Provider: d.till.by, Reader: simReaders[0]})
		return "/pay/at/" + secret, err
	})
}

// guestAddress is what the code on a charger of the demonstration leads to, on one
// that is not busy at first if there is one.
func (d *demo) guestAddress() string {
	for _, p := range slices.Backward(d.network.Plan()) {
		if len(p.EVSEs) == 1 {
			return fmt.Sprintf("/pay/DE*ERL*E%s*1", p.ID[len(p.ID)-3:])
		}
	}
	return "/pay"
}

// pauseFor waits, and is ctx's error when it ends first.
func pauseFor(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
