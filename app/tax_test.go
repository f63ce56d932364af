package app

import (
	"testing"
	"testing/synctest"
	"time"

	"chargewright/base/store"
	"chargewright/base/store/storetest"
	"chargewright/core/access"
	"chargewright/core/session"
	"chargewright/schema"
	"chargewright/sim"
	"chargewright/wire/ocpp"
)

// A session whose tax nobody knows waits, and once the rate is entered it is
// settled without further ado.
func TestAMissingRateIsEnteredAndTheSessionSettled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // on the first of January 2000: no rate that we ship holds then
		w := newWorld(t, storetest.MigratedURL(t, schema.FS), nil)
		w.addStation("CS-1", "")
		w.addToken("04AABBCC")
		w.addTariff(plainTariff)
		key := do(w, func(tx *store.Tx) (string, error) {
			_, err := access.AddRegistration(tx, everyone, access.Registration{
				Entity: access.DefaultEntity, Country: "DE", Kind: access.RegisteredStandard, VATID: "DE811569869", Term: access.Term{From: "1999-01-01"},
			})
			if err != nil {
				return "", err
			}
			return access.CreateKey(tx, access.DefaultTenant, access.Owner, "test")
		})
		s := w.startStation(sim.Config{ID: "CS-1", Version: ocpp.V201, Seed: 1})
		must(t, s.Plug(t.Context(), 1, sim.Vehicle{WantWh: 9_000}))
		if out, err := s.Tap(t.Context(), 1, "04aabbcc"); err != nil || !out.Accepted() {
			t.Fatalf("tap: %+v %v", out, err)
		}
		time.Sleep(time.Hour)
		must(t, s.Unplug(t.Context(), 1))
		must(t, s.Flush(t.Context()))
		synctest.Wait()
		w.settle()
		if x := w.sessions()[0]; x.Settled || !x.Held() || !x.Flags.Has(session.FlagNoTax) || len(w.receipts()) != 0 {
			t.Fatalf("without a rate: %s, flags %v", x.State, x.Flags)
		}
		rate := `{"country":"DE","name":"VAT","percent":"16","valid_from":"1998-04-01","valid_until":"2007-01-01"}`
		if code, text := ask(t, w.Server, key, "POST", "/tax/rates", rate); code != 201 {
			t.Fatalf("%d %s", code, text)
		}
		w.settle()
		r, x := w.receipts(), w.sessions()[0]
		if len(r) != 1 || r[0].Net != 410 || r[0].Gross != 476 || !x.Settled || x.Flags.Has(session.FlagNoTax) {
			t.Errorf("with it: %s, flags %v, receipts %+v", x.State, x.Flags, r)
		}
		w.checkMoney()
	})
}
