package access_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"chargewright/base/fail"
	"chargewright/base/store"
	"chargewright/base/store/storetest"
	"chargewright/core/access"
	"chargewright/schema"
)

// A host that was given no sites sees none, in Go and in SQL alike, and the two
// agree on every site.
func TestWithinIsSees(t *testing.T) {
	storetest.Each(t, schema.FS, func(t *testing.T, db *store.DB) {
		rapid.Check(t, func(r *rapid.T) {
			id := rapid.StringMatching(`[a-e]{1,2}`)
			sc := access.Scope{Tenant: "tn", Role: rapid.SampledFrom(append(access.Roles, access.DriverRole)).Draw(r, "role")}
			if rapid.Bool().Draw(r, "some") {
				sc.Sites = rapid.SliceOfN(id, 0, 40).Draw(r, "sites")
			}
			site := id.Draw(r, "site")
			args := []any{site}
			sql := `SELECT 1 FROM (SELECT CAST($1 AS TEXT) AS s) x WHERE ` + sc.Within("s", &args)
			_, found, err := readOne(t, db, sql, args)
			if err != nil || found != sc.Sees(site) {
				r.Fatalf("%+v sees %q: %v, in SQL %v %v", sc, site, sc.Sees(site), found, err)
			}
			if sc.Role == access.Host && sc.Sites == nil && sc.Sees(site) {
				r.Fatalf("a host without sites sees %q", site)
			}
		})
	})
}

func readOne(t *testing.T, db *store.DB, sql string, args []any) (int64, bool, error) {
	found := false
	n, err := store.Read(t.Context(), db, func(tx *store.Tx) (n int64, err error) {
		n, found, err = store.One(tx, func(r *store.Row) int64 { return r.Int(0) }, sql, args...)
		return n, err
	})
	return n, found, err
}

func TestInPreparesFewForms(t *testing.T) {
	forms := map[string]bool{}
	for n := range 1_001 {
		ids := make([]string, n)
		var args []any
		forms[access.In("x", ids, &args)] = true
		if len(args) < n || len(args) > 1_024 {
			t.Fatalf("%d ids make %d parameters", n, len(args))
		}
	}
	if len(forms) > 12 {
		t.Errorf("there are %d forms", len(forms))
	}
}

func TestKeysOfHosts(t *testing.T) {
	storetest.Each(t, schema.FS, func(t *testing.T, db *store.DB) {
		ours, _ := twoTenants(t, db)
		key := func(role access.Role, sites ...string) (access.Scope, error) {
			secret, err := try(t, db, func(tx *store.Tx) (string, error) { return access.CreateKey(tx, ours.Tenant, role, "x", sites...) })
			if err != nil {
				return access.Scope{}, err
			}
			return identify(t, db, secret)
		}
		for _, sites := range [][]string{{}, {"a"}, {"b", "a", "c d"}} {
			sc, err := key(access.Host, sites...)
			if err != nil || sc.Sites == nil || !slices.Equal(sc.Sites, sites) || !sc.Limited() || sc.Kind != access.KindKey || sc.Name != "x" {
				t.Errorf("a host of %q is %+v, %v", sites, sc, err)
			}
		}
		if sc, err := key(access.Viewer); err != nil || sc.Sites != nil || sc.Limited() {
			t.Errorf("a viewer is %+v, %v", sc, err)
		}
		for _, bad := range [][]string{{""}, {"a\nb"}, make([]string, access.MaxSites+1)} {
			if _, err := key(access.Host, bad...); !fail.Is(err, fail.Invalid) {
				t.Errorf("a host of %.20q: %v", bad, err)
			}
		}
		if _, err := key(access.Viewer, "a"); !fail.Is(err, fail.Invalid) {
			t.Errorf("a viewer of some sites: %v", err)
		}
	})
}

