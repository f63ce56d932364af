package web

import (
	"bytes"
	"compress/gzip"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
)

func built() fs.FS {
	f := func(s string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(s)} }
	return fstest.MapFS{
		"index.html": f("console"), "index.html.br": f("console-br"), "app/index.html": f("driver"), "theme.js": f("theme"),
		"app/sw.js": f("worker"), "app/manifest.webmanifest": f("{}"), ".vite/manifest.json": f("secret"),
		"assets/a-1.js": f("script"), "assets/a-1.js.br": f("script-br"), "assets/a-1.js.gz": f("script-gz"), "assets/f.woff2": f("font"),
	}
}

func ask(h http.Handler, method, target string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, nil)
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

const html = "text/html,application/xhtml+xml,*/*;q=0.8"

func TestWhatIsServed(t *testing.T) {
	h := guarded(newFaces(built(), consolePage, driverPage))
	for _, c := range []struct {
		name, method, target, accept, encoding string
		code                                   int
		body, kind, cache                      string
	}{
		{"console", "GET", "/", html, "", 200, "console", "text/html", "no-cache"},
		{"console by a program", "GET", "/", "*/*", "", 200, "console", "text/html", "no-cache"},
		{"deep address", "GET", "/stations/CP.1?tab=log", html, "", 200, "console", "text/html", "no-cache"},
		{"page compressed", "GET", "/sessions", html, "gzip, br", 200, "console-br", "text/html", "no-cache"},
		{"driver", "GET", "/app", html, "br", 200, "driver", "text/html", "no-cache"},
		{"driver deep", "GET", "/app/e/DE*KRN*E1", html, "", 200, "driver", "text/html", "no-cache"},
		{"not the driver", "GET", "/apple", html, "", 200, "console", "text/html", "no-cache"},
		{"asset", "GET", "/assets/a-1.js", "*/*", "", 200, "script", "text/javascript", "immutable"},
		{"asset br", "GET", "/assets/a-1.js", "*/*", "gzip, deflate, br, zstd", 200, "script-br", "text/javascript", "immutable"},
		{"asset gzip", "GET", "/assets/a-1.js", "*/*", "gzip;q=0.8, br;q=0", 200, "script-gz", "text/javascript", "immutable"},
		{"asset refused codings", "GET", "/assets/a-1.js", "*/*", "*;q=0", 200, "script", "text/javascript", "immutable"},
		{"font", "GET", "/assets/f.woff2", "*/*", "br", 200, "font", "font/woff2", "immutable"},
		{"no such asset, even for a person", "GET", "/assets/b.js", html, "", 404, "nothing", "text/plain", ""},
		{"no page for a program", "GET", "/stations/1", "application/json", "", 404, "nothing", "text/plain", ""},
		{"file without hash", "GET", "/theme.js", "*/*", "", 200, "theme", "text/javascript", "no-cache"},
		{"manifest", "GET", "/app/manifest.webmanifest", "*/*", "", 200, "{}", "application/manifest+json", "no-cache"},
		{"page for the offline worker", "GET", "/app/index.html", "*/*", "", 200, "driver", "text/html", "no-cache"},
		{"hidden files", "GET", "/.vite/manifest.json", "*/*", "", 404, "nothing", "text/plain", ""},
		{"compressed forms by name", "GET", "/assets/a-1.js.br", "*/*", "", 404, "nothing", "text/plain", ""},
		{"up and out", "GET", "/assets/../../web.go", "*/*", "", 404, "nothing", "text/plain", ""},
		{"writing", "POST", "/", html, "", 405, "only be read", "text/plain", ""},
		{"head", "HEAD", "/", html, "", 200, "", "text/html", "no-cache"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := ask(h, c.method, c.target, "Accept", c.accept, "Accept-Encoding", c.encoding)
			if w.Code != c.code || !strings.Contains(w.Body.String(), c.body) {
				t.Errorf("%d %q, want %d %q", w.Code, w.Body, c.code, c.body)
			}
			if w.Code == 200 && c.method == "GET" && w.Body.String() != c.body {
				t.Errorf("body %q", w.Body)
			}
			if !strings.HasPrefix(w.Header().Get("Content-Type"), c.kind) || !strings.Contains(w.Header().Get("Cache-Control"), c.cache) {
				t.Errorf("headers %v", w.Header())
			}
		})
	}
}

