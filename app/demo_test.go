package app

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"
)

// A demonstration lives from the first second: a day of history with its power,
// vehicles that charge, an EVSE that is broken, and a driver who was there.
func TestDemo(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	out, in := io.Pipe()
	ended := make(chan error, 1)
	c := demoCmd{Listen: freeAddress(t), DataDir: t.TempDir(), Stations: 6, Seed: 1, LogLevel: "error"}
	go func() {
		ended <- c.Run(ctx, terminal{out: in, err: io.Discard})
		in.Close()
	}()
	defer func() {
		stop()
		go io.Copy(io.Discard, out)
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}()
	text := make([]byte, 16<<10)
	n, err := out.Read(text)
	if err != nil {
		t.Fatal(err)
	}
	said := string(text[:n])
	key := regexp.MustCompile(`API key of the owner\s+(cw_\S+)`).FindStringSubmatch(said)
	at := regexp.MustCompile(`console\s+(http://\S+)/`).FindStringSubmatch(said)
	if key == nil || at == nil || !strings.Contains(said, "hugo@demo.example") {
		t.Fatalf("it says %s", said)
	}
	get := func(path string, into any) {
		q, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, at[1]+"/api/v1"+path, nil)
		q.Header.Set("Authorization", "Bearer "+key[1])
		r, err := http.DefaultClient.Do(q)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Body.Close()
		if err := json.NewDecoder(r.Body).Decode(into); err != nil || r.StatusCode != http.StatusOK {
			t.Fatalf("%s: %s, %v", path, r.Status, err)
		}
	}
	var drivers struct {
		Items []struct{ ID, Email string }
	}
	get("/drivers?q=hugo", &drivers)
	if len(drivers.Items) != 1 || drivers.Items[0].Email != "hugo@demo.example" {
		t.Fatalf("%+v", drivers)
	}
	type evses struct {
		ByState map[string]int `json:"by_state"`
	}
	var now struct {
		Drawing int `json:"sessions_drawing"`
		EVSEs   evses
	}
	var day struct {
		Points [][2]*float64
	}
	known := 0
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
		get("/overview", &now)
		get("/overview/power?hours=24", &day)
		known = 0
		for _, p := range day.Points {
			if p[1] != nil {
				known++
			}
		}
		if now.Drawing >= 2 && now.EVSEs.ByState["faulted"] == 1 && known > 120 {
			break
		}
	}
	if now.Drawing < 2 || now.EVSEs.ByState["faulted"] != 1 || known <= 120 {
		t.Errorf("%d vehicles charge, the EVSEs are %v, the power of %d steps is known", now.Drawing, now.EVSEs.ByState, known)
	}
	var sessions struct {
		Items []struct {
			Driver string `json:"driver_id"`
			State  string
			Flags  []string
		}
	}
	get("/sessions?limit=200", &sessions)
	his := 0
	for _, s := range sessions.Items {
		if len(s.Flags) > 0 {
			t.Errorf("a session is %v", s.Flags)
		}
		if s.Driver == drivers.Items[0].ID && s.State == "closed" {
			his++
		}
	}
	if his == 0 || len(sessions.Items) < 20 {
		t.Errorf("%d sessions, %d of them Hugo's", len(sessions.Items), his)
	}
	demoMoney(t, get)
}

// freeAddress is one that nobody listens on: the simulated provider is told where
// the server is before it listens.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// demoMoney: cards pay and are declined, a wallet has filled itself, somebody
// objects, somebody got something back, and the books agree with the provider.
func demoMoney(t *testing.T, get func(path string, into any)) {
	t.Helper()
	type rows struct {
		Items []struct {
			State, Kind, Purpose, Status, Mode string
			Off                                struct {
				Minor int64 `json:"amount_minor"`
			}
		}
	}
	lacks := func() string {
		var claims, payments, disputes, documents, books rows
		get("/claims?limit=200", &claims)
		get("/payments?limit=200", &payments)
		get("/disputes", &disputes)
		get("/documents?limit=200", &documents)
		get("/reconciliation", &books)
		seen := map[string]bool{"dispute": len(disputes.Items) == 1, "books": len(books.Items) == 1 && books.Items[0].Off.Minor == 0}
		for _, c := range claims.Items {
			seen["claim "+c.State] = true
		}
		for _, p := range payments.Items {
			seen[p.Purpose+" "+p.Mode+" "+p.Status] = true
		}
		for _, d := range documents.Items {
			seen[d.Kind] = true
		}
		for _, want := range []string{"claim paid", "claim dunning", "session saved taken", "session saved refused", "topup page taken", "topup saved taken", "dispute", "credit_note", "books"} {
			if !seen[want] {
				return want
			}
		}
		return ""
	}
	want := lacks()
	for deadline := time.Now().Add(30 * time.Second); want != "" && time.Now().Before(deadline); want = lacks() {
		time.Sleep(100 * time.Millisecond)
	}
	if want != "" {
		t.Errorf("the demonstration has no %s", want)
	}
}