// Deeds are found by every part of the filter, page without gap, and stay within
// their tenant.
func TestDeeds(t *testing.T) {
	storetest.Each(t, schema.FS, func(t *testing.T, db *store.DB) {
		ours, theirs := twoTenants(t, db)
		ours.Kind, ours.Actor, ours.Name = access.KindStaff, "usr_1", "Ada Ünal"
		note := func(d access.Deed) string {
			return do(t, db, func(tx *store.Tx) (string, error) { return access.Note(tx, d) })
		}
		row := note(access.Deed{Scope: ours, Action: "putStation", Method: "PUT", Path: "/api/v1/stations/CP1", Object: "CP1", Remote: "192.0.2.1", Change: `{"name":"x"}`})
		driver := access.Scope{Tenant: ours.Tenant, Role: access.DriverRole, Kind: access.KindDriver, Actor: "drv_1", Name: "Grace"}
		note(access.Deed{Scope: driver, Action: "putMe", Object: "drv_1", Status: 200})
		note(access.Deed{Action: "signIn", Path: strings.Repeat("ü\x00\xff", 1_000), Change: strings.Repeat("ü", access.MaxChange)})
		theirs.Kind = access.KindKey
		note(access.Deed{Scope: theirs, Action: "putStation", Object: "CP1"})
		list := func(f access.DeedFilter) (actions []string) {
			for _, d := range do(t, db, func(tx *store.Tx) ([]access.Deed, error) { return access.Deeds(tx, ours, f, 10) }) {
				actions = append(actions, fmt.Sprintf("%s %s %d", d.Action, d.Scope.Name, d.Status))
			}
			return actions
		}
		if got := list(access.DeedFilter{Action: "putStation"}); !slices.Equal(got, []string{"putStation Ada Ünal 0"}) {
			t.Errorf("begun: %q", got)
		}
		do(t, db, func(tx *store.Tx) (int64, error) {
			access.Finish(tx, row, access.Deed{Scope: ours, Action: "putStation", Path: "/api/v1/stations/CP1", Object: "CP1", Status: 409})
			return 0, nil
		})
		all := []string{"signIn  0", "putMe  200", "putStation Ada Ünal 409"}
		hour := time.Now().Add(time.Hour)
		for _, tt := range []struct {
			f    access.DeedFilter
			want []string
		}{
			{access.DeedFilter{}, all}, {access.DeedFilter{Search: "UNAL"}, nil}, {access.DeedFilter{Search: "ADA"}, all[2:]}, {access.DeedFilter{Search: "cp1"}, all[2:]},
			{access.DeedFilter{Search: "grace"}, nil}, {access.DeedFilter{Search: "%"}, nil}, {access.DeedFilter{Actor: "drv_1"}, all[1:2]},
			{access.DeedFilter{Object: "CP1"}, all[2:]}, {access.DeedFilter{From: hour}, nil}, {access.DeedFilter{To: hour}, all}, {access.DeedFilter{To: hour.Add(-2 * time.Hour)}, nil},
		} {
			if got := list(tt.f); !slices.Equal(got, tt.want) {
				t.Errorf("%+v: %q, want %q", tt.f, got, tt.want)
			}
		}
		var paged []string
		f := access.DeedFilter{}
		for range 5 {
			page := do(t, db, func(tx *store.Tx) ([]access.Deed, error) { return access.Deeds(tx, ours, f, 1) })
			if len(page) == 0 {
				break
			}
			paged = append(paged, fmt.Sprintf("%s %s %d", page[0].Action, page[0].Scope.Name, page[0].Status))
			f.BeforeAt, f.Before = page[0].At, page[0].ID
		}
		if !slices.Equal(paged, all) {
			t.Errorf("pages show %q", paged)
		}
		do(t, db, func(tx *store.Tx) (int64, error) {
			tx.Write(`UPDATE access_audit SET at = $1 WHERE action = 'putMe'`, tx.Now().AddDate(0, 0, -401))
			access.ForgetAudit(tx)
			return 0, nil
		})
		if got := list(access.DeedFilter{}); len(got) != 2 {
			t.Errorf("after the term: %q", got)
		}
	})
}

func TestBrand(t *testing.T) {
	storetest.Each(t, schema.FS, func(t *testing.T, db *store.DB) {
		ours, theirs := twoTenants(t, db)
		read := func(tenant string) (access.Brand, error) {
			return try(t, db, func(tx *store.Tx) (access.Brand, error) { return access.GetBrand(tx, tenant) })
		}
		if b, err := read(ours.Tenant); err != nil || b.Name != "Ours" || !slices.Equal(b.Languages, access.Languages) || len(b.Logo.Bytes) > 0 {
			t.Errorf("before any: %+v %v", b, err)
		}
		if _, err := read("tn_none"); !fail.Is(err, fail.NotFound) {
			t.Errorf("of no tenant: %v", err)
		}
		good := access.Brand{Name: "Volt", Helpline: "+49 30 1234", Email: "help@example.org", ImprintURL: "https://example.org/i", Languages: []string{"de", "en"}, Logo: access.Logo{Type: "image/png", Bytes: []byte{0, 1, 2}}}
		put := func(b access.Brand) error {
			_, err := try(t, db, func(tx *store.Tx) (int64, error) { return 0, access.PutBrand(tx, ours, b) })
			return err
		}
		for range 2 {
			if err := put(good); err != nil {
				t.Fatal(err)
			}
		}
		if b, err := read(ours.Tenant); err != nil || !reflect.DeepEqual(b, good) {
			t.Errorf("%+v %v", b, err)
		}
		if b, _ := read(theirs.Tenant); b.Name != "Theirs" {
			t.Errorf("the other tenant's: %+v", b)
		}
		for field, change := range map[string]func(*access.Brand){
			"name": func(b *access.Brand) { b.Name = "" }, "helpline": func(b *access.Brand) { b.Helpline = "javascript:1" },
			"email": func(b *access.Brand) { b.Email = "Ada <a@example.org>" }, "imprint_url": func(b *access.Brand) { b.ImprintURL = "javascript:alert(1)" },
			"privacy_url": func(b *access.Brand) { b.PrivacyURL = "https://u:p@example.org/" }, "languages": func(b *access.Brand) { b.Languages = []string{"en", "en"} },
		} {
			b := good
			change(&b)
			if err := put(b); !fail.Is(err, fail.Invalid) {
				t.Errorf("%s: %v", field, err)
			}
		}
	})
}

