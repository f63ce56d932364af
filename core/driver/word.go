package driver

import (
	"slices"
	"strings"

	"chargewright/base/store"
	"chargewright/core/access"
)

// Bounds of what is kept and read to find drivers by what a caller says.
const (
	maxWord  = 24    // characters of a beginning
	maxWords = 24    // of one driver's name, and of their address
	lately   = 2_000 // drivers, the newest, among which every part of a text is looked for
	maxRange = 2_000 // words that are read of those that begin with a text
)

// parting is what words are parted by; schema/0107 says the same.
const parting = " .-_@+/(),'"

// grouping is what the digits of a phone number are grouped by.
var grouping = strings.NewReplacer(" ", "", "-", "", "/", "", "(", "", ")", "", ".", "", "+", "")

// beginnings are what follows each beginning of a word in a text, in lower case.
func beginnings(text string) (out []string) {
	runes := []rune(strings.ToLower(text))
	for i, r := range runes {
		if len(out) < maxWords && !strings.ContainsRune(parting, r) && (i == 0 || strings.ContainsRune(parting, runes[i-1])) {
			out = append(out, string(runes[i:min(len(runes), i+maxWord)]))
		}
	}
	return out
}

// backwards is a phone number as it is kept to be found: a space, then its last
// digits, the last first; "" for none.
func backwards(phone string) string {
	const longest = 15 // E.164
	runes := []rune(grouping.Replace(phone))
	if len(runes) == 0 {
		return ""
	}
	slices.Reverse(runes)
	return " " + string(runes[:min(len(runes), longest)])
}

// file keeps by what a driver is found; one of whom nothing is known is found by
// nothing.
func file(tx *store.Tx, d Driver) {
	tx.Write(`DELETE FROM driver_word WHERE driver_id = $1`, d.ID)
	words := append(beginnings(d.Name), beginnings(d.Email)...)
	if number := backwards(d.Phone); number != "" {
		words = append(words, number)
	}
	slices.Sort(words)
	for _, w := range slices.Compact(words) {
		tx.Write(`INSERT INTO driver_word (tenant_id, word, driver_id) VALUES ($1, $2, $3)`, d.Tenant, w, d.ID)
	}
}

// beginning is SQL for drivers of a tenant who have a word that begins as $2 does;
// $3 is after all of them. They are at most $4 words.
const beginning = `SELECT ` + driverColumns + ` FROM driver_driver WHERE tenant_id = $1 AND deleted_at IS NULL AND id IN (
	SELECT driver_id FROM (SELECT driver_id FROM driver_word WHERE tenant_id = $1 AND word >= $2 AND word < $3 ORDER BY word, driver_id LIMIT $4) AS found)`

// last is after every text that begins as another does.
const last = "\U0010FFFF"

// DriversSaid lists up to limit drivers of the tenant, newest first, that a text of
// a caller may mean: a part of the name, the mail address or the phone number of one
// of the 2,000 newest; of all others what a word of name or address begins with.
func DriversSaid(tx *store.Tx, sc access.Scope, text string, limit int) ([]Driver, error) {
	text = strings.TrimSpace(text)
	if text == "" {
		return nil, nil
	}
	args := []any{sc.Tenant, lately}
	given, lower := param(&args, text), param(&args, strings.ToLower(text))
	found, err := store.All(tx, scanDriver, `SELECT `+driverColumns+` FROM (SELECT `+driverColumns+` FROM driver_driver WHERE tenant_id = $1 AND deleted_at IS NULL
			ORDER BY created_at DESC, id DESC LIMIT $2) AS newest
		WHERE `+hasPart(given, lower)+` ORDER BY created_at DESC, id DESC LIMIT `+param(&args, limit), args...)
	if err != nil || len(found) == limit {
		return found, err
	}
	more, err := driversBeginning(tx, sc, text, limit)
	found = append(found, more...)
	slices.SortFunc(found, func(a, b Driver) int {
		if c := b.CreatedAt.Compare(a.CreatedAt); c != 0 {
			return c
		}
		return strings.Compare(b.ID, a.ID)
	})
	found = slices.CompactFunc(found, func(a, b Driver) bool { return a.ID == b.ID })
	return found[:min(len(found), limit)], err
}

// driversBeginning finds drivers by a beginning of a word. Old words are in lower
// case as the database knows it, which SQLite does of ASCII alone.
func driversBeginning(tx *store.Tx, sc access.Scope, text string, limit int) (out []Driver, err error) {
	text = strings.TrimLeft(text, parting)
	ascii := strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, text)
	ways := []string{strings.ToLower(text), ascii}
	for _, w := range slices.Compact(ways) {
		runes := []rune(w)
		if len(runes) == 0 {
			continue
		}
		head := string(runes[:min(len(runes), maxWord)])
		args := []any{sc.Tenant, head, head + last, maxRange}
		where := ""
		if len(runes) > maxWord {
			where = ` AND ` + hasPart(param(&args, text), param(&args, strings.ToLower(text)))
		}
		rows, err := store.All(tx, scanDriver, beginning+where+` ORDER BY created_at DESC, id DESC LIMIT `+param(&args, limit), args...)
		if err != nil {
			return out, err
		}
		out = append(out, rows...)
	}
	return out, nil
}

// hasPart is an SQL condition: a driver has a text in name, address or phone,
// given as it was said and in lower case.
func hasPart(given, lower string) string {
	return `(` + contains("name", given) + ` OR ` + contains("lower(name)", lower) + ` OR ` + contains("lower(email)", lower) + ` OR ` + contains("phone", given) + `)`
}

// DriversByPhone lists up to limit drivers of the tenant, newest first, whose phone
// number ends in some digits, however it was written down; at most 15 count.
func DriversByPhone(tx *store.Tx, sc access.Scope, digits string, limit int) ([]Driver, error) {
	head := backwards(digits)
	if head == "" {
		return nil, nil
	}
	return store.All(tx, scanDriver, beginning+` ORDER BY created_at DESC, id DESC LIMIT $5`, sc.Tenant, head, head+last, maxRange, limit)
}
