package web

import (
	"net/url"
	"strconv"
	"strings"
)

// pageSize is how many rows of the board one page shows.
const pageSize = 100

// filter is what the address of the board asks for. Zero fields do not narrow.
type filter struct {
	State string // a state's key, or "online"
	Site  string
	Query string // part of a station's id or name
	Page  int    // from 1
}

func filterOf(v url.Values) filter {
	f := filter{State: v.Get("state"), Site: v.Get("site"), Query: clean(v.Get("q")), Page: 1}
	if n, err := strconv.Atoi(v.Get("page")); err == nil && n > 1 && n < 1_000_000 {
		f.Page = n
	}
	return f
}

// clean trims a query and bounds it.
func clean(q string) string {
	r := []rune(strings.TrimSpace(q))
	return string(r[:min(len(r), 60)])
}

// narrowed reports whether f leaves anything out.
func (f filter) narrowed() bool { return f.State != "" || f.Site != "" || f.Query != "" }

func (f filter) address() string {
	v := url.Values{}
	for _, p := range [][2]string{{"state", f.State}, {"site", f.Site}, {"q", f.Query}} {
		if p[1] != "" {
			v.Set(p[0], p[1])
		}
	}
	if f.Page > 1 {
		v.Set("page", strconv.Itoa(f.Page))
	}
	if len(v) == 0 {
		return "/"
	}
	return "/?" + v.Encode()
}

func (f filter) page(n int) filter { f.Page = n; return f }

// keeps reports whether a row is asked for.
func (f filter) keeps(r row) bool {
	switch {
	case f.State == "online" && r.State.Key == offline.Key:
		return false
	case f.State != "" && f.State != "online" && f.State != r.State.Key:
		return false
	case f.Site != "" && f.Site != r.siteID:
		return false
	}
	q := strings.ToLower(f.Query)
	return q == "" || strings.Contains(strings.ToLower(r.Station), q) || strings.Contains(strings.ToLower(r.Name), q)
}