func svg(inside string) string {
	return `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 9 9">` + inside + `</svg>`
}

func TestLogoSVG(t *testing.T) {
	uri := func(s string) string {
		return "data:image/svg+xml;base64," + base64.StdEncoding.EncodeToString([]byte(s))
	}
	good := []string{
		svg(`<path d="M0 0h9" fill="#fff"/>`), `<?xml version="1.0"?><!-- made --> ` + svg(`<title>a &amp; b</title>`),
		svg(`<defs><linearGradient id="a"><stop offset="0" stop-color="red"/></linearGradient><linearGradient id="b" xlink:href="#a"/></defs><rect fill="url(#b)" width="9" height="9"/>`),
	}
	for _, s := range good {
		l, err := access.ParseLogo(uri(s))
		if err != nil || l.Type != "image/svg+xml" || !strings.HasPrefix(string(l.Bytes), "<svg") || strings.Contains(string(l.Bytes), "made") {
			t.Errorf("%s: %s %v", s, l.Bytes, err)
			continue
		}
		if again, err := access.ParseLogo(uri(string(l.Bytes))); err != nil || !bytes.Equal(again.Bytes, l.Bytes) {
			t.Errorf("%s is cleaned to\n%s and again to\n%s %v", s, l.Bytes, again.Bytes, err)
		}
	}
	bad := []string{
		"", "x", "<g/>", svg(`<script>alert(1)</script>`), svg(`<SCRIPT/>`), svg(`<g onload="alert(1)"/>`), svg(`<path style="fill:url(//x)"/>`), svg(`<style>*{}</style>`),
		svg(`<image href="https://example.org/x.png"/>`), svg(`<use href="#a"/>`), svg(`<a href="javascript:alert(1)"><path/></a>`), svg(`<foreignObject/>`),
		svg(`<linearGradient href="https://example.org/x#a"/>`), svg(`<linearGradient xlink:href="data:image/svg+xml,x"/>`), svg(`<path href="#a"/>`),
		svg(`<rect fill="url(https://example.org/x)"/>`), svg(`<rect fill="URL( 'x' )"/>`), svg(`<rect fill="u\72l(#a)"/>`), svg(`<rect fill="url/**/(x)"/>`),
		svg(`<animate attributeName="href" to="javascript:1"/>`), svg(`<set/>`), `<!DOCTYPE svg [<!ENTITY a "b">]>` + svg(`&a;`), svg(`&a;`),
		`<?xml-stylesheet href="x"?>` + svg(""), svg("") + svg(""), svg(svg("")), svg(`<h:script xmlns:h="http://www.w3.org/1999/xhtml"/>`),
		svg(strings.Repeat("<g>", 40) + strings.Repeat("</g>", 40)), svg(`<path d="M0" d="M1"/>`), svg(`<path`), svg(`<path d="` + strings.Repeat("0 ", 20_000) + `"/>`),
		svg(`<linearGradient href="#a" xlink:href="#b"/>`), svg(`<handler/>`), svg(`<text>x</text>`), svg(`<path xml:base="https://example.org/"/>`),
	}
	for _, s := range bad {
		if l, err := access.ParseLogo(uri(s)); !fail.Is(err, fail.Invalid) {
			t.Errorf("%.200s passes as %s, %v", s, l.Bytes, err)
		}
	}
	for _, u := range []string{"", "https://example.org/x.svg", "data:,x", "data:text/html,<svg/>", "data:image/svg+xml;base64,!", "data:image/svg+xml,%zz", "data:image/gif;base64,R0lGOD"} {
		if _, err := access.ParseLogo(u); !fail.Is(err, fail.Invalid) {
			t.Errorf("%q: %v", u, err)
		}
	}
}

