// Package web serves the two faces of the product as they were built from ui/:
// the console at / and the driver's app at /app. Both are single pages; all data
// comes from the API. The package decides nothing, reads nothing but embedded
// files and knows no one.
//
//	GET /assets/…    built files with their hash in the name, for ever
//	GET /app/…       the driver's page, whatever the path
//	GET /e/{number}  302 to /app/e/{number}: the short address on a label
//	GET …            the console's page, whatever the path
//
// A path that no file has is a page only for a reader who asks for HTML, else
// 404. Without a build (dist/built is not tracked) every page is the
// placeholder dist/index.html.
package web

import (
	"embed"
	"encoding/hex"
	"hash/fnv"
	"io"
	"io/fs"
	"mime"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"
)

//go:embed all:dist
var dist embed.FS

// New returns the handler of both faces. It can stand at "/" beside more
// specific handlers.
func New() http.Handler {
	if built, err := fs.Sub(dist, "dist/built"); err == nil {
		if _, err := fs.Stat(built, consolePage); err == nil {
			return guarded(newFaces(built, consolePage, driverPage))
		}
	}
	plain, err := fs.Sub(dist, "dist")
	if err != nil {
		panic(err) // the path is a constant
	}
	return guarded(newFaces(plain, consolePage, consolePage))
}

const (
	consolePage = "index.html"
	driverPage  = "app/index.html"
)

// file is a built file with what was made of it.
type file struct {
	name    string // in the file system
	kind    string // media type
	etag    string // "" for files whose name changes with them
	codings []coding
}

// coding is a compressed form of a file.
type coding struct{ name, file string }

// faces is the handler; it does not change after it was made.
type faces struct {
	files           fs.FS
	known           map[string]file // by path without the first slash
	console, driver file
}

func newFaces(files fs.FS, console, driver string) *faces {
	f := &faces{files: files, known: index(files)}
	f.console, f.driver = f.known[console], f.known[driver]
	return f
}

// index lists what may be served: all but compressed forms, which belong to
// their files, and names that begin with a dot.
func index(files fs.FS) map[string]file {
	known := map[string]file{}
	err := fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if name != "." && strings.HasPrefix(d.Name(), ".") {
				return fs.SkipDir
			}
			return nil
		}
		if ext := path.Ext(name); ext == ".br" || ext == ".gz" {
			return nil
		}
		known[name] = describe(files, name)
		return nil
	})
	if err != nil {
		panic(err) // embedded files can be read
	}
	return known
}

func describe(files fs.FS, name string) file {
	f := file{name: name, kind: kindOf(name)}
	for _, c := range []coding{{"br", name + ".br"}, {"gzip", name + ".gz"}} {
		if _, err := fs.Stat(files, c.file); err == nil {
			f.codings = append(f.codings, c)
		}
	}
	if !strings.HasPrefix(name, "assets/") {
		body, err := fs.ReadFile(files, name)
		if err != nil {
			panic(err) // embedded files can be read
		}
		sum := fnv.New128a()
		sum.Write(body) //nolint:errcheck // never fails
		f.etag = hex.EncodeToString(sum.Sum(nil))
	}
	return f
}

// kinds are the media types of built files; those of the host may differ.
var kinds = map[string]string{
	".html": "text/html; charset=utf-8", ".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8",
	".mjs": "text/javascript; charset=utf-8", ".json": "application/json", ".svg": "image/svg+xml", ".png": "image/png",
	".woff2": "font/woff2", ".wasm": "application/wasm", ".webmanifest": "application/manifest+json",
}

func kindOf(name string) string {
	ext := path.Ext(name)
	if k := kinds[ext]; k != "" {
		return k
	}
	if k := mime.TypeByExtension(ext); k != "" {
		return k
	}
	return "application/octet-stream"
}

func (f *faces) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "this address can only be read", http.StatusMethodNotAllowed)
		return
	}
	name := strings.TrimPrefix(r.URL.Path, "/")
	if number, ok := strings.CutPrefix(name, "e/"); ok && number != "" && !strings.Contains(number, "/") {
		http.Redirect(w, r, "/app/e/"+url.PathEscape(number), http.StatusFound)
		return
	}
	// Pages have their own file names, too: the offline worker keeps them by those.
	if known, ok := f.known[name]; ok {
		f.send(w, r, known)
		return
	}
	page := f.console
	if name == "app" || strings.HasPrefix(name, "app/") {
		page = f.driver
	}
	if strings.HasPrefix(name, "assets/") || !wantsPage(r) {
		http.Error(w, "there is nothing at this address", http.StatusNotFound)
		return
	}
	f.send(w, r, page)
}

// wantsPage says that a person goes to an address, and no program asks for a file.
func wantsPage(r *http.Request) bool {
	accept := strings.Join(r.Header.Values("Accept"), ",")
	return strings.Contains(accept, "text/html") || r.URL.Path == "/" && (accept == "" || strings.HasPrefix(accept, "*/*"))
}

func (f *faces) send(w http.ResponseWriter, r *http.Request, what file) {
	h := w.Header()
	name, tag := what.name, what.etag
	if len(what.codings) > 0 {
		h.Set("Vary", "Accept-Encoding")
	}
	for _, c := range what.codings {
		if accepts(r.Header.Values("Accept-Encoding"), c.name) {
			h.Set("Content-Encoding", c.name)
			name, tag = c.file, what.etag+"-"+c.name
			break
		}
	}
	h.Set("Content-Type", what.kind)
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	if what.etag != "" {
		h.Set("Cache-Control", "no-cache")
		h.Set("ETag", `"`+tag+`"`)
	}
	if path.Base(what.name) == "sw.js" {
		h.Set("Service-Worker-Allowed", "/app")
	}
	body, err := f.files.Open(name)
	if err != nil {
		http.Error(w, "this file cannot be read", http.StatusInternalServerError)
		return
	}
	defer body.Close() //nolint:errcheck // only read
	seeker, ok := body.(io.ReadSeeker)
	if !ok {
		http.Error(w, "this file cannot be read", http.StatusInternalServerError)
		return
	}
	http.ServeContent(w, r, "", time.Time{}, seeker)
}

// accepts says whether a reader takes a coding (RFC 9110, 12.5.3): named, or by
// "*", and not refused by q=0.
func accepts(headers []string, coding string) bool {
	star := false
	for _, part := range strings.Split(strings.Join(headers, ","), ",") {
		name, parameters, _ := strings.Cut(strings.TrimSpace(part), ";")
		name = strings.TrimSpace(name)
		if !strings.EqualFold(name, coding) && name != "*" {
			continue
		}
		q := strings.ReplaceAll(strings.ToLower(parameters), " ", "")
		refused := strings.HasPrefix(q, "q=0") && strings.Trim(q, "q=0.") == ""
		if name != "*" {
			return !refused
		}
		star = !refused
	}
	return star
}

// policy lets a page use what this server sends and nothing else: no inline
// script or style, no frame around it. Scanning a code in a browser without an
// own scanner compiles WebAssembly; map and code images are blobs.
const policy = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; " +
	"connect-src 'self'; worker-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

func guarded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(self), geolocation=(self), microphone=(), publickey-credentials-get=(self), publickey-credentials-create=(self)")
		next.ServeHTTP(w, r)
	})
}
