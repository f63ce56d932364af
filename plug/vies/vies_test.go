package vies_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"chargewright/base/fail"
	"chargewright/core/access"
	"chargewright/core/driver/drivertest"
	"chargewright/plug/vies"
)

// server answers as VIES does.
type server struct {
	mu    sync.Mutex
	names map[string]string // by prefix and number
	down  bool
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	prefix, number := r.PathValue("cc"), r.PathValue("number")
	if s.down {
		fmt.Fprintf(w, `{"isValid":false,"requestDate":"2026-11-20T10:00:00Z","userError":"MS_UNAVAILABLE","name":"","address":"","vatNumber":%q}`, number)
		return
	}
	name, ok := s.names[prefix+number]
	word := map[bool]string{true: "VALID", false: "INVALID"}[ok]
	if name == "" {
		name = "---"
	}
	fmt.Fprintf(w, `{"isValid":%t,"requestDate":"2026-11-20T10:00:00Z","userError":%q,"name":%q,"address":"---","requestIdentifier":"","vatNumber":%q,"viesApproximate":{"name":"---"}}`, ok, word, name, number)
}

func TestVIES(t *testing.T) {
	drivertest.RunVATChecker(t, func(t *testing.T) drivertest.VATCase {
		s := &server{names: map[string]string{}}
		mux := http.NewServeMux()
		mux.Handle("GET /rest/ms/{cc}/vat/{number}", s)
		h := httptest.NewServer(mux)
		t.Cleanup(h.Close)
		return drivertest.VATCase{
			Checker: vies.New(h.URL + "/rest/"),
			Enter: func(country, vatID, name string) {
				s.mu.Lock()
				defer s.mu.Unlock()
				if !strings.HasPrefix(vatID, access.VATPrefix(country)) {
					t.Fatalf("%s is no id of %s", vatID, country)
				}
				s.names[vatID] = name
			},
			Down: func(down bool) { s.mu.Lock(); defer s.mu.Unlock(); s.down = down },
		}
	})
}

func TestWhatIsNoVerdictIsUnavailable(t *testing.T) {
	for name, h := range map[string]http.HandlerFunc{
		"an error":      func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "sorry", http.StatusInternalServerError) },
		"a page":        func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>maintenance</html>") },
		"an empty body": func(http.ResponseWriter, *http.Request) {},
		"no member": func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(w, `{"actionSucceed":false,"errorWrappers":[{"error":"GLOBAL_MAX_CONCURRENT_REQ"}]}`)
		},
		"a redirect": func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/elsewhere", http.StatusFound) },
		"too much": func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(w, `{"isValid":true,"name":"`, strings.Repeat("x", 70_000), `"}`)
		},
		"too many calls": func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(w, `{"isValid":false,"userError":"MS_MAX_CONCURRENT_REQ"}`)
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := httptest.NewServer(h)
			defer s.Close()
			if a, err := vies.New(s.URL).CheckVAT(t.Context(), "DE", "DE123456789"); !fail.Is(err, fail.Unavailable) || a.Valid {
				t.Fatalf("%+v, %v", a, err)
			}
		})
	}
}
