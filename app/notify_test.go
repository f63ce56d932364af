package app

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"chargewright/base/fail"
	"chargewright/base/store"
	"chargewright/base/store/storetest"
	"chargewright/core/access"
	"chargewright/core/notify"
	"chargewright/core/station"
	"chargewright/schema"
)

// ask makes a request to a server as the holder of a key and returns the answer.
func ask(t *testing.T, s *Server, key, method, path, body string) (int, string) {
	t.Helper()
	q := httptest.NewRequestWithContext(t.Context(), method, "/api/v1"+path, strings.NewReader(body))
	q.Header.Set("Content-Type", "application/json")
	if key != "" {
		q.Header.Set("Authorization", "Bearer "+key)
	}
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, q)
	return w.Code, w.Body.String()
}

// An event of a station reaches a receiver over real HTTP, signed; a mail lands
// in the mailbox of a demonstration.
func TestBeingTold(t *testing.T) {
	type posted struct {
		header http.Header
		body   []byte
	}
	arrived := make(chan posted, 10)
	receiver := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		arrived <- posted{r.Header, b}
	}))
	t.Cleanup(receiver.Close)
	w := newWorld(t, storetest.MigratedURL(t, schema.FS), func(c *Config) { c.NotifyConfig = NotifyConfig{WebhookAllowPrivate: true, Mailbox: true} })
	key, err := store.Do(t.Context(), w.DB, "test", func(tx *store.Tx) (string, error) {
		err := station.Create(tx, station.Station{ID: "CP1", Tenant: access.DefaultTenant, Site: DefaultSite, Name: "One", Onboarding: station.Accepted})
		if err != nil {
			return "", err
		}
		return access.CreateKey(tx, access.DefaultTenant, access.Owner, "test")
	})
	if err != nil {
		t.Fatal(err)
	}
	code, text := ask(t, w.Server, key, "POST", "/webhooks", `{"url":"`+receiver.URL+`/cw","events":["station.booted"]}`)
	var made struct{ Secret string }
	if code != 201 || json.Unmarshal([]byte(text), &made) != nil {
		t.Fatalf("%d %s", code, text)
	}
	_, err = store.Do(t.Context(), w.DB, "test", func(tx *store.Tx) (int, error) {
		err := notify.Queue(tx, notify.Mail{Tenant: access.DefaultTenant, To: "ada@example.org", Subject: "S", Text: "See https://x.example/#t", Kind: "test", Key: "k"})
		if err != nil {
			return 0, err
		}
		return 0, notify.Publish(tx, notify.Event{Tenant: access.DefaultTenant, Type: notify.StationBooted, Object: "CP1"})
	})
	if err != nil {
		t.Fatal(err)
	}
	select {
	case p := <-arrived:
		seconds, err := strconv.ParseInt(p.header.Get("webhook-timestamp"), 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		want, err := notify.Sign(made.Secret, p.header.Get("webhook-id"), time.Unix(seconds, 0), p.body)
		if err != nil || want != p.header.Get("webhook-signature") || !strings.Contains(string(p.body), `"data":{`) || !strings.Contains(string(p.body), `"name":"One"`) {
			t.Errorf("%v: %s, signed %s", err, p.body, p.header.Get("webhook-signature"))
		}
	case <-time.After(20 * time.Second):
		t.Fatal("nothing arrived")
	}
	for end := time.Now().Add(20 * time.Second); ; {
		code, text = ask(t, w.Server, "", "GET", "/mailbox", "")
		if strings.Contains(text, "https://x.example/#t") {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("%d %s", code, text)
		}
	}
}

func TestNotifySettings(t *testing.T) {
	file := filepath.Join(t.TempDir(), "smtp")
	if err := os.WriteFile(file, []byte("smtp://u:p@mail.example.org?from=a@example.org\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		NotifyConfig
		field string
		mails bool
	}{
		"nothing": {}, "a url": {NotifyConfig: NotifyConfig{SMTPURL: "smtp://mail.example.org?from=a@example.org"}, mails: true},
		"a file":    {NotifyConfig: NotifyConfig{SMTPURLFile: file}, mails: true},
		"both":      {NotifyConfig: NotifyConfig{SMTPURL: "smtp://mail.example.org?from=a@example.org", SMTPURLFile: file}, field: "smtp-url-file"},
		"no file":   {NotifyConfig: NotifyConfig{SMTPURLFile: file + "x"}, field: "smtp-url-file"},
		"no server": {NotifyConfig: NotifyConfig{SMTPURL: "mail.example.org"}, field: "smtp-url"},
	} {
		err := c.check()
		if (err == nil) != (c.field == "") || err != nil && (!fail.Is(err, fail.Invalid) || !strings.Contains(err.Error(), c.field+":")) {
			t.Errorf("%s: %v", name, err)
		}
		if m, err := c.mailer(); c.field == "" && (err != nil || (m != nil) != c.mails) {
			t.Errorf("%s: mails are sent: %v", name, m != nil)
		}
	}
}
