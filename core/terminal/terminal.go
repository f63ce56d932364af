package terminal

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"chargewright/base/fail"
	"chargewright/base/id"
	codes "chargewright/base/secret"
	"chargewright/base/store"
	"chargewright/core/access"
	"chargewright/core/billing"
	"chargewright/core/driver"
	"chargewright/core/station"
)

// Terminal is a card reader at a site, with what it sells.
type Terminal struct {
	ID        string
	Tenant    string
	Site      string
	Name      string // for people
	Provider  string // of payments
	Reader    string // the provider's reference of the reader
	EVSEs     []EVSE // in order; none: all of the site
	Payment   string // the last that the reader was asked for; "" none yet
	RetiredAt time.Time
	CreatedAt time.Time
	UpdatedAt time.Time
}

// EVSE is one that a terminal serves.
type EVSE struct {
	Station string
	EVSE    int64
}

// Retired reports whether it serves nobody.
func (t Terminal) Retired() bool { return !t.RetiredAt.IsZero() }

// Serves reports whether it sells at an EVSE of its site.
func (t Terminal) Serves(station string, evse int64) bool {
	return len(t.EVSEs) == 0 || slices.Contains(t.EVSEs, EVSE{station, evse})
}

// MaxEVSEs bounds the list of a terminal that does not serve all of its site.
const MaxEVSEs = 200

const columns = `id, tenant_id, site_id, name, provider, reader, payment_id, retired_at, created_at, updated_at`

func scan(r *store.Row) Terminal {
	return Terminal{
		ID: r.Text(0), Tenant: r.Text(1), Site: r.Text(2), Name: r.Text(3), Provider: r.Text(4), Reader: r.Text(5), Payment: r.Text(6),
		RetiredAt: r.Time(7), CreatedAt: r.Time(8), UpdatedAt: r.Time(9),
	}
}

// New puts a terminal of a site into service and returns it, with the secret that the
// address of its screen holds, which is kept nowhere. A reader that is in service
// already is a Conflict, a site that the scope does not see NotFound.
func New(tx *store.Tx, sc access.Scope, t Terminal) (Terminal, string, error) {
	if _, err := station.GetSite(tx, sc, t.Site); err != nil {
		return t, "", err
	}
	t.ID, t.Tenant, t.Payment, t.RetiredAt, t.CreatedAt, t.UpdatedAt = id.New("trm"), sc.Tenant, "", time.Time{}, tx.Now(), tx.Now()
	if err := t.check(tx); err != nil {
		return t, "", err
	}
	secret := newSecret()
	tx.Write(`INSERT INTO terminal_terminal (`+columns+`, screen) VALUES ($1, $2, $3, $4, $5, $6, '', NULL, $7, $7, $8)`,
		t.ID, t.Tenant, t.Site, t.Name, t.Provider, t.Reader, t.CreatedAt, digestOf(secret))
	t.writeEVSEs(tx)
	return t, secret, nil
}

// check makes a terminal fit to be kept.
func (t *Terminal) check(tx *store.Tx) error {
	const op = "terminal.check"
	t.Name, t.Reader = strings.TrimSpace(t.Name), strings.TrimSpace(t.Reader)
	switch {
	case t.Name == "" || len([]rune(t.Name)) > 100:
		return fail.Field(op, "name", "it is not from 1 to 100 characters")
	case t.Reader == "" || len(t.Reader) > 255:
		return fail.Field(op, "reader", "it is not from 1 to 255 bytes")
	case t.Provider == "":
		return fail.Field(op, "provider", "it is required")
	case len(t.EVSEs) > MaxEVSEs:
		return fail.Field(op, "evses", "there are more than %d", MaxEVSEs)
	}
	t.EVSEs = inOrder(t.EVSEs)
	for _, e := range t.EVSEs {
		at, err := station.SiteOf(tx, e.Station)
		if err != nil && !fail.Is(err, fail.NotFound) {
			return err
		}
		if err != nil || at.Tenant != t.Tenant || at.ID != t.Site || e.EVSE < 1 {
			return fail.Field(op, "evses", "%s/%d is not at the site", e.Station, e.EVSE)
		}
	}
	if t.Retired() {
		return nil
	}
	_, taken, err := store.One(tx, func(*store.Row) bool { return true },
		`SELECT 1 FROM terminal_terminal WHERE provider = $1 AND reader = $2 AND retired_at IS NULL AND id <> $3 LIMIT 1`, t.Provider, t.Reader, t.ID)
	if err == nil && taken {
		err = fail.New(fail.Conflict, op, "the reader serves another terminal")
	}
	return err
}

func inOrder(list []EVSE) []EVSE {
	list = slices.Clone(list)
	slices.SortFunc(list, func(a, b EVSE) int {
		if c := strings.Compare(a.Station, b.Station); c != 0 {
			return c
		}
		return int(a.EVSE - b.EVSE)
	})
	return slices.Compact(list)
}

