package driver

import (
	"context"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"chargewright/base/fail"
	"chargewright/base/outbox"
	"chargewright/base/store"
	"chargewright/core/access"
)

// BuyerKind is as what a driver buys.
type BuyerKind string

// The kinds of buyers.
const (
	BuysPrivately  BuyerKind = "consumer"
	BuysAsBusiness BuyerKind = "business"
	BuysToResell   BuyerKind = "dealer" // a taxable dealer of electricity; an operator says so
)

// VATState is what came of looking at a VAT id.
type VATState string

// The states.
const (
	VATOpen    VATState = ""
	VATValid   VATState = "valid"
	VATInvalid VATState = "invalid"
)

// Buyer is who a driver buys for. The zero value but for Driver is a consumer.
type Buyer struct {
	Driver, Tenant string
	Kind           BuyerKind
	Company        string
	Address        string
	Country        string // ISO 3166-1
	VATID          string // in its plain form; "" none
	State          VATState
	ValidatedAt    time.Time
	ValidatedBy    string // the id of a member of staff, or the service that was asked
	Evidence       string
	UpdatedAt      time.Time
}

const buyerColumns = `driver_id, tenant_id, kind, company, address, country, vat_id, check_state, validated_at, validated_by, evidence, updated_at`

func scanBuyer(r *store.Row) Buyer {
	return Buyer{
		r.Text(0), r.Text(1), BuyerKind(r.Text(2)), r.Text(3), r.Text(4), r.Text(5), r.Text(6), VATState(r.Text(7)), r.Time(8), r.Text(9), r.Text(10), r.Time(11),
	}
}

// BuyerOf returns who a driver of the tenant buys for: a consumer where nothing
// else is known, or nobody of that id.
func BuyerOf(tx *store.Tx, tenant, driver string) (Buyer, error) {
	b, found, err := store.One(tx, scanBuyer, `SELECT `+buyerColumns+` FROM driver_buyer WHERE driver_id = $1 AND tenant_id = $2`, driver, tenant)
	if err == nil && !found {
		b = Buyer{Driver: driver, Tenant: tenant, Kind: BuysPrivately}
	}
	return b, err
}

// check returns the buyer in its plain form.
func (b Buyer) check() (Buyer, error) {
	const op = "driver.PutBuyer"
	b.Company, b.Address = strings.TrimSpace(b.Company), strings.TrimSpace(b.Address)
	if b.Kind != BuysAsBusiness && b.Kind != BuysToResell {
		return b, fail.Field(op, "kind", "%.20q is none of consumer, business, dealer", string(b.Kind))
	}
	for _, f := range []struct{ name, value string }{{"company", b.Company}, {"address", b.Address}} {
		if n := utf8.RuneCountInString(f.value); n == 0 || n > 300 {
			return b, fail.Field(op, f.name, "must have 1 to 300 characters")
		}
	}
	if err := access.CheckCountry(b.Country); err != nil {
		return b, err
	}
	if b.VATID == "" && b.Kind == BuysToResell {
		return b, fail.Field(op, "vat_id", "is required of a dealer")
	}
	if b.VATID == "" {
		return b, nil
	}
	var err error
	b.VATID, err = access.ParseVATID(b.Country, b.VATID)
	return b, err
}

