package app

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/websocket"

	"chargewright/base/energy"
	"chargewright/base/store"
	"chargewright/base/store/storetest"
	"chargewright/core/access"
	"chargewright/core/billing"
	"chargewright/core/driver"
	"chargewright/schema"
)

// A transcript is a conversation with the exact answer to each message and what
// is left of it in the database. Lines:
//
//	# comment
//	connect ID VERSION [PASSWORD]   opens a socket; the lines below are on it
//	refused ID VERSION [PASSWORD]   the handshake is answered by 401
//	> FRAME                         the station sends
//	< FRAME                         the server must send; "*" matches any value, $name keeps it
//	silence                         the server sends nothing for 5 s
//	closed                          the server has closed the socket
//	wait DURATION                   virtual time passes
//	session FIELD=VALUE …           the newest session (again: the one before)
//	claim FIELD=VALUE …             what is owed for the newest session
//	guest EVSE KWH MINUTES          somebody paid for CS-1, with those limits (0: none); ${guest} is their token
//	reached WORD                    the limit that ended the guest's charging
//	settlement FIELD=VALUE …        the newest settlement of a terminal, or none
//	receipts N                      so many receipts, and the money adds up
func TestTranscripts(t *testing.T) {
	files, err := filepath.Glob("testdata/transcripts/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("no transcripts", err)
	}
	for _, f := range files {
		t.Run(strings.TrimSuffix(filepath.Base(f), ".txt"), func(t *testing.T) {
			text, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, storetest.MigratedURL(t, schema.FS), nil)
				w.addStation("CS-1", "")
				w.addStation("CS-2", "")
				w.addStation("CS-3", "a password of sixteen")
				w.addToken("TAG-1")
				w.addTariff(plainTariff)
				p := &player{world: w, vars: map[string]string{}}
				defer p.hangUp()
				for i, line := range strings.Split(string(text), "\n") {
					if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
						continue
					}
					if err := p.play(line); err != nil {
						t.Fatalf("line %d: %s\n%v", i+1, line, err)
					}
				}
			})
		})
	}
}

type player struct {
	*world
	ws       *websocket.Conn
	incoming chan string
	vars     map[string]string
	looked   int
}

func (p *player) play(line string) error {
	word, rest, _ := strings.Cut(line, " ")
	for k, v := range p.vars {
		rest = strings.ReplaceAll(rest, "${"+k+"}", v)
	}
	if word != "session" {
		p.looked = 0
	}
	switch word {
	case "connect", "refused":
		return p.connect(strings.SplitN(rest, " ", 3), word == "refused")
	case ">":
		return p.ws.WriteMessage(websocket.TextMessage, []byte(rest))
	case "<":
		return p.expect(rest)
	case "silence":
		select {
		case got, open := <-p.incoming:
			return fmt.Errorf("got %q (open %v)", got, open)
		case <-time.After(5 * time.Second):
			return nil
		}
	case "closed":
		select {
		case got, open := <-p.incoming:
			if open {
				return fmt.Errorf("got %q", got)
			}
			return nil
		case <-time.After(time.Minute):
			return fmt.Errorf("the socket is open")
		}
	case "wait":
		d, err := time.ParseDuration(rest)
		time.Sleep(d)
		return err
	case "session":
		return p.session(strings.Fields(rest))
	case "guest":
		return p.guest(strings.Fields(rest))
	case "reached":
		synctest.Wait()
		if g := p.lastGuest(); g.Reached != rest {
			return fmt.Errorf("it is %q", g.Reached)
		}
		return nil
	case "claim", "settlement":
		return p.owed(word, strings.Fields(rest))
	case "receipts":
		synctest.Wait()
		p.settle()
		p.checkMoney()
		if n := fmt.Sprint(len(p.receipts())); n != rest {
			return fmt.Errorf("there are %s", n)
		}
		return nil
	}
	return fmt.Errorf("no such instruction")
}

func (p *player) connect(args []string, refused bool) error {
	p.hangUp()
	d := websocket.Dialer{NetDialContext: p.net.Dial, Subprotocols: []string{"ocpp" + args[1]}}
	h := http.Header{}
	if len(args) == 3 {
		h.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(args[0]+":"+args[2])))
	}
	ws, res, err := d.DialContext(context.Background(), "ws://cs/ocpp/"+args[0], h)
	if refused {
		if err == nil || res == nil || res.StatusCode != http.StatusUnauthorized {
			return fmt.Errorf("not refused by 401: %v", res)
		}
		return nil
	}
	if err != nil {
		return err
	}
	p.ws, p.incoming = ws, make(chan string, 16)
	go func(in chan string) {
		defer close(in)
		for {
			_, b, err := ws.ReadMessage()
			if err != nil {
				return
			}
			in <- string(b)
		}
	}(p.incoming)
	return nil
}

func (p *player) hangUp() {
	if p.ws != nil {
		_ = p.ws.Close()
		for range p.incoming {
		}
		p.ws = nil
		synctest.Wait()
	}
}