func TestLogoPNG(t *testing.T) {
	picture := func(w, h int) []byte {
		img := image.NewNRGBA(image.Rect(0, 0, w, h))
		img.Set(0, 0, color.NRGBA{R: 200, A: 255})
		var b bytes.Buffer
		if err := png.Encode(&b, img); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	uri := func(b []byte) string { return "data:image/png;base64," + base64.StdEncoding.EncodeToString(b) }
	raw := picture(8, 8)
	l, err := access.ParseLogo(uri(append(slices.Clone(raw), "<script>alert(1)</script>"...)))
	if err != nil || l.Type != "image/png" || bytes.Contains(l.Bytes, []byte("script")) {
		t.Errorf("what hangs on a PNG stays: %v", err)
	}
	img, err := png.Decode(bytes.NewReader(l.Bytes))
	if err != nil || img.Bounds().Dx() != 8 {
		t.Errorf("the picture: %v %v", img, err)
	}
	for _, b := range [][]byte{nil, raw[:20], raw[:len(raw)-20], picture(2_001, 1), []byte(svg(""))} {
		if _, err := access.ParseLogo(uri(b)); !fail.Is(err, fail.Invalid) {
			t.Errorf("%d bytes: %v", len(b), err)
		}
	}
}

func TestViews(t *testing.T) {
	storetest.Each(t, schema.FS, func(t *testing.T, db *store.DB) {
		ours, theirs := twoTenants(t, db)
		who := func(sc access.Scope, actor string, role access.Role) access.Scope {
			sc.Actor, sc.Role = actor, role
			return sc
		}
		ada, bob, stranger := who(ours, "usr_a", access.Viewer), who(ours, "usr_b", access.Owner), who(theirs, "usr_a", access.Owner)
		host, driver := who(ours, "usr_h", access.Host), who(ours, "drv_d", access.DriverRole)
		put := func(sc access.Scope, v access.View) error {
			_, err := try(t, db, func(tx *store.Tx) (int64, error) { return 0, access.PutView(tx, sc, v) })
			return err
		}
		list := func(sc access.Scope, page string) (names []string) {
			for _, v := range do(t, db, func(tx *store.Tx) ([]access.View, error) { return access.Views(tx, sc, page) }) {
				names = append(names, v.Name)
			}
			return names
		}
		for _, v := range []access.View{
			{ID: "1", Page: "stations", Name: "mine", Query: "q=x"}, {ID: "2", Page: "stations", Name: "all's", Shared: true}, {ID: "3", Page: "sessions", Name: "too", Shared: true},
		} {
			if err := put(ada, v); err != nil {
				t.Fatal(err)
			}
		}
		if err := put(bob, access.View{ID: "2", Page: "stations", Name: "bob's"}); err != nil { // the same id is another view
			t.Fatal(err)
		}
		for _, tt := range []struct {
			sc   access.Scope
			page string
			want []string
		}{
			{ada, "stations", []string{"all's", "mine"}}, {ada, "", []string{"too", "all's", "mine"}}, {bob, "stations", []string{"all's", "bob's"}},
			{stranger, "", nil}, {host, "", nil}, {driver, "", nil},
		} {
			if got := list(tt.sc, tt.page); !slices.Equal(got, tt.want) {
				t.Errorf("%s of %s sees %q on %q, want %q", tt.sc.Actor, tt.sc.Tenant, got, tt.page, tt.want)
			}
		}
		for _, sc := range []access.Scope{host, driver} {
			if err := put(sc, access.View{ID: "9", Page: "p", Name: "n", Shared: true}); !fail.Is(err, fail.Denied) {
				t.Errorf("%s shares: %v", sc.Role, err)
			}
		}
		remove := func(sc access.Scope, id string) error {
			_, err := try(t, db, func(tx *store.Tx) (int64, error) { return 0, access.DeleteView(tx, sc, id) })
			return err
		}
		if err := remove(bob, "1"); !fail.Is(err, fail.NotFound) {
			t.Errorf("another's is removed: %v", err)
		}
		if err := remove(ada, "1"); err != nil {
			t.Error(err)
		}
		for _, v := range []access.View{{}, {ID: "1", Page: "p"}, {ID: "1", Name: "n"}, {ID: "1", Page: "p", Name: strings.Repeat("n", 101)}, {ID: "1", Page: "p", Name: "n", Query: strings.Repeat("q", 2_001)}} {
			if err := put(ada, v); !fail.Is(err, fail.Invalid) {
				t.Errorf("%+v: %v", v, err)
			}
		}
		for i := range 100 {
			if err := put(host, access.View{ID: fmt.Sprint(i), Page: "p", Name: "n"}); err != nil {
				t.Fatal(err)
			}
		}
		if err := put(host, access.View{ID: "one too many", Page: "p", Name: "n"}); !fail.Is(err, fail.Conflict) {
			t.Errorf("the 101st: %v", err)
		}
		if err := put(host, access.View{ID: "7", Page: "p", Name: "changed"}); err != nil {
			t.Errorf("a change of one of 100: %v", err)
		}
		do(t, db, func(tx *store.Tx) (int64, error) { access.EndSessions(tx, access.KindStaff, "usr_h"); return 0, nil })
		if got := list(host, ""); got != nil {
			t.Errorf("after the person: %q", got)
		}
	})
}
