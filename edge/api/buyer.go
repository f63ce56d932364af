package api

import (
	"context"
	"time"

	"chargewright/base/store"
	"chargewright/core/access"
	drivers "chargewright/core/driver"
	sessions "chargewright/core/session"
)

func buyerOperations() []operation {
	const path = "/drivers/{id}/buyer"
	return []operation{
		{get, path, access.People, "drivers", "getBuyer", "Read for whom a driver buys", "", 0, nil, handleOne((*server).getBuyer)},
		{put, path, access.Drivers, "drivers", "putBuyer", "Say for whom a driver buys", "A VAT id that is new, or of another company, is not validated. For a consumer nothing is kept.", 0, []int{412}, handleOne((*server).putBuyer)},
		{post, path + "/validate", access.Money, "drivers", "validateBuyer", "Say that somebody looked at a driver's VAT id", "409: there is none.", 0, []int{409}, handle((*server).validateBuyer)},
		{post, path + "/ask", access.Drivers, "drivers", "askBuyer", "Have a driver's VAT id looked at again", "By the registers of the EU member states, where the server asks them (vies). The answer comes later; without one the VAT id stays as it is.", 202, nil, handle((*server).askBuyer)},
		{get, "/me/buyer", access.Me, "me", "getOwnBuyer", "Read for whom one buys", "", 0, nil, handleOne((*server).getOwnBuyer)},
		{put, "/me/buyer", access.Me, "me", "putOwnBuyer", "Say for whom one buys", "For a consumer nothing is kept. An operator decides who is a dealer.", 0, []int{412}, handleOne((*server).putOwnBuyer)},
	}
}

// BuyerBody is for whom a driver buys.
type BuyerBody struct {
	Kind    string `json:"kind" enum:"consumer,business,dealer" doc:"dealer: a taxable dealer of electricity"`
	Company string `json:"company,omitempty" maxLength:"300"`
	Address string `json:"address,omitempty" maxLength:"300"`
	Country string `json:"country,omitempty" pattern:"^([A-Z]{2})?$" doc:"ISO 3166-1"`
	VATID   string `json:"vat_id,omitempty" maxLength:"30"`
}

// buyer is for whom a driver buys, as the driver sees it.
type buyer struct {
	BuyerBody
	State string `json:"vat_state" enum:"none,open,valid,invalid" doc:"open: nobody has looked at the VAT id yet; the buyer is taxed like a consumer"`
}

// checkedBuyer is what staff see beside it.
type checkedBuyer struct {
	Buyer
	ValidatedAt *time.Time `json:"validated_at"`
	ValidatedBy string     `json:"validated_by" doc:"Id of a member of staff, or the service that was asked"`
	Evidence    string     `json:"evidence"`
}

func showBuyer(b drivers.Buyer) buyer {
	state := string(b.State)
	switch {
	case b.VATID == "":
		state = "none"
	case b.State == drivers.VATOpen:
		state = "open"
	}
	return buyer{BuyerBody{string(b.Kind), b.Company, b.Address, b.Country, b.VATID}, state}
}

func showCheckedBuyer(b drivers.Buyer) checkedBuyer {
	return checkedBuyer{showBuyer(b), moment(b.ValidatedAt), b.ValidatedBy, b.Evidence}
}

func (b BuyerBody) buyer(driver string) drivers.Buyer {
	return drivers.Buyer{Driver: driver, Kind: drivers.BuyerKind(b.Kind), Company: b.Company, Address: b.Address, Country: b.Country, VATID: b.VATID}
}

// DriverPath names a driver.
type DriverPath struct {
	ID string `path:"id" minLength:"1" maxLength:"100"`
}

func readBuyer(tx *store.Tx, sc access.Scope, id string) (drivers.Buyer, error) {
	if _, err := drivers.GetDriver(tx, sc, id); err != nil {
		return drivers.Buyer{}, err
	}
	return drivers.BuyerOf(tx, sc.Tenant, id)
}

func (s *server) getBuyer(ctx context.Context, sc access.Scope, in *struct {
	DriverPath
	Reading
}) (checkedBuyer, error) {
	return store.Read(ctx, s.o.DB, func(tx *store.Tx) (checkedBuyer, error) {
		b, err := readBuyer(tx, sc, in.ID)
		return showCheckedBuyer(b), err
	})
}

func (s *server) putBuyer(ctx context.Context, sc access.Scope, in *struct {
	DriverPath
	Writing
	Body struct{ BuyerBody } `nameHint:"PutBuyer"`
}) (checkedBuyer, error) {
	return store.Do(ctx, s.o.DB, "driver/"+in.ID, func(tx *store.Tx) (checkedBuyer, error) {
		now, err := readBuyer(tx, sc, in.ID)
		if err != nil {
			return checkedBuyer{}, err
		}
		if err := in.check(showCheckedBuyer(now)); err != nil {
			return checkedBuyer{}, err
		}
		b, err := drivers.PutBuyer(tx, sc, in.Body.buyer(in.ID))
		return showCheckedBuyer(b), err
	})
}

func (s *server) validateBuyer(ctx context.Context, sc access.Scope, in *struct {
	DriverPath
	Body struct {
		State    string `json:"state" enum:"valid,invalid"`
		Evidence string `json:"evidence" minLength:"1" maxLength:"1000" doc:"Where and how somebody looked"`
	} `nameHint:"ValidateBuyer"`
}) (checkedBuyer, error) {
	return store.Do(ctx, s.o.DB, "driver/"+in.ID, func(tx *store.Tx) (checkedBuyer, error) {
		b, err := drivers.ValidateBuyer(tx, sc, in.ID, drivers.VATState(in.Body.State), in.Body.Evidence)
		if err == nil {
			err = sessions.RetryHeld(tx, sc.Tenant, sessions.FlagNoTax)
		}
		return showCheckedBuyer(b), err
	})
}

func (s *server) askBuyer(ctx context.Context, sc access.Scope, in *struct{ DriverPath }) (checkedBuyer, error) {
	return store.Do(ctx, s.o.DB, "driver/"+in.ID, func(tx *store.Tx) (checkedBuyer, error) {
		b, err := readBuyer(tx, sc, in.ID)
		if err == nil && b.VATID != "" {
			err = drivers.AskVAT(tx, in.ID)
		}
		return showCheckedBuyer(b), err
	})
}

func (s *server) getOwnBuyer(ctx context.Context, sc access.Scope, _ *struct{ Reading }) (buyer, error) {
	return store.Read(ctx, s.o.DB, func(tx *store.Tx) (buyer, error) {
		b, err := readBuyer(tx, sc, sc.Actor)
		return showBuyer(b), err
	})
}

func (s *server) putOwnBuyer(ctx context.Context, sc access.Scope, in *struct {
	Writing
	Body struct{ BuyerBody } `nameHint:"PutOwnBuyer"`
}) (buyer, error) {
	return store.Do(ctx, s.o.DB, "driver/"+sc.Actor, func(tx *store.Tx) (buyer, error) {
		now, err := readBuyer(tx, sc, sc.Actor)
		if err != nil {
			return buyer{}, err
		}
		if err := in.check(showBuyer(now)); err != nil {
			return buyer{}, err
		}
		b, err := drivers.PutBuyer(tx, sc, in.Body.buyer(sc.Actor))
		return showBuyer(b), err
	})
}
