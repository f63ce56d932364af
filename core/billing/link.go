package billing

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"strings"
	"time"

	"chargewright/base/fail"
	"chargewright/base/id"
	"chargewright/base/store"
	"chargewright/core/access"
)

// Link lets whoever knows its address fetch a document, until it ends. The secret
// in the address is kept nowhere, but for its digest.
type Link struct {
	ID        string
	Tenant    string
	Document  string
	By        string // who asked for it; "" a mail
	CreatedAt time.Time
	ExpiresAt time.Time
	RevokedAt time.Time // zero: it was not taken back
}

// Holds reports whether the document may be fetched at a time.
func (l Link) Holds(at time.Time) bool { return l.RevokedAt.IsZero() && at.Before(l.ExpiresAt) }

// The terms of links.
const (
	LinkTerm    = 30 * 24 * time.Hour // of one whose term nobody says
	MaxLinkTerm = 90 * 24 * time.Hour
	MinLinkTerm = time.Hour
	linkKept    = 365 * 24 * time.Hour // after its end
)

// maxLinks bounds the links of a document that hold at one time.
const maxLinks = 50

const linkColumns = `id, tenant_id, document_id, made_by, created_at, expires_at, revoked_at`

func scanLink(r *store.Row) Link {
	return Link{r.Text(0), r.Text(1), r.Text(2), r.Text(3), r.Time(4), r.Time(5), r.Time(6)}
}

// NewLink makes a link to a document that the scope sees, for a term (0:
// LinkTerm), and returns the secret of its address, this once. A term out of
// bounds is Invalid; a document with as many links as there may be is a Conflict.
func NewLink(tx *store.Tx, sc access.Scope, document string, term time.Duration) (Link, string, error) {
	const op = "billing.NewLink"
	d, err := GetDocument(tx, sc, document)
	if err != nil {
		return Link{}, "", err
	}
	if term == 0 {
		term = LinkTerm
	}
	if term < MinLinkTerm || term > MaxLinkTerm {
		return Link{}, "", fail.Field(op, "term", "it is not from one hour to 90 days")
	}
	hold, err := linksOf(tx, d.ID)
	if err != nil {
		return Link{}, "", err
	}
	if len(hold) >= maxLinks {
		return Link{}, "", fail.New(fail.Conflict, op, "%s has %d links, which is as many as there may be; take some back", d.Number, len(hold))
	}
	b := make([]byte, 20)
	if _, err := rand.Read(b); err != nil {
		return Link{}, "", fail.Wrap(fail.Internal, op, err)
	}
	secret := strings.ToLower(base32.StdEncoding.EncodeToString(b)) // 32 characters, no padding
	l := Link{ID: id.New("lnk"), Tenant: d.Tenant, Document: d.ID, By: sc.Actor, CreatedAt: tx.Now(), ExpiresAt: tx.Now().Add(term)}
	_, err = tx.Exec(`INSERT INTO billing_link (id, tenant_id, document_id, secret, made_by, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		l.ID, l.Tenant, l.Document, linkDigest(secret), l.By, l.CreatedAt, l.ExpiresAt)
	return l, secret, err
}

func linkDigest(secret string) string {
	d := sha256.Sum256([]byte("document link " + secret))
	return hex.EncodeToString(d[:])
}

// linksOf lists the links of a document that hold now, the newest first.
func linksOf(tx *store.Tx, document string) ([]Link, error) {
	return store.All(tx, scanLink, `SELECT `+linkColumns+` FROM billing_link WHERE document_id = $1 AND revoked_at IS NULL AND expires_at > $2
		ORDER BY created_at DESC, id DESC LIMIT $3`, document, tx.Now(), maxLinks)
}

// Links lists the links of a document that the scope sees which hold now, the
// newest first, 50 at most.
func Links(tx *store.Tx, sc access.Scope, document string) ([]Link, error) {
	d, err := GetDocument(tx, sc, document)
	if err != nil {
		return nil, err
	}
	return linksOf(tx, d.ID)
}

// RevokeLinks takes back every link to a document that the scope sees.
func RevokeLinks(tx *store.Tx, sc access.Scope, document string) error {
	d, err := GetDocument(tx, sc, document)
	if err != nil {
		return err
	}
	tx.Write(`UPDATE billing_link SET revoked_at = $1 WHERE document_id = $2 AND revoked_at IS NULL`, tx.Now(), d.ID)
	return nil
}

// ByLink returns the link whose address holds a secret, with its document where
// it holds; found is false for a secret that was never given out.
func ByLink(tx *store.Tx, secret string) (l Link, d Document, found bool, err error) {
	if len(secret) > 100 {
		return l, d, false, nil
	}
	l, found, err = store.One(tx, scanLink, `SELECT `+linkColumns+` FROM billing_link WHERE secret = $1`, linkDigest(secret))
	if err != nil || !found || !l.Holds(tx.Now()) {
		return l, d, found, err
	}
	d, err = GetDocument(tx, access.Scope{Tenant: l.Tenant, Role: access.Owner, Kind: access.KindSystem}, l.Document)
	return l, d, true, err
}

// ForgetLinks deletes what is over its term.
func ForgetLinks(tx *store.Tx) {
	tx.Write(`DELETE FROM billing_link WHERE expires_at < $1`, tx.Now().Add(-linkKept))
}

// RevokeLinksOf takes back every link to documents of a driver who leaves.
func RevokeLinksOf(tx *store.Tx, tenant, driver string) {
	tx.Write(`UPDATE billing_link SET revoked_at = $1 WHERE revoked_at IS NULL AND document_id IN (SELECT id FROM billing_document WHERE tenant_id = $2 AND driver_id = $3)`,
		tx.Now(), tenant, driver)
}
