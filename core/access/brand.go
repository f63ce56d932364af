package access

import (
	"net/mail"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"chargewright/base/fail"
	"chargewright/base/store"
)

// Brand is how a tenant shows itself to drivers.
type Brand struct {
	Name       string
	Helpline   string // a telephone number; "" none
	Email      string
	ImprintURL string
	PrivacyURL string
	Languages  []string // that drivers are spoken to in, the default first
	Logo       Logo
}

// Languages are those that we speak.
var Languages = []string{"en", "de"}

// GetBrand returns the tenant's brand; until one was put it is the tenant's name
// in every language.
func GetBrand(tx *store.Tx, tenant string) (Brand, error) {
	b, found, err := store.One(tx, func(r *store.Row) Brand {
		return Brand{r.Text(0), r.Text(1), r.Text(2), r.Text(3), r.Text(4), strings.Split(r.Text(5), ","), Logo{r.Text(6), slices.Clone(r.Bytes(7))}}
	}, `SELECT name, helpline, email, imprint_url, privacy_url, languages, logo_type, logo FROM access_brand WHERE tenant_id = $1`, tenant)
	if err != nil || found {
		return b, err
	}
	name, found, err := store.One(tx, func(r *store.Row) string { return r.Text(0) }, `SELECT name FROM access_tenant WHERE id = $1`, tenant)
	if err == nil && !found {
		err = fail.New(fail.NotFound, "access.GetBrand", "there is no tenant %q", tenant)
	}
	return Brand{Name: name, Languages: slices.Clone(Languages)}, err
}

// PutBrand replaces the tenant's brand. Addresses of the web are https or http.
func PutBrand(tx *store.Tx, sc Scope, b Brand) error {
	if err := b.check(); err != nil {
		return err
	}
	logo := b.Logo.Bytes
	if logo == nil {
		logo = []byte{}
	}
	_, err := tx.Exec(`INSERT INTO access_brand (tenant_id, name, helpline, email, imprint_url, privacy_url, languages, logo_type, logo, updated_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
		ON CONFLICT (tenant_id) DO UPDATE SET name = excluded.name, helpline = excluded.helpline, email = excluded.email, imprint_url = excluded.imprint_url,
			privacy_url = excluded.privacy_url, languages = excluded.languages, logo_type = excluded.logo_type, logo = excluded.logo, updated_at = excluded.updated_at`,
		sc.Tenant, b.Name, b.Helpline, b.Email, b.ImprintURL, b.PrivacyURL, strings.Join(b.Languages, ","), b.Logo.Type, logo, tx.Now())
	return err
}

func (b Brand) check() error {
	const op = "access.PutBrand"
	if n := utf8.RuneCountInString(b.Name); n == 0 || n > 100 {
		return fail.Field(op, "name", "must have 1 to 100 characters")
	}
	if len(b.Helpline) > 40 || strings.Trim(b.Helpline, "+0123456789 ()-/.") != "" {
		return fail.Field(op, "helpline", "must be a telephone number")
	}
	if a, err := mail.ParseAddress(b.Email); b.Email != "" && (err != nil || a.Address != b.Email || len(b.Email) > 200) {
		return fail.Field(op, "email", "must be an e-mail address")
	}
	for _, f := range []struct{ name, value string }{{"imprint_url", b.ImprintURL}, {"privacy_url", b.PrivacyURL}} {
		u, err := url.Parse(f.value)
		if f.value != "" && (err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil || len(f.value) > 500) {
			return fail.Field(op, f.name, "must be an address that begins with https://")
		}
	}
	for i, l := range b.Languages {
		if !slices.Contains(Languages, l) || slices.Contains(b.Languages[:i], l) {
			return fail.Field(op, "languages", "must be some of %v, each once", Languages)
		}
	}
	if len(b.Languages) == 0 {
		return fail.Field(op, "languages", "must name one at least")
	}
	return nil
}
