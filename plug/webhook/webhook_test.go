package webhook_test

import (
	"context"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"chargewright/base/fail"
	"chargewright/core/notify"
	"chargewright/core/notify/notifytest"
	"chargewright/plug/webhook"
)

func serve(t *testing.T, h http.Handler) *httptest.Server {
	t.Helper()
	s := httptest.NewUnstartedServer(h)
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.Start()
	t.Cleanup(s.Close)
	return s
}

func TestConformance(t *testing.T) {
	notifytest.RunPoster(t, func(t *testing.T, h http.Handler) (notify.Poster, string) {
		return webhook.New(webhook.Options{AllowPrivate: true}), serve(t, h).URL + "/hook"
	})
}

// It does not reach the network it stands in, by whichever name or spelling.
func TestStaysOutside(t *testing.T) {
	asked := false
	s := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked = true }))
	t.Cleanup(s.Close)
	port := s.URL[strings.LastIndex(s.URL, ":"):]
	p := webhook.New(webhook.Options{})
	for _, host := range []string{"127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "127.1", "0x7f000001", "2130706433", "0.0.0.0", "[::]"} {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		_, err := p.Post(ctx, notify.Request{URL: "https://" + host + port + "/"})
		cancel()
		if err == nil || !fail.Is(err, fail.Denied) && !strings.Contains(fail.Say(err), "leads nowhere") {
			t.Errorf("%s: %v", host, err)
		}
	}
	if asked {
		t.Error("a request arrived")
	}
}

// A redirect inside is an answer like any other.
func TestRedirectInside(t *testing.T) {
	inside := serve(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the redirect was followed") }))
	outside := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, inside.URL, http.StatusTemporaryRedirect)
	}))
	r, err := webhook.New(webhook.Options{AllowPrivate: true}).Post(t.Context(), notify.Request{URL: outside.URL})
	if err != nil || r.Status != http.StatusTemporaryRedirect {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestPublic(t *testing.T) {
	for address, want := range map[string]bool{
		"8.8.8.8": true, "192.0.3.1": true, "172.15.0.1": true, "172.32.0.1": true, "2a00:1450:4001::1": true, "::ffff:8.8.8.8": true,
		"10.0.0.1": false, "172.16.0.1": false, "172.31.255.255": false, "192.168.1.1": false, "127.0.0.1": false, "127.255.255.254": false,
		"169.254.169.254": false, "100.64.0.1": false, "100.127.255.255": false, "0.0.0.0": false, "0.1.2.3": false, "224.0.0.1": false,
		"255.255.255.255": false, "240.0.0.1": false, "192.0.0.8": false, "198.18.0.1": false, "::1": false, "::": false, "fe80::1": false,
		"fe80::1%eth0": false, "fc00::1": false, "fd12::1": false, "ff02::1": false, "::ffff:10.0.0.1": false, "::ffff:169.254.169.254": false,
		"::127.0.0.1": false, "64:ff9b::7f00:1": false, "64:ff9b:1::1": false, "2002:7f00:1::": false, "2001::1": false, "2001:db8::1": false, "fec0::1": false,
	} {
		if got := webhook.Public(netip.MustParseAddr(address)); got != want {
			t.Errorf("%s is public: %v", address, got)
		}
	}
}

func TestJudge(t *testing.T) {
	for address, kinds := range map[string][2]bool{ // by default, allowing private ones
		"https://example.org/hook?x=1": {true, true}, "https://example.org:8443": {true, true}, "https://[2a00:1450::1]/": {true, true},
		"http://example.org/": {false, true}, "https://127.0.0.1/": {false, true}, "https://[::1]:8/": {false, true}, "https://10.1.2.3": {false, true},
		"ftp://example.org": {}, "file:///etc/passwd": {}, "//example.org": {}, "example.org": {}, "https://": {}, "https://:443/": {}, "": {},
		"https://u:p@example.org/": {}, "https://example.org/#x": {}, "https://exa mple.org/": {}, "javascript:alert(1)": {},
	} {
		for i, allow := range []bool{false, true} {
			err := webhook.New(webhook.Options{AllowPrivate: allow}).Judge(address)
			if (err == nil) != kinds[i] || err != nil && !fail.Is(err, fail.Invalid) {
				t.Errorf("%q, private %v: %v", address, allow, err)
			}
		}
	}
}

// What a failure says names nothing of our side.
func TestFailuresInWords(t *testing.T) {
	p := webhook.New(webhook.Options{AllowPrivate: true})
	gone := serve(t, http.NotFoundHandler())
	gone.Close()
	secure := httptest.NewTLSServer(http.NotFoundHandler())
	secure.Config.ErrorLog = log.New(io.Discard, "", 0)
	t.Cleanup(secure.Close)
	for address, want := range map[string]string{
		gone.URL: "refused", secure.URL: "certificate", "https://nothing.invalid/": "leads nowhere", "http" + strings.TrimPrefix(secure.URL, "https"): "",
	} {
		r, err := p.Post(t.Context(), notify.Request{URL: address})
		if want == "" {
			if r.Status != http.StatusBadRequest {
				t.Errorf("%s: %+v, %v", address, r, err)
			}
			continue
		}
		if !fail.Is(err, fail.Unavailable) || !strings.Contains(fail.Say(err), want) || strings.Contains(fail.Say(err), "127.0.0.1:") {
			t.Errorf("%s: %q", address, fail.Say(err))
		}
	}
}
