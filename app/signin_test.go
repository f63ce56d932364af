package app

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"chargewright/base/fail"
)

// postJSON sends JSON and returns the status and the answer.
func postJSON(t *testing.T, url, body string) (int, map[string]any) {
	t.Helper()
	q, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	q.Header.Set("Content-Type", "application/json")
	r, err := http.DefaultClient.Do(q)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	var out map[string]any
	if err := json.NewDecoder(r.Body).Decode(&out); err != nil {
		t.Fatal(err)
	}
	return r.StatusCode, out
}

// From the first start to the first owner, and to one who lost everything.
func TestFirstStartAndUserVerbs(t *testing.T) {
	dir := t.TempDir()
	s, err := Open(t.Context(), Config{DataDir: dir, Listen: "127.0.0.1:0", Name: "New", Country: "DE", Currency: "EUR", Zone: "Europe/Berlin", TelemetryDays: 1, MessageLogDays: 1}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer s.Stop(t.Context()) //nolint:errcheck // the test is over
	api := "http://" + s.Addr + "/api/v1/auth/"
	setup := func() string {
		t.Helper()
		url, err := s.setupURL(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return url
	}
	body := func(url string) string {
		_, token, _ := strings.Cut(url, "#")
		return fmt.Sprintf(`{"token":%q,"company":"Volt","country":"NO","currency":"NOK","time_zone":"Europe/Oslo","name":"Ola","email":"ola@example.org","password":"correct horse"}`, token)
	}
	first, second := setup(), setup()
	if !strings.HasPrefix(second, "http://"+s.Addr+"/setup#") {
		t.Fatalf("the link is %q", second)
	}
	if code, _ := postJSON(t, api+"setup", body(first)); code != http.StatusUnauthorized {
		t.Errorf("the link of an earlier start: %d", code)
	}
	if code, me := postJSON(t, api+"setup", body(second)); code != http.StatusOK || me["role"] != "owner" {
		t.Errorf("%d %v", code, me)
	}
	if url := setup(); url != "" {
		t.Errorf("set up, and yet there is %q", url)
	}
	verb := func(want int, args ...string) string {
		t.Helper()
		var out, bad bytes.Buffer
		if code := Run(t.Context(), append(args, "--data-dir", dir), &out, &bad); code != want {
			t.Errorf("%v: exit code %d: %s", args, code, bad.String())
		}
		return strings.TrimSpace(out.String())
	}
	link := verb(exitOK, "user", "add", "--email", "tina@example.org", "--role", "technician", "--name", "Tina", "--public-url", "https://charge.example/")
	token, ok := strings.CutPrefix(link, "https://charge.example/invitation#")
	if !ok {
		t.Fatalf("the link is %q", link)
	}
	if code, me := postJSON(t, api+"invitation", fmt.Sprintf(`{"token":%q,"name":"Tina T.","password":"correct horse"}`, token)); code != http.StatusOK || me["role"] != "technician" {
		t.Errorf("%d %v", code, me)
	}
	verb(exitFault, "user", "add", "--email", "tina@example.org", "--role", "viewer", "--name", "Tina")
	verb(exitInput, "user", "add", "--email", "x@example.org", "--role", "root", "--name", "X")
	verb(exitFault, "user", "add", "--email", "x@example.org", "--role", "host", "--name", "X", "--site", "nowhere")
	verb(exitFault, "user", "reset", "--email", "nobody@example.org")
	token, ok = strings.CutPrefix(verb(exitOK, "user", "reset", "--email", "Ola@example.org"), "http://127.0.0.1:8080/reset#")
	if !ok {
		t.Fatal(token)
	}
	if code, me := postJSON(t, api+"password/reset", fmt.Sprintf(`{"token":%q,"password":"another horse"}`, token)); code != http.StatusOK || me["role"] != "owner" {
		t.Errorf("%d %v", code, me)
	}
}

func TestSignInConfig(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "secret")
	if err := os.WriteFile(file, []byte("s3cret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	idp := SignInConfig{PublicURL: "https://charge.example", OIDCIssuer: "https://idp", OIDCClientID: "cw", OIDCSecretFile: file}
	change := func(fn func(*SignInConfig)) SignInConfig { c := idp; fn(&c); return c }
	for field, c := range map[string]SignInConfig{
		"": idp, "public-url": change(func(c *SignInConfig) { c.PublicURL = "" }), "oidc-client-id": change(func(c *SignInConfig) { c.OIDCClientID = "" }),
		"oidc-role": change(func(c *SignInConfig) { c.OIDCRole = "driver" }), "oidc-secret-file": change(func(c *SignInConfig) { c.OIDCSecret = "x" }), "oidc-issuer": change(func(c *SignInConfig) { c.OIDCIssuer = "" }),
		"trusted-proxies": {TrustedProxies: []string{"10.0.0.0/8", "proxy"}},
	} {
		err := c.check()
		var e *fail.Error
		if field == "" && err != nil || field != "" && (!fail.Is(err, fail.Invalid) || !errors.As(err, &e) || e.Field != field) {
			t.Errorf("%s: %v", field, err)
		}
	}
	for _, url := range []string{"charge.example", "ftp://charge.example", "https://charge.example/x", "https://", "https://charge.example?x"} {
		if err := (SignInConfig{PublicURL: url}).check(); err == nil {
			t.Errorf("%q is good", url)
		}
	}
	if p, err := idp.provider(); err != nil || p.ClientSecret != "s3cret" {
		t.Errorf("%v", err)
	}
	if n, err := (SignInConfig{TrustedProxies: []string{"10.1.2.3/8", "::1"}}).networks(); err != nil || fmt.Sprint(n) != "[10.0.0.0/8 ::1/128]" {
		t.Errorf("%v %v", n, err)
	}
	for addr, want := range map[string]string{"127.0.0.1:8080": "127.0.0.1:8080", ":80": "localhost:80", "0.0.0.0:80": "localhost:80", "[::]:80": "localhost:80", "[::1]:80": "[::1]:80", "host:1": "host:1"} {
		if got := reachable(addr); got != want {
			t.Errorf("%s is reached at %s", addr, got)
		}
	}
}
