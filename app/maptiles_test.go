package app

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"chargewright/base/fail"
)

func TestMapTiles(t *testing.T) {
	dir := t.TempDir()
	good, bad := filepath.Join(dir, "valley.pmtiles"), filepath.Join(dir, "valley.zip")
	body := pmtilesMagic + "0123456789"
	for file, text := range map[string]string{good: body, bad: "PK"} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for file, well := range map[string]bool{"": true, good: true, bad: false, dir: false, filepath.Join(dir, "none"): false, "https://tiles.example/valley.pmtiles": false} {
		if err := checkTiles(file); (err == nil) != well || err != nil && !fail.Is(err, fail.Invalid) {
			t.Errorf("%q: %v", file, err)
		}
	}
	get := func(header, value string) *httptest.ResponseRecorder {
		r := httptest.NewRequest("GET", tilesPath, nil)
		if header != "" {
			r.Header.Set(header, value)
		}
		w := httptest.NewRecorder()
		tiles(good).ServeHTTP(w, r)
		return w
	}
	part := get("Range", "bytes=8-11")
	if part.Code != http.StatusPartialContent || part.Body.String() != "0123" {
		t.Errorf("a part: %d %q", part.Code, part.Body)
	}
	tag := part.Header().Get("ETag")
	if w := get("If-None-Match", tag); w.Code != http.StatusNotModified {
		t.Errorf("with its tag: %d", w.Code)
	}
	if err := os.Chtimes(good, time.Time{}, time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if w := get("", ""); w.Code != http.StatusOK || w.Body.String() != body || w.Header().Get("ETag") == tag {
		t.Errorf("after a change: %d %q %s", w.Code, w.Body, w.Header().Get("ETag"))
	}
	if err := os.Remove(good); err != nil {
		t.Fatal(err)
	}
	if w := get("", ""); w.Code != http.StatusNotFound {
		t.Errorf("when the file is gone: %d", w.Code)
	}
}
