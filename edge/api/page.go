package api

import (
	"encoding/base64"
	"encoding/json"
	"slices"
	"strconv"
	"time"

	"chargewright/base/fail"
)

// MaxPage is the most items of one page.
const MaxPage = 200

// Page selects a page of a list.
type Page struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"Items of a page"`
	Cursor string `query:"cursor" maxLength:"2000" doc:"The next of the page before; opaque"`
}

// list is one page.
type list[T any] struct {
	Items []T     `json:"items"`
	Next  *string `json:"next" doc:"The cursor of the next page; null at the end"`
}

// place is where a page ended: a time, where the list has one, and keys.
type place struct {
	at   time.Time
	keys []string
}

// after is the place a page begins after; n is how many keys it has.
func (p Page) after(n int) (place, error) {
	at := place{keys: make([]string, n)}
	if p.Cursor == "" {
		return at, nil
	}
	b, err := base64.RawURLEncoding.DecodeString(p.Cursor)
	var parts []string
	if err != nil || json.Unmarshal(b, &parts) != nil || len(parts) != n+1 {
		return at, badCursor()
	}
	if parts[0] != "" {
		us, err := strconv.ParseInt(parts[0], 10, 64)
		if err != nil {
			return at, badCursor()
		}
		at.at = time.UnixMicro(us).UTC()
	}
	at.keys = parts[1:]
	return at, nil
}

func badCursor() error {
	return fail.Field("api.page", "cursor", "it is not the next of a page of this list")
}

func (a place) cursor() *string {
	at := ""
	if !a.at.IsZero() {
		at = strconv.FormatInt(a.at.UnixMicro(), 10)
	}
	b, err := json.Marshal(append([]string{at}, a.keys...))
	if err != nil {
		return nil // texts always have a JSON form
	}
	c := base64.RawURLEncoding.EncodeToString(b)
	return &c
}

// pageOf makes a page of up to limit+1 rows: the one too many says that there
// is a next page. where gives a row's place.
func pageOf[R, T any](rows []R, limit int, show func(R) T, where func(R) place) list[T] {
	l := list[T]{Items: make([]T, 0, min(len(rows), limit))}
	for i, r := range rows {
		if i == limit {
			l.Next = where(rows[i-1]).cursor()
			break
		}
		l.Items = append(l.Items, show(r))
	}
	return l
}

// pageIn is pageOf for a short list that was read as a whole; key tells its
// rows apart.
func pageIn[R, T any](rows []R, p Page, show func(R) T, key func(R) string) (list[T], error) {
	after, err := p.after(1)
	if err != nil {
		return list[T]{}, err
	}
	if p.Cursor != "" {
		i := slices.IndexFunc(rows, func(r R) bool { return key(r) == after.keys[0] })
		rows = rows[i+1:]
	}
	return pageOf(rows, p.Limit, show, func(r R) place { return byID(key(r)) }), nil
}

// byID is the place of a thing in a list ordered by one key.
func byID(id string) place { return place{keys: []string{id}} }

// byTime is the place of a thing in a list ordered by time and id.
func byTime(at time.Time, id string) place { return place{at, []string{id}} }
