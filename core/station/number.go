package station

import (
	"crypto/rand"
	"math/big"
	"strconv"
	"strings"

	"chargewright/base/fail"
	"chargewright/base/store"
)

// Numbers of EVSEs have six digits, the first of them no zero.
const (
	leastNumber = 100_000
	mostNumber  = 999_999
)

// Number gives a number to each EVSE of a station that has none. A number is
// random, one in the installation, and stays with its EVSE.
func Number(tx *store.Tx, station string) error {
	_, err := number(tx, `SELECT station_id, evse FROM station_evse WHERE station_id = $1 AND number IS NULL ORDER BY evse LIMIT $2`, station, int64(MaxEVSE))
	return err
}

// NumberAll is Number for up to limit EVSEs of any station and says how many
// there were: what came before there were numbers, or unseen.
func NumberAll(tx *store.Tx, limit int) (int, error) {
	return number(tx, `SELECT station_id, evse FROM station_evse WHERE number IS NULL ORDER BY station_id, evse LIMIT $1`, limit)
}

func number(tx *store.Tx, query string, args ...any) (int, error) {
	type key struct {
		station string
		evse    int64
	}
	without, err := store.All(tx, func(r *store.Row) key { return key{r.Text(0), r.Int(1)} }, query, args...)
	if err != nil {
		return 0, err
	}
	for _, k := range without {
		n, err := freeNumber(tx)
		if err != nil {
			return 0, err
		}
		if _, err := tx.Exec(`UPDATE station_evse SET number = $1 WHERE station_id = $2 AND evse = $3 AND number IS NULL`, n, k.station, k.evse); err != nil {
			return 0, err
		}
	}
	return len(without), nil
}

// freeNumber finds a number that no EVSE has: while fewer than nine of ten are
// taken, 200 draws all but never fail.
func freeNumber(tx *store.Tx) (string, error) {
	for range 200 {
		draw, err := rand.Int(rand.Reader, big.NewInt(mostNumber-leastNumber+1))
		if err != nil {
			return "", fail.Wrap(fail.Internal, "station.Number", err)
		}
		n := strconv.FormatInt(leastNumber+draw.Int64(), 10)
		_, taken, err := store.One(tx, func(*store.Row) bool { return true }, `SELECT 1 FROM station_evse WHERE number = $1`, n)
		if err != nil || !taken {
			return n, err
		}
	}
	return "", fail.New(fail.Internal, "station.Number", "no free number was found: six digits are too few for this installation")
}

// contractKey is the form under which contract ids compare (eMI3: separators
// are optional and case does not count).
func contractKey(id string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, strings.ToUpper(id))
}

// ByCode finds an EVSE of the tenant by what is printed on it or sent in its
// code: its number, its contract id in any case, with or without separators, or
// STATION:EVSE. What names none, or several, is NotFound.
func ByCode(tx *store.Tx, tenant, code string) (EVSE, error) {
	code = strings.TrimSpace(code)
	queries := []struct {
		sql  string
		args []any
	}{
		{`e.number = $2`, []any{strings.ReplaceAll(code, " ", "")}},
		{`e.contract_key = $2 AND e.contract_key <> ''`, []any{contractKey(code)}},
	}
	if i := strings.LastIndexByte(code, ':'); i > 0 {
		if n, err := strconv.ParseInt(code[i+1:], 10, 64); err == nil {
			queries = append(queries, struct {
				sql  string
				args []any
			}{`e.station_id = $2 AND e.evse = $3`, []any{code[:i], n}})
		}
	}
	for _, q := range queries {
		found, err := store.All(tx, scanEVSE, `SELECT e.station_id, e.evse, e.evse_id, e.max_power_w, e.number, e.legal_profile FROM station_evse e
			JOIN station_station s ON s.id = e.station_id WHERE s.tenant_id = $1 AND `+q.sql+` ORDER BY e.station_id, e.evse LIMIT 2`, append([]any{tenant}, q.args...)...)
		if err != nil {
			return EVSE{}, err
		}
		if len(found) == 1 {
			return found[0], nil
		}
	}
	return EVSE{}, fail.New(fail.NotFound, "station.ByCode", "no charger has this code")
}
