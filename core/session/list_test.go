package session_test

import (
	"slices"
	"testing"

	"chargewright/base/fail"
	"chargewright/base/store"
	"chargewright/core/access"
	"chargewright/core/session"
)

func TestFilters(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		open := apply(t, db, started2("OPEN", "CARD")).Session
		lost := apply(t, db, func() session.Report { r := started2("LOST", "OTHER9F"); r.EVSE = 2; return r }()).Session
		do(t, db, func(tx *store.Tx) (session.Session, error) {
			return session.Close(tx, ours, lost, "Other", "he drove away")
		})
		odd := apply(t, db, func() session.Report { r := ended2("ODD", 2, 10, 110); r.EVSE = 3; return r }()).Session // never begun
		s := find(t, db, odd)
		do(t, db, func(tx *store.Tx) (int, error) {
			session.Held(tx, s, session.Timeline{Flags: session.Flags{session.FlagNoStart}})
			return 0, nil
		})
		now, site := find(t, db, open).CreatedAt, find(t, db, open).Site
		host := ours
		host.Role, host.Sites = access.Host, []string{"nowhere"}
		for name, c := range map[string]struct {
			f    session.Filter
			want []string
		}{
			"all":          {session.Filter{}, []string{open, lost, odd}},
			"open":         {session.Filter{States: []string{"open"}}, []string{open}},
			"held":         {session.Filter{States: []string{"held"}}, []string{odd}},
			"estimated":    {session.Filter{States: []string{"estimated"}}, []string{lost}},
			"failed":       {session.Filter{States: []string{"failed"}}, nil},
			"held or open": {session.Filter{States: []string{"held", "open"}}, []string{open, odd}},
			"closed":       {session.Filter{States: []string{"closed"}}, []string{lost, odd}},
			"by flag":      {session.Filter{Flag: session.FlagNoStart}, []string{odd}},
			"part of one":  {session.Filter{Flag: "no_sta"}, nil},
			"transaction":  {session.Filter{Text: "LOST"}, []string{lost}},
			"exactly":      {session.Filter{Tx: "LOST"}, []string{lost}},
			"not exactly":  {session.Filter{Tx: "LOS"}, nil},
			"id":           {session.Filter{Text: open}, []string{open}},
			"end of id":    {session.Filter{Text: open[len(open)-12:]}, []string{open}},
			"end of token": {session.Filter{Text: "r9f"}, []string{lost}},
			"longer":       {session.Filter{Text: "xOTHER9F"}, nil},
			"wildcard":     {session.Filter{Text: "%"}, nil},
			"from":         {session.Filter{From: now.AddDate(0, 0, 1)}, nil},
			"to":           {session.Filter{To: at(-1)}, nil},
			"site":         {session.Filter{Site: site}, []string{open, lost, odd}},
			"another site": {session.Filter{Site: "x"}, nil},
			"driver":       {session.Filter{Driver: "drv_x"}, nil},
		} {
			var got []string
			for _, s := range list(t, db, c.f) {
				got = append(got, s.ID)
			}
			slices.Sort(got)
			slices.Sort(c.want)
			if !slices.Equal(got, c.want) {
				t.Errorf("%s: %v, want %v", name, got, c.want)
			}
			sum := do(t, db, func(tx *store.Tx) (session.Summary, error) { return session.Summarise(tx, ours, c.f) })
			if sum.Count != int64(len(c.want)) {
				t.Errorf("%s: the summary counts %+v", name, sum)
			}
			for _, sc := range []access.Scope{theirs, host} {
				if sum := do(t, db, func(tx *store.Tx) (session.Summary, error) { return session.Summarise(tx, sc, c.f) }); sum.Count != 0 {
					t.Errorf("%s: %+v sees %+v", name, sc, sum)
				}
			}
		}
		if _, err := try(t, db, "x", func(tx *store.Tx) ([]session.Session, error) {
			return session.List(tx, ours, session.Filter{States: []string{"asleep"}}, 1)
		}); !fail.Is(err, fail.Invalid) {
			t.Errorf("no state: %v", err)
		}
		if b := rebuild(t, db, lost); len(b.inputs) != 2 || !slices.ContainsFunc(b.inputs, func(x session.Input) bool { return x.Kind == session.Noted && x.Message == `{"note":"he drove away"}` }) {
			t.Errorf("the note is not with the evidence: %+v", b.inputs)
		}
	})
}
