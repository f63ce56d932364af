package session

import (
	"slices"
	"strings"
	"time"

	"chargewright/base/store"
	"chargewright/core/driver"
	"chargewright/core/station"
)

// OfDriver lists up to limit sessions of a driver of the tenant, the last begun first,
// begun before the given one (zero values: from the newest on).
func OfDriver(tx *store.Tx, tenant, driver string, beforeAt time.Time, before string, limit int) ([]Session, error) {
	if beforeAt.IsZero() {
		beforeAt = time.Unix(1<<40, 0)
	}
	return store.All(tx, scan, `SELECT `+columns+` FROM session_session
		WHERE tenant_id = $1 AND driver_id = $2 AND `+began+` <= $3 AND (`+began+` < $3 OR id < $4)
		ORDER BY `+began+` DESC, id DESC LIMIT $5`, tenant, driver, beforeAt, before, limit)
}

// OpenOf counts the open sessions of a driver.
func OpenOf(tx *store.Tx, tenant, driver string) (int64, error) {
	n, _, err := store.One(tx, func(r *store.Row) int64 { return r.Int(0) },
		`SELECT COUNT(*) FROM session_session WHERE tenant_id = $1 AND driver_id = $2 AND state <> 'closed'`, tenant, driver)
	return n, err
}

// Occupy tells places, ordered by id, what the open sessions on their EVSEs do:
// the newest of each.
func Occupy(tx *store.Tx, tenant string, places []station.Place) error {
	if len(places) == 0 {
		return nil
	}
	type key struct {
		station string
		evse    int64
	}
	open := map[key]station.Flow{}
	err := tx.Each(func(r *store.Row) error {
		open[key{r.Text(0), r.Int(1)}] = Flow(r.Text(2)).EVSE()
		return nil
	}, `SELECT station_id, evse, charging_state FROM session_session WHERE tenant_id = $1 AND site_id >= $2 AND site_id <= $3 AND state <> 'closed'
		ORDER BY station_id, evse, created_at, id`, tenant, places[0].ID, places[len(places)-1].ID)
	for i := range places {
		for j := range places[i].Bays {
			b := &places[i].Bays[j]
			b.Open = open[key{b.Station, b.EVSE.EVSE}]
		}
	}
	return err
}

// Pseudonymise replaces tokens of a driver who left in a page of their
// sessions and the evidence of these, and returns the session after which the
// next page begins; "" at the end. What a station signed stays as it was
// signed: the law wants it unchanged. A session's evidence keeps the digest of
// the message as it came, so that it is still known when it comes again.
func Pseudonymise(tx *store.Tx, tenant, person string, gone []driver.Gone, after string, limit int) (string, error) {
	page, err := store.All(tx, scan, `SELECT `+columns+` FROM session_session WHERE tenant_id = $1 AND driver_id = $2 AND id > $3 ORDER BY id LIMIT $4`,
		tenant, person, after, limit)
	if err != nil || len(page) == 0 {
		return "", err
	}
	for _, s := range page {
		i := slices.IndexFunc(gone, func(g driver.Gone) bool { return g.Key == s.Token })
		if i >= 0 {
			tx.Write(`UPDATE session_session SET token = $1, shown_token = $1 WHERE id = $2`, gone[i].Pseudonym, s.ID)
			if s.StartKey != "" { // of 1.6: it holds the token
				tx.Write(`UPDATE session_session SET start_key = $1 WHERE id = $2`, strings.ReplaceAll(s.StartKey, "|"+gone[i].Key+"|", "|"+gone[i].Pseudonym+"|"), s.ID)
			}
		}
		if err := redact(tx, s, gone); err != nil {
			return "", err
		}
	}
	return page[len(page)-1].ID, nil
}

// redact replaces tokens in the messages of a session's evidence, where they
// stand as a JSON text of their own.
func redact(tx *store.Tx, s Session, gone []driver.Gone) error {
	type piece struct{ key, digest, message string }
	told, err := store.All(tx, func(r *store.Row) piece { return piece{r.Text(0), r.Text(1), r.Text(2)} },
		`SELECT nkey, digest, message FROM session_input WHERE station_id = $1 AND tx = $2 ORDER BY nkey, digest`, s.Station, s.Tx)
	for _, p := range told {
		clean := p.message
		for _, g := range gone {
			for _, word := range []string{s.Shown, g.Shown, g.Key, strings.ToUpper(g.Key)} {
				if driver.Key(word) == g.Key {
					clean = strings.ReplaceAll(clean, `"`+word+`"`, `"`+g.Pseudonym+`"`)
				}
			}
		}
		if clean != p.message {
			tx.Write(`UPDATE session_input SET message = $1 WHERE station_id = $2 AND tx = $3 AND nkey = $4 AND digest = $5`, clean, s.Station, s.Tx, p.key, p.digest)
		}
	}
	return err
}