func (p *player) expect(want string) error {
	select {
	case got, open := <-p.incoming:
		if !open {
			return fmt.Errorf("the server closed the socket")
		}
		var w, g any
		if err := json.Unmarshal([]byte(want), &w); err != nil {
			return fmt.Errorf("the transcript: %w", err)
		}
		if err := json.Unmarshal([]byte(got), &g); err != nil {
			return fmt.Errorf("got no JSON: %q", got)
		}
		if !p.match(w, g) {
			return fmt.Errorf("got %s", got)
		}
		return nil
	case <-time.After(time.Minute):
		return fmt.Errorf("no answer in a minute")
	}
}

// match compares an expected JSON value with one received.
func (p *player) match(want, got any) bool {
	switch w := want.(type) {
	case string:
		if w == "*" {
			return true
		}
		if name, ok := strings.CutPrefix(w, "$"); ok {
			b, _ := json.Marshal(got)
			p.vars[name] = string(b)
			return true
		}
	case map[string]any:
		g, ok := got.(map[string]any)
		if !ok || len(g) != len(w) {
			return false
		}
		for k := range w {
			if v, ok := g[k]; !ok || !p.match(w[k], v) {
				return false
			}
		}
		return true
	case []any:
		g, ok := got.([]any)
		return ok && len(g) == len(w) && p.each(w, g)
	}
	return reflect.DeepEqual(want, got)
}

func (p *player) each(want, got []any) bool {
	for i := range want {
		if !p.match(want[i], got[i]) {
			return false
		}
	}
	return true
}

// session compares fields of the newest session not yet looked at.
func (p *player) session(fields []string) error {
	synctest.Wait()
	p.settle()
	list := p.sessions()
	if p.looked >= len(list) {
		return fmt.Errorf("there are %d sessions", len(list))
	}
	s := list[p.looked]
	p.looked++
	cost := "none"
	if s.CostMinor != nil {
		cost = fmt.Sprint(*s.CostMinor)
	}
	flags := make([]string, len(s.Flags))
	for i, f := range s.Flags {
		flags[i] = string(f)
	}
	have := map[string]string{
		"station": s.Station, "state": string(s.State), "wh": fmt.Sprint(s.Energy.WattHours()), "cost": cost, "reason": s.Reason,
		"flags": strings.Join(flags, ","), "tx": s.Tx, "token": s.Token, "verdict": string(s.Verdict), "evse": fmt.Sprint(s.EVSE),
		"settled": fmt.Sprint(s.Settled), "offline": fmt.Sprint(s.Offline),
	}
	for _, f := range fields {
		k, want, _ := strings.Cut(f, "=")
		if got, known := have[k]; !known || got != strings.Trim(want, `"`) {
			return fmt.Errorf("%s is %q; the session: %v", k, got, have)
		}
	}
	return nil
}

// guest puts a guest at CS-1 on record whose card holds.
func (p *player) guest(args []string) error {
	var n [3]int64
	for i, a := range args {
		v, err := strconv.ParseInt(a, 10, 64)
		if err != nil {
			return err
		}
		n[i] = v
	}
	p.write(func(tx *store.Tx) error {
		g, _, err := driver.NewGuest(tx, driver.Guest{
			Tenant: access.DefaultTenant, Station: "CS-1", EVSE: n[0], Hold: 5000, Payment: "none", Offer: driver.Offer{Currency: "EUR"},
			Limits: driver.Limits{Energy: energy.Energy(n[1]) * energy.KiloWattHour, Time: time.Duration(n[2]) * time.Minute},
		})
		if err == nil {
			g, _, err = driver.GuestPaid(tx, g.ID)
		}
		p.vars["guest"] = g.Token
		return err
	})
	return nil
}

// owed compares the claim of the newest session, or the newest settlement.
func (p *player) owed(what string, fields []string) error {
	synctest.Wait()
	p.settle()
	have := map[string]string{}
	if what == "claim" {
		for _, c := range do(p.world, func(tx *store.Tx) ([]billing.Claim, error) {
			return billing.Claims(tx, everyone, billing.ClaimFilter{}, time.Time{}, "", 1)
		}) {
			have = map[string]string{"due": fmt.Sprint(c.Due), "paid": fmt.Sprint(c.Paid), "state": string(c.State)}
		}
	} else {
		for _, x := range do(p.world, func(tx *store.Tx) ([]billing.Settlement, error) {
			return billing.Settlements(tx, everyone, "", time.Time{}, "", 1)
		}) {
			have = map[string]string{"state": string(x.State), "why": x.Why}
		}
	}
	if len(fields) == 1 && fields[0] == "none" {
		if len(have) > 0 {
			return fmt.Errorf("there is one: %v", have)
		}
		return nil
	}
	for _, f := range fields {
		k, want, _ := strings.Cut(f, "=")
		if have[k] != want {
			return fmt.Errorf("%s is %q, not %q: %v", k, have[k], want, have)
		}
	}
	return nil
}
