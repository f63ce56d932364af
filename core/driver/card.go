package driver

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"chargewright/base/fail"
	"chargewright/base/store"
)

// CardState is what a driver's card is good for.
type CardState string

// The states of a card.
const (
	CardActive  CardState = "active"  // it charges
	CardWaiting CardState = "waiting" // until the operator accepts it
	CardBlocked CardState = "blocked" // the operator blocked it, or its time is over
)

// Card is a token that a driver holds, or says so.
type Card struct {
	ID      string // for addresses: it does not give the uid away
	UID     string
	Type    string
	Status  string // of the token
	State   CardState
	AddedAt time.Time // when the driver added it; zero when an operator did
}

// Hint is enough of the uid for its holder to know it by.
func (c Card) Hint() string {
	if len(c.UID) < 6 {
		return "…"
	}
	return "…" + strings.ToUpper(c.UID[len(c.UID)-4:])
}

// Bounds of a driver's cards.
const (
	MaxWaiting = 10 // that wait for the operator
	MaxCards   = 50
)

func cardID(tenant, uid string) string {
	sum := sha256.Sum256([]byte("card\x00" + tenant + "\x00" + Key(uid)))
	return "crd_" + hex.EncodeToString(sum[:12])
}

// cardUID returns the form in which readers send a card's uid: separators are
// left out. 4 to 36 letters and digits are needed.
func cardUID(uid string) (string, error) {
	uid = strings.NewReplacer(" ", "", ":", "", "-", "").Replace(strings.TrimSpace(uid))
	plain := func(r rune) bool { return r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' }
	if len(uid) < 4 || len(uid) > 36 || strings.ContainsFunc(uid, func(r rune) bool { return !plain(r) }) {
		return "", fail.Field("driver.AddCard", "uid", "a card's number has 4 to 36 letters and digits")
	}
	return strings.ToUpper(uid), nil
}

// Cards lists a driver's cards, the newest first: at most MaxCards that are
// theirs and those that wait.
func Cards(tx *store.Tx, tenant, driver string) ([]Card, error) {
	claims, err := claimsOf(tx, driver)
	if err != nil {
		return nil, err
	}
	type held struct {
		Token
		added time.Time
	}
	tokens, err := store.All(tx, func(r *store.Row) held { return held{scanToken(r), r.Time(13)} }, `SELECT `+tokenColumns+`, added_at FROM driver_token
		WHERE driver_id = $1 AND tenant_id = $2 AND purpose = '' ORDER BY updated_at DESC, uid LIMIT $3`, driver, tenant, MaxCards)
	if err != nil {
		return nil, err
	}
	var cards []Card
	for _, t := range tokens {
		c := Card{cardID(tenant, t.UID), t.UID, t.Type, t.Status, CardBlocked, t.added}
		i := slices.IndexFunc(claims, func(x Card) bool { return x.ID == c.ID })
		switch {
		case t.Judge(tx.Now()) == Accepted:
			c.State = CardActive
		case i >= 0:
			c = claims[i]
		}
		if i >= 0 {
			claims = slices.Delete(claims, i, i+1)
		}
		cards = append(cards, c)
	}
	cards = append(cards, claims...)
	slices.SortStableFunc(cards, func(a, b Card) int { return b.AddedAt.Compare(a.AddedAt) })
	return cards, nil
}

// claimsOf lists the cards that wait. Each shows as the others do, so that it
// tells nothing about whose the card is.
func claimsOf(tx *store.Tx, driver string) ([]Card, error) {
	return store.All(tx, func(r *store.Row) Card {
		return Card{cardID(r.Text(0), r.Text(1)), r.Text(1), "ISO14443", StatusBlocked, CardWaiting, r.Time(2)}
	}, `SELECT tenant_id, shown_uid, created_at FROM driver_claim WHERE driver_id = $1 ORDER BY created_at DESC, uid LIMIT $2`, driver, MaxWaiting)
}

// AddCard gives a driver a card by its number. One that an operator handed out
// is active at once. Any other waits for the operator: one that nobody knows is
// put on file blocked, with the driver's name, and one of somebody else stays
// theirs; the answer to both is the same. More than MaxWaiting that wait are a
// Conflict.
func AddCard(tx *store.Tx, tenant, driver, number string) (Card, error) {
	uid, err := cardUID(number)
	if err != nil {
		return Card{}, err
	}
	cards, err := Cards(tx, tenant, driver)
	if err != nil {
		return Card{}, err
	}
	waiting := 0
	for _, c := range cards {
		if Key(c.UID) == Key(uid) {
			return c, nil
		}
		if c.State == CardWaiting {
			waiting++
		}
	}
	if waiting >= MaxWaiting || len(cards) >= MaxCards+MaxWaiting {
		return Card{}, fail.New(fail.Conflict, "driver.AddCard", "%d of your cards wait for the operator already", waiting)
	}
	n, err := tx.Exec(`UPDATE driver_token SET driver_id = $1, added_at = $2, updated_at = $2
		WHERE tenant_id = $3 AND uid = $4 AND driver_id IS NULL AND purpose = '' AND status = $5 AND (expires_at IS NULL OR expires_at > $2)`,
		driver, tx.Now(), tenant, Key(uid), StatusAccepted)
	if err != nil {
		return Card{}, err
	}
	if n == 0 {
		tx.Write(`INSERT INTO driver_token (tenant_id, uid, shown_uid, type, driver_id, group_id, status, added_at, updated_at)
			VALUES ($1, $2, $3, 'ISO14443', $4, '', $5, $6, $6) ON CONFLICT (tenant_id, uid) DO NOTHING`, tenant, Key(uid), uid, driver, StatusBlocked, tx.Now())
		tx.Write(`INSERT INTO driver_claim (driver_id, uid, tenant_id, shown_uid, created_at) VALUES ($1, $2, $3, $4, $5)`, driver, Key(uid), tenant, uid, tx.Now())
	}
	return cardOf(tx, tenant, driver, cardID(tenant, uid))
}

func cardOf(tx *store.Tx, tenant, driver, card string) (Card, error) {
	cards, err := Cards(tx, tenant, driver)
	if err != nil {
		return Card{}, err
	}
	i := slices.IndexFunc(cards, func(c Card) bool { return c.ID == card })
	if i < 0 {
		return Card{}, fail.New(fail.NotFound, "driver.Card", "there is no card %q", card)
	}
	return cards[i], nil
}

// DropCard takes a card from a driver. It charges for nobody from then on, until
// the operator says otherwise; a card that waited is forgotten.
func DropCard(tx *store.Tx, tenant, driver, card string) error {
	c, err := cardOf(tx, tenant, driver, card)
	if err != nil {
		return err
	}
	uid := Key(c.UID)
	tx.Write(`DELETE FROM driver_claim WHERE driver_id = $1 AND uid = $2`, driver, uid)
	if c.State == CardWaiting { // an operator never decided about it: nothing of it stays
		tx.Write(`DELETE FROM driver_token WHERE tenant_id = $1 AND uid = $2 AND driver_id = $3`, tenant, uid, driver)
		return nil
	}
	tx.Write(`UPDATE driver_token SET driver_id = NULL, status = $1, updated_at = $2 WHERE tenant_id = $3 AND uid = $4 AND driver_id = $5`,
		StatusBlocked, tx.Now(), tenant, uid, driver)
	return nil
}
