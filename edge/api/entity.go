package api

import (
	"context"

	"chargewright/base/store"
	"chargewright/core/access"
)

// EntityBody is what a legal entity says of itself on its documents.
type EntityBody struct {
	Name       string `json:"name" minLength:"1" maxLength:"200"`
	Zone       string `json:"time_zone" maxLength:"60" doc:"IANA, of its months and days"`
	Street     string `json:"street,omitempty" maxLength:"200"`
	PostalCode string `json:"postal_code,omitempty" maxLength:"20"`
	City       string `json:"city,omitempty" maxLength:"100"`
	Email      string `json:"email,omitempty" maxLength:"200" doc:"For questions about a document"`
	Phone      string `json:"phone,omitempty" maxLength:"40"`
	Register   string `json:"register,omitempty" maxLength:"200" doc:"Number and court"`
	TaxNumber  string `json:"tax_number,omitempty" maxLength:"40" doc:"Of the tax office; VAT ids are those of the registrations"`
	IBAN       string `json:"iban,omitempty" maxLength:"42" doc:"Where it is paid"`
	BIC        string `json:"bic,omitempty" maxLength:"14"`
	Notes      string `json:"notes,omitempty" maxLength:"500" doc:"At the foot of its documents"`
}

type fullEntity struct {
	ID       string `json:"id"`
	Country  string `json:"country" doc:"Where it is established, ISO 3166-1"`
	Currency string `json:"currency"`
	Prefix   string `json:"number_prefix" doc:"Of its documents' numbers"`
	EntityBody
}

func showEntity(e access.Entity) fullEntity {
	return fullEntity{e.ID, e.Country, e.Currency, e.NumberPrefix, EntityBody{
		e.Name, e.Zone, e.Street, e.PostalCode, e.City, e.Email, e.Phone, e.Register, e.TaxNumber, e.IBAN, e.BIC, e.Notes,
	}}
}

func (s *server) getEntity(ctx context.Context, sc access.Scope, in *struct {
	EntityPath
	Reading
}) (fullEntity, error) {
	return store.Read(ctx, s.o.DB, func(tx *store.Tx) (fullEntity, error) {
		e, err := access.GetEntity(tx, sc.Tenant, in.ID)
		return showEntity(e), err
	})
}

func (s *server) putEntity(ctx context.Context, sc access.Scope, in *struct {
	EntityPath
	Writing
	Body struct{ EntityBody } `nameHint:"NewEntity"`
}) (fullEntity, error) {
	return store.Do(ctx, s.o.DB, "entity/"+in.ID, func(tx *store.Tx) (fullEntity, error) {
		e, err := access.GetEntity(tx, sc.Tenant, in.ID)
		if err != nil {
			return fullEntity{}, err
		}
		if err := in.check(showEntity(e)); err != nil {
			return fullEntity{}, err
		}
		b := in.Body
		err = access.PutEntity(tx, sc, access.Entity{
			ID: e.ID, Name: b.Name, Zone: b.Zone, Street: b.Street, PostalCode: b.PostalCode, City: b.City, Email: b.Email, Phone: b.Phone, Register: b.Register,
			TaxNumber: b.TaxNumber, IBAN: b.IBAN, BIC: b.BIC, Notes: b.Notes,
		})
		if err != nil {
			return fullEntity{}, err
		}
		e, err = access.GetEntity(tx, sc.Tenant, in.ID)
		return showEntity(e), err
	})
}
