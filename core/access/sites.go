package access

import (
	"math/bits"
	"slices"
	"strconv"
	"strings"

	"chargewright/base/fail"
)

// MaxSites bounds the sites of a scope that sees only some.
const MaxSites = 1_000

// Limited reports whether the scope sees some sites only. A host always is.
func (sc Scope) Limited() bool { return sc.Sites != nil || sc.Role == Host }

// Sees reports whether the scope sees things of that site.
func (sc Scope) Sees(site string) bool { return !sc.Limited() || slices.Contains(sc.Sites, site) }

// Within is an SQL condition that holds where column names a site that the
// scope sees. Its parameters are appended to args; the last of args so far has
// the number len(args).
func (sc Scope) Within(column string, args *[]any) string {
	if !sc.Limited() {
		return "TRUE"
	}
	return In(column, sc.Sites, args)
}

// In is an SQL condition that holds where column is one of ids, of which there
// are 10,000 at most. There are few forms of it, so that few statements are
// prepared: the last id is repeated up to a power of two. Its parameters are
// appended to args.
func In(column string, ids []string, args *[]any) string {
	if len(ids) == 0 {
		return "FALSE"
	}
	var b strings.Builder
	for i := range 1 << bits.Len(uint(len(ids)-1)) {
		*args = append(*args, ids[min(i, len(ids)-1)])
		b.WriteString(", $" + strconv.Itoa(len(*args)))
	}
	return column + " IN (" + b.String()[2:] + ")"
}

// packSites and unpackSites keep the sites of a key in one column: "" is all of
// them, for every role but a host; else each id stands between line feeds.
func packSites(role Role, sites []string) string {
	if role != Host {
		return ""
	}
	return "\n" + strings.Join(append(slices.Clone(sites), ""), "\n")
}

func unpackSites(s string) []string {
	if s == "" {
		return nil
	}
	return slices.DeleteFunc(strings.Split(s, "\n"), func(id string) bool { return id == "" })
}

// checkSites refuses sites that a role cannot have: only a host has them.
func checkSites(op string, role Role, sites []string) error {
	switch {
	case role != Host && sites != nil:
		return fail.Field(op, "sites", "the role %q sees every site; only a host has sites of its own", role)
	case len(sites) > MaxSites:
		return fail.Field(op, "sites", "there are more than %d sites", MaxSites)
	}
	for _, id := range sites {
		if id == "" || strings.ContainsAny(id, "\n\r") {
			return fail.Field(op, "sites", "%q is no id of a site", id)
		}
	}
	return nil
}
