package access

import (
	"net/mail"
	"strings"
	"time"
	"unicode/utf8"

	"chargewright/base/fail"
	"chargewright/base/store"
)

// Entity is a legal entity: who sells, in which currency, under which numbers, and
// what it must say of itself on an invoice. Texts that are not known are "".
type Entity struct {
	ID           string
	Name         string
	Country      string // ISO 3166-1 alpha-2
	Currency     string // ISO 4217
	NumberPrefix string // of its receipts and invoices
	Zone         string // IANA, of its months and days
	Street       string
	PostalCode   string
	City         string
	Email        string // for questions about a document
	Phone        string
	Register     string // "HRB 12345, Amtsgericht Berlin"
	TaxNumber    string // of the tax office; VAT ids are those of its registrations
	IBAN         string // where it is paid
	BIC          string
	Notes        string // at the foot of its documents
}

// Location is the zone of the entity's months and days.
func (e Entity) Location() *time.Location {
	z, err := time.LoadLocation(e.Zone)
	if err != nil { // checked when it was put
		return time.UTC
	}
	return z
}

const entityColumns = `id, name, country, currency, number_prefix, zone, street, postal_code, city, email, phone, register, tax_number, bank, bic, notes`

func scanEntity(r *store.Row) Entity {
	return Entity{r.Text(0), r.Text(1), r.Text(2), r.Text(3), r.Text(4), r.Text(5), r.Text(6), r.Text(7), r.Text(8), r.Text(9), r.Text(10), r.Text(11), r.Text(12), r.Text(13), r.Text(14), r.Text(15)}
}

// GetEntity returns a legal entity of the tenant.
func GetEntity(tx *store.Tx, tenant, entity string) (Entity, error) {
	e, found, err := store.One(tx, scanEntity, `SELECT `+entityColumns+` FROM access_entity WHERE tenant_id = $1 AND id = $2`, tenant, entity)
	if err == nil && !found {
		err = fail.New(fail.NotFound, "access.GetEntity", "there is no legal entity %q", entity)
	}
	return e, err
}

// Entities lists the legal entities of the tenant, the first made first, 1,000 at
// most.
func Entities(tx *store.Tx, tenant string) ([]Entity, error) {
	return store.All(tx, scanEntity, `SELECT `+entityColumns+` FROM access_entity WHERE tenant_id = $1 ORDER BY created_at, id LIMIT 1000`, tenant)
}

// EntitiesAfter lists up to limit legal entities of the whole installation with
// their tenants, by id, after the given one.
func EntitiesAfter(tx *store.Tx, after string, limit int) (tenants []string, list []Entity, err error) {
	list, err = store.All(tx, func(r *store.Row) Entity {
		tenants = append(tenants, r.Text(16))
		return scanEntity(r)
	}, `SELECT `+entityColumns+`, tenant_id FROM access_entity WHERE id > $1 ORDER BY id LIMIT $2`, after, limit)
	return tenants, list, err
}

// PutEntity replaces what a legal entity says of itself. Its id, country, currency
// and numbers stay as they are: documents were issued with them.
func PutEntity(tx *store.Tx, sc Scope, e Entity) error {
	e.trim()
	if err := e.check(); err != nil {
		return err
	}
	if _, err := GetEntity(tx, sc.Tenant, e.ID); err != nil {
		return err
	}
	_, err := tx.Exec(`UPDATE access_entity SET name = $3, zone = $4, street = $5, postal_code = $6, city = $7, email = $8, phone = $9, register = $10, tax_number = $11,
		bank = $12, bic = $13, notes = $14 WHERE tenant_id = $1 AND id = $2`,
		sc.Tenant, e.ID, e.Name, e.Zone, e.Street, e.PostalCode, e.City, e.Email, e.Phone, e.Register, e.TaxNumber, e.IBAN, e.BIC, e.Notes)
	return err
}

func (e *Entity) trim() {
	for _, s := range []*string{&e.Name, &e.Zone, &e.Street, &e.PostalCode, &e.City, &e.Email, &e.Phone, &e.Register, &e.TaxNumber, &e.Notes} {
		*s = strings.TrimSpace(*s)
	}
	for _, s := range []*string{&e.IBAN, &e.BIC} {
		*s = strings.ToUpper(strings.ReplaceAll(*s, " ", ""))
	}
}

// check returns an Invalid error that names the field at fault.
func (e Entity) check() error {
	const op = "access.PutEntity"
	for _, x := range []struct {
		field, value string
		most         int
	}{
		{"name", e.Name, 200}, {"street", e.Street, 200}, {"postal_code", e.PostalCode, 20}, {"city", e.City, 100}, {"email", e.Email, 200}, {"phone", e.Phone, 40},
		{"register", e.Register, 200}, {"tax_number", e.TaxNumber, 40}, {"notes", e.Notes, 500},
	} {
		if !utf8.ValidString(x.value) || len(x.value) > x.most {
			return fail.Field(op, x.field, "it has more than %d characters", x.most)
		}
	}
	if e.Name == "" {
		return fail.Field(op, "name", "a legal entity has a name")
	}
	if e.Zone == "Local" {
		return fail.Field(op, "time_zone", "it is no IANA time zone")
	}
	if _, err := time.LoadLocation(e.Zone); err != nil || e.Zone == "" {
		return fail.Field(op, "time_zone", "%q is no IANA time zone", e.Zone)
	}
	if e.Email != "" {
		if a, err := mail.ParseAddress(e.Email); err != nil || a.Address != e.Email {
			return fail.Field(op, "email", "%q is no address of mail", e.Email)
		}
	}
	if e.IBAN != "" && !isIBAN(e.IBAN) {
		return fail.Field(op, "iban", "its check digits do not hold")
	}
	if e.BIC != "" && len(e.BIC) != 8 && len(e.BIC) != 11 {
		return fail.Field(op, "bic", "it has neither 8 nor 11 characters")
	}
	return nil
}

// isIBAN reports whether an account number is an IBAN whose check digits hold
// (ISO 13616, modulo 97).
func isIBAN(s string) bool {
	if len(s) < 15 || len(s) > 34 {
		return false
	}
	rest := 0
	for i, r := range s[4:] + s[:4] {
		switch place := (i + 4) % len(s); {
		case r >= '0' && r <= '9' && place != 0 && place != 1:
			rest = (rest*10 + int(r-'0')) % 97
		case r >= 'A' && r <= 'Z' && place != 2 && place != 3:
			rest = (rest*100 + int(r-'A') + 10) % 97
		default:
			return false
		}
	}
	return rest == 1
}
