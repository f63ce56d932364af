package paper

import (
	"fmt"
	"html/template"
	"net/http"
	"regexp"
	"strings"

	"golang.org/x/text/language"

	"chargewright/base/store"
	"chargewright/core/access"
	"chargewright/core/billing"
)

// Path is where documents are fetched by whoever knows the address of one.
const Path = "/d/"

// Address is where a link's document is fetched.
func (k *Desk) Address(secret string) string { return k.o.Base() + Path + secret }

// Name is the name of a document's file, without what stands after the point.
func Name(d billing.Document) string {
	return strings.Trim(odd.ReplaceAllString(d.Number, "-"), "-")
}

var odd = regexp.MustCompile(`[^A-Za-z0-9._-]+`)

// Handler serves Path: the PDF of a link that holds. One that ended is 410, one
// that was never given out 404, each with a plain page.
func (k *Desk) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+Path+"{secret}", k.serve)
	return mux
}

func (k *Desk) serve(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Cache-Control", "private, no-store")
	h.Set("X-Robots-Tag", "noindex, nofollow")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer") // the address is a secret
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'")
	secret := r.PathValue("secret")
	type found struct {
		link billing.Link
		doc  billing.Document
		ok   bool
	}
	f, err := store.Read(r.Context(), k.o.DB, func(tx *store.Tx) (f found, err error) {
		f.link, f.doc, f.ok, err = billing.ByLink(tx, secret)
		return f, err
	})
	var b []byte
	if err == nil && f.doc.ID != "" {
		b, err = k.PDF(r.Context(), f.doc, "", k.Address(secret))
	}
	switch {
	case err != nil:
		k.o.Log.ErrorContext(r.Context(), "a document could not be made", "document", f.doc.ID, "err", err)
		k.page(w, r, http.StatusInternalServerError, "broken")
	case !f.ok:
		k.page(w, r, http.StatusNotFound, "unknown")
	case f.doc.ID == "":
		k.page(w, r, http.StatusGone, "gone")
	default:
		h.Set("Content-Type", "application/pdf")
		h.Set("Content-Disposition", fmt.Sprintf(`inline; filename="%s.pdf"`, Name(f.doc)))
		w.Write(b) //nolint:errcheck // the reader left
	}
}

var blank = template.Must(template.New("blank").Parse(`<!doctype html>
<html lang="{{.Lang}}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="robots" content="noindex">
<title>{{.Title}}</title>
<style>body{font:1rem/1.5 system-ui,sans-serif;max-width:34rem;margin:15vh auto 0;padding:0 1.25rem;color:#14201c;background:#fff}
h1{font-size:1.5rem;line-height:1.25}p{color:#42504a}@media(prefers-color-scheme:dark){body{color:#eef2ef;background:#101614}p{color:#b5c0ba}}</style></head>
<body><h1>{{.Title}}</h1><p>{{.Text}}</p>{{if .Contact}}<p>{{.Contact}}</p>{{end}}</body></html>
`))

// says are what pages say that have no document: title and text, by language.
var says = map[string]map[string][2]string{
	"gone": {
		"en": {"This link has ended", "Links to documents end after some time, or when they are taken back. The document itself is kept; ask for a new link, or find it in your account."},
		"de": {"Dieser Link gilt nicht mehr", "Links auf Dokumente enden nach einiger Zeit, oder wenn sie zurückgenommen werden. Das Dokument selbst bleibt; bitten Sie um einen neuen Link, oder finden Sie es in Ihrem Konto."},
	},
	"unknown": {
		"en": {"There is no document here", "Look whether the address is complete: it ends with 32 letters and digits."},
		"de": {"Hier ist kein Dokument", "Prüfen Sie, ob die Adresse vollständig ist: sie endet mit 32 Buchstaben und Ziffern."},
	},
	"broken": {
		"en": {"The document cannot be made at the moment", "Try again in a minute."},
		"de": {"Das Dokument lässt sich im Moment nicht erstellen", "Versuchen Sie es in einer Minute noch einmal."},
	},
}

var spoken = language.NewMatcher([]language.Tag{language.English, language.German})

func (k *Desk) page(w http.ResponseWriter, r *http.Request, code int, what string) {
	_, i := language.MatchStrings(spoken, r.Header.Get("Accept-Language"))
	lang := []string{"en", "de"}[i]
	b, err := store.Read(r.Context(), k.o.DB, func(tx *store.Tx) (access.Brand, error) { return access.GetBrand(tx, access.DefaultTenant) })
	if err != nil {
		b = access.Brand{}
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(code)
	blank.Execute(w, map[string]string{ //nolint:errcheck // the reader left
		"Lang": lang, "Title": says[what][lang][0], "Text": says[what][lang][1], "Contact": strings.Join(present(b.Name, b.Helpline, b.Email), ", "),
	})
}
