package app

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"

	"chargewright/base/fail"
)

// tilesPath is where the maps' streets are served.
const tilesPath = "/map.pmtiles"

// pmtilesMagic begins every PMTiles archive of version 3 (its specification,
// section 3).
const pmtilesMagic = "PMTiles\x03"

// checkTiles refuses what is no PMTiles file; "" is none.
func checkTiles(file string) error {
	if file == "" {
		return nil
	}
	if strings.Contains(file, "://") {
		return fail.Field("config", "map-tiles", "%q is an address: pages load nothing from elsewhere; download the file", file)
	}
	f, err := os.Open(file)
	if err != nil {
		return fail.Field("config", "map-tiles", "%v", err)
	}
	defer f.Close()
	head := make([]byte, len(pmtilesMagic))
	if _, err := io.ReadFull(f, head); err != nil || string(head) != pmtilesMagic {
		return fail.Field("config", "map-tiles", "%s is no PMTiles file of version 3", file)
	}
	return nil
}

// tiles serves the file by ranges, as the pages ask for it. Its tag changes with
// the file, so that a page never joins parts of two.
func tiles(file string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f, err := os.Open(file)
		if err != nil {
			http.NotFound(w, r)
			return
		}
		defer f.Close()
		info, err := f.Stat()
		if err != nil || info.IsDir() {
			http.NotFound(w, r)
			return
		}
		h := w.Header()
		h.Set("ETag", fmt.Sprintf(`"%x-%x"`, info.Size(), info.ModTime().UnixNano()))
		h.Set("Content-Type", "application/vnd.pmtiles")
		h.Set("Cache-Control", "no-cache")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		http.ServeContent(w, r, "", info.ModTime(), f)
	})
}
