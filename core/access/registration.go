package access

import (
	"regexp"
	"slices"
	"time"

	"chargewright/base/fail"
	"chargewright/base/id"
	"chargewright/base/store"
)

// RegistrationKind says under which scheme a seller accounts for tax.
type RegistrationKind string

// The kinds of registrations.
const (
	// RegisteredStandard taxes what is sold in the country and pays it there.
	RegisteredStandard RegistrationKind = "standard"
	// RegisteredOSS declares in Country what is sold to consumers in the other
	// member states (Art. 369a ff. of Directive 2006/112/EC).
	RegisteredOSS RegistrationKind = "oss"
	// RegisteredSmall is exempt in the country (Art. 284; in Germany § 19 UStG).
	RegisteredSmall RegistrationKind = "small_business"
)

// Registration is where a legal entity is known to a tax office, as what, and
// when. It is never changed: it ends, and another begins.
type Registration struct {
	ID      string
	Entity  string
	Country string // ISO 3166-1
	Region  string // ISO 3166-2 where only a part of the country is meant; "" else
	Kind    RegistrationKind
	VATID   string // of the seller there, as documents show it; "" for a small business without one
	// DealersOwe: a taxable dealer of this country owes the tax in place of the
	// seller (Art. 199a (1)(e); in Germany § 13b (2) no. 5 b UStG, between dealers).
	DealersOwe bool
	Term
	EnteredBy string
	EnteredAt time.Time
}

// MaxRegistrations bounds the registrations of a legal entity.
const MaxRegistrations = 500

// regionForm is a subdivision of a country: DE-BY, US-CA, IT-Livigno.
var regionForm = regexp.MustCompile(`^[A-Z]{2}-[A-Za-z0-9]{1,20}$`)

// CheckRegion returns an Invalid error for what is no region of the country; ""
// is all of it.
func CheckRegion(country, region string) error {
	if region != "" && (!regionForm.MatchString(region) || region[:2] != country) {
		return fail.Field("access.CheckRegion", "region", "%.30q is no region of %s such as %s-XX", region, country, country)
	}
	return nil
}

var countryForm = regexp.MustCompile(`^[A-Z]{2}$`)

// CheckCountry returns an Invalid error for what has not the form of an ISO
// 3166-1 code.
func CheckCountry(country string) error {
	if !countryForm.MatchString(country) {
		return fail.Field("access.CheckCountry", "country", "%.10q is no country such as DE", country)
	}
	return nil
}

// check returns the registration in its plain form.
func (r Registration) check() (Registration, error) {
	const op = "access.AddRegistration"
	if err := CheckCountry(r.Country); err != nil {
		return r, err
	}
	if err := CheckRegion(r.Country, r.Region); err != nil {
		return r, err
	}
	switch r.Kind {
	case RegisteredStandard, RegisteredSmall:
	case RegisteredOSS:
		if !slices.Contains(VATCountries, r.Country) || r.Region != "" {
			return r, fail.Field(op, "country", "the one-stop shop is of a member state")
		}
	default:
		return r, fail.Field(op, "kind", "%.20q is none of standard, oss, small_business", string(r.Kind))
	}
	if r.VATID == "" && r.Kind != RegisteredSmall {
		return r, fail.Field(op, "vat_id", "is required")
	}
	if r.DealersOwe && r.Kind != RegisteredStandard {
		return r, fail.Field(op, "dealers_owe", "belongs to a standard registration")
	}
	if r.VATID != "" {
		var err error
		if r.VATID, err = ParseVATID(r.Country, r.VATID); err != nil {
			return r, err
		}
	}
	return r, r.Term.Check()
}

// excludes reports whether two registrations cannot hold on one day.
func (r Registration) excludes(o Registration) bool {
	if (r.Kind == RegisteredOSS) != (o.Kind == RegisteredOSS) || !r.Meets(o.Term) {
		return false
	}
	return r.Kind == RegisteredOSS || r.Country == o.Country && r.Region == o.Region
}