func (t Terminal) writeEVSEs(tx *store.Tx) {
	tx.Write(`DELETE FROM terminal_evse WHERE terminal_id = $1`, t.ID)
	for _, e := range t.EVSEs {
		tx.Write(`INSERT INTO terminal_evse (terminal_id, station_id, evse) VALUES ($1, $2, $3)`, t.ID, e.Station, e.EVSE)
	}
}

// newSecret has 160 bits.
func newSecret() string { return strings.ToLower(codes.Code(32)) }

func digestOf(secret string) string {
	d := sha256.Sum256([]byte("terminal screen " + secret))
	return hex.EncodeToString(d[:])
}

// Change is what may be changed of a terminal.
type Change struct {
	Name    string
	Reader  string
	EVSEs   []EVSE
	Retired bool
}

// Put changes a terminal that the scope sees. One that is retired serves nobody any
// more: a visit that waits for its card ends; who has paid charges on. A reader that
// is changed ends such a visit, too.
func Put(tx *store.Tx, sc access.Scope, terminal string, c Change) (Terminal, error) {
	was, err := Get(tx, sc, terminal)
	if err != nil {
		return was, err
	}
	t := was
	t.Name, t.Reader, t.EVSEs, t.UpdatedAt = c.Name, c.Reader, c.EVSEs, tx.Now()
	if c.Retired != t.Retired() {
		if t.RetiredAt = (time.Time{}); c.Retired {
			t.RetiredAt = tx.Now()
		}
	}
	if err := t.check(tx); err != nil {
		return was, err
	}
	tx.Write(`UPDATE terminal_terminal SET name = $2, reader = $3, retired_at = $4, updated_at = $5 WHERE id = $1`, t.ID, t.Name, t.Reader, t.RetiredAt, t.UpdatedAt)
	t.writeEVSEs(tx)
	if t.Retired() || t.Reader != was.Reader {
		return t, t.clear(tx)
	}
	return t, nil
}

// clear ends the visit that waits for its card.
func (t Terminal) clear(tx *store.Tx) error {
	g, found, err := driver.GuestByPayment(tx, t.Payment)
	if err != nil || !found || g.State != driver.GuestPaying {
		return err
	}
	_, err = billing.LeaveVisit(tx, g.ID)
	return err
}

// NewScreen gives the screen of a terminal that the scope sees a new address, and
// returns its secret; the old one leads nowhere any more.
func NewScreen(tx *store.Tx, sc access.Scope, terminal string) (Terminal, string, error) {
	t, err := Get(tx, sc, terminal)
	if err != nil {
		return t, "", err
	}
	secret := newSecret()
	t.UpdatedAt = tx.Now()
	tx.Write(`UPDATE terminal_terminal SET screen = $2, updated_at = $3 WHERE id = $1`, t.ID, digestOf(secret), t.UpdatedAt)
	return t, secret, nil
}

// Get returns a terminal at a site that the scope sees. To others it is NotFound.
func Get(tx *store.Tx, sc access.Scope, terminal string) (Terminal, error) {
	t, found, err := store.One(tx, scan, `SELECT `+columns+` FROM terminal_terminal WHERE id = $1 AND tenant_id = $2`, terminal, sc.Tenant)
	if err == nil && (!found || !sc.Sees(t.Site)) {
		err = fail.New(fail.NotFound, "terminal.Get", "there is no terminal %q", terminal)
	}
	if err != nil {
		return Terminal{}, err
	}
	return furnish(tx, t)
}

// List lists up to limit terminals at sites that the scope sees, newest first, made
// before the given one (zero values: from the newest on); a site narrows it.
func List(tx *store.Tx, sc access.Scope, site string, beforeAt time.Time, before string, limit int) ([]Terminal, error) {
	if beforeAt.IsZero() {
		beforeAt = time.Unix(1<<40, 0)
	}
	args := []any{sc.Tenant, beforeAt, before, limit, site}
	list, err := store.All(tx, scan, `SELECT `+columns+` FROM terminal_terminal WHERE tenant_id = $1 AND (created_at < $2 OR (created_at = $2 AND id < $3))
		AND ($5 = '' OR site_id = $5) AND `+sc.Within("site_id", &args)+` ORDER BY created_at DESC, id DESC LIMIT $4`, args...)
	for i := range list {
		if err == nil {
			list[i], err = furnish(tx, list[i])
		}
	}
	return list, err
}

// ByScreen returns the terminal whose screen's address holds that secret, retired or
// not.
func ByScreen(tx *store.Tx, secret string) (Terminal, bool, error) {
	t, found, err := store.One(tx, scan, `SELECT `+columns+` FROM terminal_terminal WHERE screen = $1`, digestOf(secret))
	if err != nil || !found {
		return t, false, err
	}
	t, err = furnish(tx, t)
	return t, err == nil, err
}

// furnish reads which EVSEs a terminal serves.
func furnish(tx *store.Tx, t Terminal) (Terminal, error) {
	list, err := store.All(tx, func(r *store.Row) EVSE { return EVSE{r.Text(0), r.Int(1)} },
		`SELECT station_id, evse FROM terminal_evse WHERE terminal_id = $1 ORDER BY station_id, evse LIMIT $2`, t.ID, MaxEVSEs)
	t.EVSEs = list
	return t, err
}
