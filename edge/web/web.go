// Package web serves two plain pages made on the server: the live board of
// stations and the receipt of a session. They need no script to be read; with
// it the board renews itself in place. Everything they are made of is embedded.
//
//	GET /              the board; filters in the URL: state, site, q, page
//	GET /live          the parts of the board that change, same filters
//	GET /receipt/{id}  a receipt, by its id or by its session's
//	GET /static/{name} style, script, mark
//
// The package decides nothing and changes nothing: it reads core rooms in one
// snapshot and writes HTML. It does not authenticate: whoever reaches the
// handler sees what Options.Scope may see.
package web

import (
	"bytes"
	"context"
	"embed"
	"encoding/hex"
	"hash/fnv"
	"html/template"
	"io/fs"
	"log/slog"
	"net/http"
	"path"
	"time"

	"chargewright/base/fail"
	"chargewright/base/store"
	"chargewright/core/access"
	"chargewright/core/billing"
)

//go:embed templates/*.html
var templates embed.FS

//go:embed static
var static embed.FS

// Options are what the pages need.
type Options struct {
	DB    *store.DB
	Scope access.Scope // whose stations and receipts are shown
	Log   *slog.Logger // nil: slog.Default
}

// pages is the handler's state: what it was made with and the last board read.
type pages struct {
	Options
	html  *template.Template
	asset map[string]asset
	board shared
}

type asset struct {
	body []byte
	kind string
	etag string
}

// New returns the handler of the pages. Paths it does not know get its own 404
// page, so it can stand at "/" beside more specific handlers.
func New(o Options) http.Handler {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	p := &pages{Options: o, asset: assets()}
	p.html = template.Must(template.New("").Funcs(template.FuncMap{"static": p.href}).ParseFS(templates, "templates/*.html"))
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", p.answer("board.html", p.serveBoard))
	mux.HandleFunc("GET /live", p.answer("live", p.serveBoard))
	mux.HandleFunc("GET /receipt/{id}", p.answer("receipt.html", p.serveReceipt))
	mux.HandleFunc("GET /static/{name}", p.serveStatic)
	mux.HandleFunc("/", p.answer("", func(context.Context, *http.Request) (any, error) {
		return nil, fail.New(fail.NotFound, "web", "there is no page here")
	}))
	return guarded(mux)
}

// policy lets a page use what this server sends and nothing else: no inline
// script or style, no frame around it.
const policy = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

func guarded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
		next.ServeHTTP(w, r)
	})
}

// answer makes a page of what view returns, or the page of its error.
func (p *pages) answer(name string, view func(context.Context, *http.Request) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		data, err := view(r.Context(), r)
		var page []byte
		if err == nil {
			page, err = p.render(name, data)
		}
		code := http.StatusOK
		if err != nil {
			code = status(err)
			if code >= http.StatusInternalServerError && r.Context().Err() == nil {
				p.Log.ErrorContext(r.Context(), "page failed", "path", r.URL.Path, "error", err)
			}
			if page, err = p.render("error.html", problemOf(code)); err != nil {
				p.Log.ErrorContext(r.Context(), "error page failed", "error", err)
			}
		}
		h := w.Header()
		h.Set("Content-Type", "text/html; charset=utf-8")
		h.Set("Cache-Control", "no-store")
		w.WriteHeader(code)
		w.Write(page) //nolint:errcheck // the reader left
	}
}

func (p *pages) render(name string, data any) ([]byte, error) {
	var b bytes.Buffer
	err := p.html.ExecuteTemplate(&b, name, data)
	return b.Bytes(), fail.Wrap(fail.Internal, "web.render", err)
}

// status is the HTTP status of an error. A key that no id can be is one that
// does not exist.
func status(err error) int {
	switch fail.KindOf(err) {
	case fail.NotFound, fail.Invalid:
		return http.StatusNotFound
	case fail.Denied:
		return http.StatusForbidden
	case fail.Busy, fail.Unavailable, fail.Timeout:
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}

// problem is what an error page says.
type problem struct {
	Code  int
	Title string
	Text  string
}

func problemOf(code int) problem {
	switch code {
	case http.StatusNotFound:
		return problem{code, "There is nothing at this address", "The link may be incomplete, or the receipt belongs to someone else."}
	case http.StatusForbidden:
		return problem{code, "This page is not open to you", "Ask whoever runs this network for access."}
	case http.StatusServiceUnavailable:
		return problem{code, "The data cannot be read at the moment", "Stations go on charging. Load the page again in a few seconds."}
	}
	return problem{code, "This page could not be made", "The fault is on the server and was logged. Stations go on charging."}
}

// maxKey is the longest receipt or session id that is looked up.
const maxKey = 100

func (p *pages) serveReceipt(ctx context.Context, r *http.Request) (any, error) {
	key := r.PathValue("id")
	if len(key) > maxKey {
		return nil, fail.New(fail.NotFound, "web.receipt", "there is no such receipt")
	}
	receipt, err := store.Read(ctx, p.DB, func(tx *store.Tx) (billing.Receipt, error) {
		return billing.GetReceipt(tx, p.Scope, key)
	})
	if err != nil {
		return nil, err
	}
	return receiptOf(receipt)
}

func (p *pages) serveBoard(ctx context.Context, r *http.Request) (any, error) {
	n, err := p.board.get(ctx, p.Options)
	if err != nil {
		return nil, err
	}
	return n.view(filterOf(r.URL.Query())), nil
}

func (p *pages) serveStatic(w http.ResponseWriter, r *http.Request) {
	a, ok := p.asset[r.PathValue("name")]
	if !ok {
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	h.Set("Content-Type", a.kind)
	h.Set("ETag", `"`+a.etag+`"`)
	h.Set("Cache-Control", "no-cache")
	if r.URL.Query().Get("v") == a.etag {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(a.body))
}

// href is the address of an asset; it changes with its content.
func (p *pages) href(name string) string { return "/static/" + name + "?v=" + p.asset[name].etag }

func assets() map[string]asset {
	kinds := map[string]string{".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}
	all := map[string]asset{}
	names, err := fs.Glob(static, "static/*")
	if err != nil {
		panic(err) // the pattern above is a constant
	}
	for _, name := range names {
		body, err := static.ReadFile(name)
		if err != nil {
			panic(err) // embedded files can be read
		}
		sum := fnv.New64a()
		sum.Write(body) //nolint:errcheck // never fails
		all[path.Base(name)] = asset{body, kinds[path.Ext(name)], hex.EncodeToString(sum.Sum(nil))}
	}
	return all
}