// Entities lists the tenant's legal entities by id, 1,000 at most.
func Entities(tx *store.Tx, tenant string) ([]Entity, error) {
	return store.All(tx, scanEntity, `SELECT `+entityColumns+` FROM access_entity WHERE tenant_id = $1 ORDER BY id LIMIT 1000`, tenant)
}

// Registrations lists those of a legal entity, the latest begun first.
func Registrations(tx *store.Tx, tenant, entity string) ([]Registration, error) {
	return store.All(tx, func(r *store.Row) Registration {
		return Registration{
			ID: r.Text(0), Entity: r.Text(1), Country: r.Text(2), Region: r.Text(3), Kind: RegistrationKind(r.Text(4)), VATID: r.Text(5), DealersOwe: r.Bool(6),
			Term: Term{Day(r.Text(7)), Day(r.Text(8))}, EnteredBy: r.Text(9), EnteredAt: r.Time(10),
		}
	}, `SELECT id, entity_id, country, region, kind, vat_id, dealers_owe, valid_from, valid_until, entered_by, entered_at FROM access_registration
		WHERE tenant_id = $1 AND entity_id = $2 ORDER BY valid_from DESC, id DESC LIMIT $3`, tenant, entity, MaxRegistrations)
}

// AddRegistration enters a registration of a legal entity of the tenant. One
// that holds for the same place on the same day is a Conflict: it must end
// first.
func AddRegistration(tx *store.Tx, sc Scope, r Registration) (Registration, error) {
	const op = "access.AddRegistration"
	r, err := r.check()
	if err != nil {
		return r, err
	}
	if _, err := GetEntity(tx, sc.Tenant, r.Entity); err != nil {
		return r, err
	}
	have, err := Registrations(tx, sc.Tenant, r.Entity)
	if err != nil {
		return r, err
	}
	if len(have) >= MaxRegistrations {
		return r, fail.New(fail.Conflict, op, "there are %d already, which is the most", len(have))
	}
	for _, o := range have {
		if r.excludes(o) {
			return r, fail.New(fail.Conflict, op, "another registration for %s holds from %s; end it first", o.Country, o.From)
		}
	}
	r.ID, r.EnteredBy, r.EnteredAt = id.New("reg"), sc.Actor, tx.Now()
	_, err = tx.Exec(`INSERT INTO access_registration (id, tenant_id, entity_id, country, region, kind, vat_id, dealers_owe, valid_from, valid_until, entered_by, entered_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
		r.ID, sc.Tenant, r.Entity, r.Country, r.Region, string(r.Kind), r.VATID, r.DealersOwe, string(r.From), string(r.Until), r.EnteredBy, r.EnteredAt)
	return r, err
}

// EndRegistration lets a registration end: until is the first day on which it
// does not hold. A day that is past (in UTC) is a Conflict, for what was sold
// under it stays. One that has not begun by then is taken away.
func EndRegistration(tx *store.Tx, sc Scope, entity, registration string, until Day) error {
	const op = "access.EndRegistration"
	if _, err := ParseDay("valid_until", string(until)); err != nil {
		return err
	}
	have, err := Registrations(tx, sc.Tenant, entity)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(have, func(r Registration) bool { return r.ID == registration })
	switch {
	case i < 0:
		return fail.New(fail.NotFound, op, "there is no registration %q", registration)
	case until < DayOf(tx.Now(), time.UTC):
		return fail.New(fail.Conflict, op, "%s is past: what was sold under the registration stays", until)
	case have[i].Until != "" && have[i].Until < until:
		return fail.New(fail.Conflict, op, "it ends on %s already; enter another", have[i].Until)
	case until <= have[i].From:
		_, err = tx.Exec(`DELETE FROM access_registration WHERE tenant_id = $1 AND id = $2`, sc.Tenant, registration)
	default:
		_, err = tx.Exec(`UPDATE access_registration SET valid_until = $1 WHERE tenant_id = $2 AND id = $3`, string(until), sc.Tenant, registration)
	}
	return err
}