// PutBuyer says who a driver of the scope's tenant buys for; a consumer is kept
// by keeping nothing. A VAT id that is new, or of another company, is not
// validated; it is asked for upon TopicVAT. Drivers cannot make themselves
// dealers: one who says business stays a dealer only with the same VAT id.
func PutBuyer(tx *store.Tx, sc access.Scope, b Buyer) (Buyer, error) {
	if _, err := GetDriver(tx, sc, b.Driver); err != nil {
		return b, err
	}
	b.Tenant = sc.Tenant
	if b.Kind == BuysPrivately {
		_, err := tx.Exec(`DELETE FROM driver_buyer WHERE driver_id = $1 AND tenant_id = $2`, b.Driver, sc.Tenant)
		return Buyer{Driver: b.Driver, Tenant: sc.Tenant, Kind: BuysPrivately}, err
	}
	b, err := b.check()
	if err != nil {
		return b, err
	}
	was, err := BuyerOf(tx, sc.Tenant, b.Driver)
	if err != nil {
		return b, err
	}
	same := was.VATID == b.VATID && was.Country == b.Country && was.Company == b.Company
	if sc.Kind == access.KindDriver {
		switch {
		case b.Kind == BuysToResell:
			return b, fail.Field("driver.PutBuyer", "kind", "an operator decides who is a dealer")
		case same && was.Kind == BuysToResell:
			b.Kind = BuysToResell
		}
	}
	b.State, b.ValidatedAt, b.ValidatedBy, b.Evidence, b.UpdatedAt = VATOpen, time.Time{}, "", "", tx.Now()
	if same {
		b.State, b.ValidatedAt, b.ValidatedBy, b.Evidence = was.State, was.ValidatedAt, was.ValidatedBy, was.Evidence
	}
	_, err = tx.Exec(`INSERT INTO driver_buyer (`+buyerColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
		ON CONFLICT (driver_id) DO UPDATE SET kind = excluded.kind, company = excluded.company, address = excluded.address, country = excluded.country,
			vat_id = excluded.vat_id, check_state = excluded.check_state, validated_at = excluded.validated_at, validated_by = excluded.validated_by,
			evidence = excluded.evidence, updated_at = excluded.updated_at`,
		b.Driver, b.Tenant, string(b.Kind), b.Company, b.Address, b.Country, b.VATID, string(b.State), b.ValidatedAt, b.ValidatedBy, b.Evidence, b.UpdatedAt)
	if err != nil || b.VATID == "" || b.State != VATOpen {
		return b, err
	}
	return b, AskVAT(tx, b.Driver)
}

// ValidateBuyer records that a member of staff looked at a buyer's VAT id, what
// they found and by what evidence; the register is not asked any more. A buyer
// without one is a Conflict.
func ValidateBuyer(tx *store.Tx, sc access.Scope, driver string, found VATState, evidence string) (Buyer, error) {
	const op = "driver.ValidateBuyer"
	if found != VATValid && found != VATInvalid {
		return Buyer{}, fail.Field(op, "state", "%.20q is neither valid nor invalid", string(found))
	}
	if evidence = strings.TrimSpace(evidence); evidence == "" || len(evidence) > 1000 {
		return Buyer{}, fail.Field(op, "evidence", "must have 1 to 1000 bytes")
	}
	if _, err := GetDriver(tx, sc, driver); err != nil {
		return Buyer{}, err
	}
	b, err := BuyerOf(tx, sc.Tenant, driver)
	if err != nil {
		return b, err
	}
	if b.VATID == "" {
		return b, fail.New(fail.Conflict, op, "the driver has given no VAT id")
	}
	if err := outbox.Cancel(tx, TopicVAT, driver); err != nil {
		return b, err
	}
	return found.record(tx, b, sc.Actor, evidence)
}

// record writes what was found of a buyer's VAT id.
func (s VATState) record(tx *store.Tx, b Buyer, by, evidence string) (Buyer, error) {
	b.State, b.ValidatedAt, b.ValidatedBy, b.Evidence, b.UpdatedAt = s, tx.Now(), by, evidence, tx.Now()
	_, err := tx.Exec(`UPDATE driver_buyer SET check_state = $1, validated_at = $2, validated_by = $3, evidence = $4, updated_at = $2 WHERE driver_id = $5`,
		string(b.State), b.ValidatedAt, b.ValidatedBy, b.Evidence, b.Driver)
	return b, err
}

// VATAnswer is what a register says of a VAT id.
type VATAnswer struct {
	Valid     bool
	Name      string // of its holder; "" where the register does not tell
	Address   string
	Reference string // of the consultation; "" none
	Service   string // who was asked
}

// VATChecker asks a register whether a VAT id exists. The country is ISO 3166-1,
// the id in its plain form. What the register knows nothing of, or will not
// take, is an answer. No answer is fail.Unavailable or fail.Timeout: later may
// succeed; a country that it does not serve is fail.Invalid.
type VATChecker interface {
	CheckVAT(ctx context.Context, country, vatID string) (VATAnswer, error)
}

// TopicVAT is the event that a buyer's VAT id waits to be looked at; the key is
// the driver's id.
const TopicVAT = "driver.vat"

// Patience with a register that does not answer: every hour, for a week.
const (
	vatPause = time.Hour
	vatTries = 7 * 24
)

type vatAsk struct {
	Tries int `json:"tries"`
}

// AskVAT has a driver's VAT id looked at, now and from the first try on.
func AskVAT(tx *store.Tx, driver string) error {
	return outbox.At(tx, tx.Now(), TopicVAT, driver, vatAsk{})
}

// CheckVAT works on TopicVAT: it asks the register about a driver's VAT id and
// records the answer, unless somebody changed or validated it meanwhile. Where
// there is no answer the id stays as it is and is asked for again, for a week. It
// returns whether the register says that the id is valid and that was recorded, and
// the driver's tenant.
func CheckVAT(ctx context.Context, db *store.DB, c VATChecker, e outbox.Event) (valid bool, tenant string, err error) {
	var ask vatAsk
	if err := e.Decode(&ask); err != nil {
		return false, "", err
	}
	b, found, err := readBuyer(ctx, db, e.Key)
	if err != nil || !found || b.VATID == "" {
		return false, "", err
	}
	stands := func(tx *store.Tx) (bool, error) {
		now, err := BuyerOf(tx, b.Tenant, e.Key)
		return now.UpdatedAt.Equal(b.UpdatedAt), err
	}
	answer, err := c.CheckVAT(ctx, b.Country, b.VATID)
	switch {
	case fail.Is(err, fail.Invalid):
		return false, b.Tenant, nil // a person has to look
	case err != nil && ask.Tries+1 >= vatTries:
		return false, b.Tenant, nil
	case err != nil:
		_, err = store.Do(ctx, db, "driver/"+e.Key, func(tx *store.Tx) (struct{}, error) {
			if ok, err := stands(tx); err != nil || !ok {
				return struct{}{}, err
			}
			return struct{}{}, outbox.At(tx, tx.Now().Add(vatPause), TopicVAT, e.Key, vatAsk{ask.Tries + 1})
		})
		return false, b.Tenant, err
	}
	valid, err = store.Do(ctx, db, "driver/"+e.Key, func(tx *store.Tx) (bool, error) {
		if ok, err := stands(tx); err != nil || !ok {
			return false, err
		}
		_, err := answer.state().record(tx, b, answer.Service, answer.evidence())
		return answer.Valid, err
	})
	return valid, b.Tenant, err
}

func readBuyer(ctx context.Context, db *store.DB, driver string) (Buyer, bool, error) {
	var found bool
	b, err := store.Read(ctx, db, func(tx *store.Tx) (b Buyer, err error) {
		b, found, err = store.One(tx, scanBuyer, `SELECT `+buyerColumns+` FROM driver_buyer WHERE driver_id = $1`, driver)
		return b, err
	})
	return b, found, err
}

func (a VATAnswer) state() VATState {
	if a.Valid {
		return VATValid
	}
	return VATInvalid
}

// evidence is what the register said, in 1,000 bytes at most.
func (a VATAnswer) evidence() string {
	s := strings.Join(strings.Fields(a.Name+" "+a.Address), " ")
	if a.Reference != "" {
		s = a.Reference + " " + s
	}
	s = strings.ToValidUTF8(strings.ReplaceAll(s, "\x00", ""), "")
	for len(s) > 1000 {
		_, n := utf8.DecodeLastRuneInString(s)
		s = s[:len(s)-n]
	}
	return s
}

// InVIES reports whether the EU's system of VAT registers answers for a country
// (for GB it knows Northern Ireland's XI alone).
func InVIES(country string) bool {
	return country == "GB" || slices.Contains(access.VATCountries, country)
}