func TestShortAddressOfALabel(t *testing.T) {
	h := guarded(newFaces(built(), consolePage, driverPage))
	for target, want := range map[string]string{
		"/e/1042": "/app/e/1042", "/e/DE*KRN*E014201": "/app/e/DE%2AKRN%2AE014201", "/e/%2F%2Fevil.example": "", "/e/a%3Fb": "/app/e/a%3Fb",
	} {
		w := ask(h, "GET", target, "Accept", html)
		if want == "" {
			if w.Code == http.StatusFound {
				t.Errorf("%s leads to %q", target, w.Header().Get("Location"))
			}
			continue
		}
		if w.Code != http.StatusFound || w.Header().Get("Location") != want {
			t.Errorf("%s: %d %q, want %q", target, w.Code, w.Header().Get("Location"), want)
		}
	}
}

func TestAKnownPageIsNotSentAgain(t *testing.T) {
	h := guarded(newFaces(built(), consolePage, driverPage))
	plain := ask(h, "GET", "/", "Accept", html)
	packed := ask(h, "GET", "/", "Accept", html, "Accept-Encoding", "br")
	tag := packed.Header().Get("ETag")
	if tag == "" || tag == plain.Header().Get("ETag") {
		t.Fatalf("tags %q and %q", plain.Header().Get("ETag"), tag)
	}
	if w := ask(h, "GET", "/sites", "Accept", html, "Accept-Encoding", "br", "If-None-Match", tag); w.Code != http.StatusNotModified || w.Body.Len() > 0 {
		t.Errorf("%d %q", w.Code, w.Body)
	}
	if w := ask(h, "GET", "/app", "Accept", html, "If-None-Match", plain.Header().Get("ETag")); w.Code != 200 {
		t.Errorf("the other page: %d", w.Code)
	}
}

func TestEveryAnswerIsGuarded(t *testing.T) {
	h := New()
	for _, target := range []string{"/", "/app", "/assets/none.js", "/e/1"} {
		w := ask(h, "GET", target, "Accept", html)
		csp := w.Header().Get("Content-Security-Policy")
		if !strings.Contains(csp, "default-src 'none'") || strings.Contains(csp, "unsafe-inline") || strings.Contains(csp, "'unsafe-eval'") ||
			!strings.Contains(csp, "frame-ancestors 'none'") || w.Header().Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: %v", target, w.Header())
		}
	}
	if w := ask(guarded(newFaces(built(), consolePage, driverPage)), "GET", "/app/sw.js"); w.Header().Get("Service-Worker-Allowed") != "/app" {
		t.Errorf("worker: %v", w.Header())
	}
}

// TestTheRealBuild holds for the placeholder and for a build alike.
func TestTheRealBuild(t *testing.T) {
	h := New()
	inline := regexp.MustCompile(`(?i)<script(?:\s[^>]*)?>[^<\s]|<style|\son\w+=|\sstyle=`)
	source := regexp.MustCompile(`(?:src|href)="(/[^"]+)"`)
	for _, target := range []string{"/", "/app"} {
		w := ask(h, "GET", target, "Accept", html)
		if w.Code != 200 || w.Body.Len() == 0 {
			t.Fatalf("%s: %d", target, w.Code)
		}
		if m := inline.FindString(w.Body.String()); m != "" {
			t.Errorf("%s has inline code, which its policy refuses: %s", target, m)
		}
		for _, m := range source.FindAllStringSubmatch(w.Body.String(), -1) {
			if m[1] == "/api/docs" {
				continue
			}
			file := ask(h, "GET", m[1], "Accept-Encoding", "gzip")
			if file.Code != 200 {
				t.Errorf("%s names %s: %d", target, m[1], file.Code)
			}
			if file.Header().Get("Content-Encoding") == "gzip" {
				same(t, file.Body.Bytes(), ask(h, "GET", m[1]).Body.Bytes(), m[1])
			}
		}
	}
}

func same(t *testing.T, packed, want []byte, name string) {
	t.Helper()
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(name, err)
	}
	got, err := io.ReadAll(z)
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("%s is another file when compressed (%v)", name, err)
	}
}
