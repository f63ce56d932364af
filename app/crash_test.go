package app

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"chargewright/base/energy"
	"chargewright/base/store"
	"chargewright/base/store/storetest"
	"chargewright/core/session"
	"chargewright/schema"
	"chargewright/wire/ocpp"
)

// crashPatience bounds every wait of these tests. Nothing is measured by it.
const crashPatience = time.Minute

// What happens to the real program in real processes.
func TestProcesses(t *testing.T) {
	binary := buildProgram(t)
	t.Run("killed", func(t *testing.T) {
		engines(t, func(t *testing.T, url string) { killAtRandom(t, binary, url) })
	})
	t.Run("storage fails", func(t *testing.T) { storageFails(t, binary) })
	t.Run("bench", func(t *testing.T) { smallBench(t, binary) })
}

func buildProgram(t *testing.T) string {
	t.Helper()
	if _, err := exec.LookPath("go"); err != nil {
		t.Skip("no go command: the program cannot be built")
	}
	binary := filepath.Join(t.TempDir(), "chargewright")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", binary, "chargewright/cmd/chargewright")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return binary
}

// program is `chargewright serve` in a process of its own, again and again on
// the same data.
type program struct {
	t      *testing.T
	binary string
	args   []string
	cmd    *exec.Cmd
	log    *tail
	addr   atomic.Value // string
}

// newProgram prepares an installation that serve can run on: stations, a token,
// a tariff.
func newProgram(t *testing.T, binary, url string, furnish func(w *world)) (*program, *world) {
	t.Helper()
	w := newWorld(t, url, nil)
	w.addTariff(parkingTariff)
	w.addToken("TAG-1")
	furnish(w)
	w.close()
	p := &program{t: t, binary: binary, log: &tail{}, args: []string{
		"serve", "--data-dir", w.cfg.DataDir, "--database", url, "--listen", "127.0.0.1:0", "--admin-listen", "",
	}}
	t.Cleanup(func() {
		p.kill()
		if t.Failed() {
			t.Logf("the last words of the server:\n%s", p.log)
		}
	})
	return p, w
}

// start starts the server and returns when it listens.
func (p *program) start() {
	p.t.Helper()
	p.cmd = exec.Command(p.binary, p.args...)
	p.cmd.Stderr = p.log
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		p.t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	first, err := bufio.NewReader(out).ReadString('\n')
	_, rest, found := strings.Cut(first, "ws://")
	addr, _, _ := strings.Cut(rest, "/")
	if err != nil || !found {
		p.t.Fatalf("the server did not start: %q %v\n%s", first, err, p.log)
	}
	p.addr.Store(addr)
}

// kill takes the process away as a power switch does.
func (p *program) kill() {
	if p.cmd != nil {
		_ = p.cmd.Process.Kill()
		_ = p.cmd.Wait() // it says that it was killed
		p.cmd = nil
	}
}

// stop asks the process to end and waits.
func (p *program) stop() {
	p.t.Helper()
	must(p.t, p.cmd.Process.Signal(syscall.SIGTERM))
	if err := p.cmd.Wait(); err != nil {
		p.t.Errorf("the server did not end well: %v", err)
	}
	p.cmd = nil
}

// Dial connects to wherever the server listens now.
func (p *program) Dial(ctx context.Context, network, _ string) (net.Conn, error) {
	addr, _ := p.addr.Load().(string)
	return (&net.Dialer{}).DialContext(ctx, network, addr)
}

// ready returns the status of /readyz.
func (p *program) ready() int {
	p.t.Helper()
	c := http.Client{Transport: &http.Transport{DialContext: p.Dial, DisableKeepAlives: true}, Timeout: crashPatience}
	res, err := c.Get("http://cs/readyz")
	if err != nil {
		p.t.Fatal(err)
	}
	_ = res.Body.Close()
	return res.StatusCode
}

// tail keeps what a process wrote last.
type tail struct {
	mu  sync.Mutex
	buf []byte
}

func (l *tail) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.buf = append(l.buf, b...)
	if n := len(l.buf); n > 32<<10 {
		l.buf = slices.Clone(l.buf[n-16<<10:])
	}
	return len(b), nil
}

func (l *tail) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return string(l.buf)
}

func (l *tail) clear() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.buf = nil
}

// parkingTariff has a price for each thing that a session may cost.
const parkingTariff = `{"country_code":"DE","party_id":"CWR","id":"parking","currency":"EUR","elements":[{"price_components":[
	{"type":"FLAT","price":0.50,"vat":19,"step_size":1},{"type":"ENERGY","price":0.43,"vat":19,"step_size":1},
	{"type":"TIME","price":0.60,"vat":19,"step_size":1},{"type":"PARKING_TIME","price":6.00,"vat":7,"step_size":60}]}],"last_updated":"2026-01-01T00:00:00Z"}`

// rawStation says what it is told to, and repeats it until it is answered: a
// lost connection is no refusal (1.6 §4.9.1, 2.x E13).
type rawStation struct {
	id       string
	version  ocpp.Version
	password string
	dial     func(ctx context.Context, network, addr string) (net.Conn, error)
	dice     *rand.Rand
	acked    *atomic.Int64 // of all stations
	wait     time.Duration // for an answer

	ws      *websocket.Conn
	message int
	at      time.Time
	wh      int64
	done    []rawSession
}

// rawSession is what a station knows of a session when the last message of it
// was acknowledged.
type rawSession struct {
	tx       string
	messages int
	meters   int
	wh       int64
}

// tell sends a call until it is answered and returns the answer's payload. A
// CALLERROR is an error: none of these messages deserves one.
func (s *rawStation) tell(ctx context.Context, action, payload string) (string, error) {
	id := ""
	for {
		if id == "" || s.dice.IntN(2) == 0 { // a repetition may have a new id or the old one
			s.message++
			id = fmt.Sprint("m", s.message)
		}
		answer, err := s.ask(ctx, fmt.Sprintf(`[2,"%s","%s",%s]`, id, action, payload), id)
		switch {
		case err == nil:
			s.acked.Add(1)
			return answer, nil
		case errors.Is(err, errRefused) || ctx.Err() != nil:
			return "", fmt.Errorf("%s of %s: %w", action, s.id, errors.Join(err, ctx.Err()))
		}
		s.hangUp()
		if err := pauseFor(ctx, time.Duration(5+s.dice.IntN(20))*time.Millisecond); err != nil {
			return "", err
		}
	}
}

var errRefused = errors.New("answered by a CALLERROR")

func (s *rawStation) ask(ctx context.Context, frame, id string) (string, error) {
	if err := s.connect(ctx); err != nil {
		return "", err
	}
	if err := s.ws.WriteMessage(websocket.TextMessage, []byte(frame)); err != nil {
		return "", err
	}
	if err := s.ws.SetReadDeadline(time.Now().Add(s.wait)); err != nil {
		return "", err
	}
	for {
		_, b, err := s.ws.ReadMessage()
		if err != nil {
			return "", err
		}
		if payload, ok := strings.CutPrefix(string(b), `[3,"`+id+`",`); ok {
			return strings.TrimSuffix(payload, "]"), nil
		}
		if strings.HasPrefix(string(b), `[4,`) {
			return "", fmt.Errorf("%w: %s to %s", errRefused, b, frame)
		}
	}
}

func (s *rawStation) connect(ctx context.Context) error {
	if s.ws != nil {
		return nil
	}
	h := http.Header{}
	if s.password != "" {
		h.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(s.id+":"+s.password)))
	}
	d := websocket.Dialer{NetDialContext: s.dial, Subprotocols: []string{s.version.Subprotocol()}}
	ws, _, err := d.DialContext(ctx, "ws://cs/ocpp/"+s.id, h)
	if err == nil {
		s.ws = ws
	}
	return err
}

func (s *rawStation) hangUp() {
	if s.ws != nil {
		_ = s.ws.Close() // it may have gone already
		s.ws = nil
	}
}

func (s *rawStation) boot(ctx context.Context) error {
	payload := `{"chargePointVendor":"Acme","chargePointModel":"One"}`
	if s.version != ocpp.V16 {
		payload = `{"reason":"PowerUp","chargingStation":{"vendorName":"Acme","model":"One"}}`
	}
	answer, err := s.tell(ctx, "BootNotification", payload)
	if err == nil && !strings.Contains(answer, `"Accepted"`) {
		err = fmt.Errorf("%s was not accepted: %s", s.id, answer)
	}
	return err
}

// tick lets time pass and energy flow.
func (s *rawStation) tick() {
	s.at = s.at.Add(time.Duration(1+s.dice.IntN(10)) * time.Second)
	s.wh += s.dice.Int64N(200)
}

func (s *rawStation) stamp() string { return s.at.Format(time.RFC3339) }

// charge is one session, from the first message to the acknowledged last.
func (s *rawStation) charge(ctx context.Context) error {
	var r rawSession
	var err error
	begun := s.wh
	if s.version == ocpp.V16 {
		r, err = s.charge16(ctx)
	} else {
		r, err = s.charge2x(ctx)
	}
	if err != nil {
		return err
	}
	r.wh = s.wh - begun
	s.done = append(s.done, r)
	s.at = s.at.Add(time.Second)
	return nil
}

func (s *rawStation) charge16(ctx context.Context) (r rawSession, err error) {
	answer, err := s.tell(ctx, "StartTransaction", fmt.Sprintf(`{"connectorId":1,"idTag":"TAG-1","meterStart":%d,"timestamp":"%s"}`, s.wh, s.stamp()))
	if err != nil {
		return r, err
	}
	tx, err := transactionID(answer)
	if err != nil {
		return r, err
	}
	r = rawSession{tx: fmt.Sprint(tx), messages: 2, meters: s.dice.IntN(6)}
	for range r.meters {
		s.tick()
		_, err := s.tell(ctx, "MeterValues", fmt.Sprintf(`{"connectorId":1,"transactionId":%d,"meterValue":[{"timestamp":"%s","sampledValue":[{"value":"%d"}]}]}`, tx, s.stamp(), s.wh))
		if err != nil {
			return r, err
		}
	}
	s.tick()
	_, err = s.tell(ctx, "StopTransaction", fmt.Sprintf(`{"transactionId":%d,"idTag":"TAG-1","meterStop":%d,"timestamp":"%s"}`, tx, s.wh, s.stamp()))
	r.messages += r.meters
	return r, err
}

func transactionID(answer string) (int64, error) {
	var a struct {
		TransactionID int64 `json:"transactionId"`
	}
	err := json.Unmarshal([]byte(answer), &a)
	if err == nil && a.TransactionID == 0 {
		err = fmt.Errorf("no transaction id in %s", answer)
	}
	return a.TransactionID, err
}

func (s *rawStation) charge2x(ctx context.Context) (r rawSession, err error) {
	r.tx = fmt.Sprintf("%s-%d", s.id, len(s.done))
	updates := s.dice.IntN(6)
	for seq := 0; seq < updates+2 && err == nil; seq++ {
		kind, more := "Updated", ""
		switch seq {
		case 0:
			kind, more = "Started", `,"evse":{"id":1,"connectorId":1},"idToken":{"idToken":"TAG-1","type":"ISO14443"}`
		case updates + 1:
			kind = "Ended"
		}
		if seq > 0 {
			s.tick()
		}
		_, err = s.tell(ctx, "TransactionEvent", fmt.Sprintf(
			`{"eventType":"%s","timestamp":"%s","triggerReason":"MeterValuePeriodic","seqNo":%d,"transactionInfo":{"transactionId":"%s"},"meterValue":[{"timestamp":"%s","sampledValue":[{"value":%d}]}]%s}`,
			kind, s.stamp(), seq, r.tx, s.stamp(), s.wh, more))
	}
	r.messages = updates + 2
	return r, err
}

// fleet is some stations of each version; every other one has a password.
func fleet(seed uint64, each int, dial func(ctx context.Context, network, addr string) (net.Conn, error)) []*rawStation {
	var out []*rawStation
	acked := new(atomic.Int64)
	at := time.Now().UTC().Truncate(time.Second).Add(-24 * time.Hour)
	for i := range each * len(versions) {
		s := &rawStation{
			id: fmt.Sprint("RAW-", i), version: versions[i%len(versions)], dial: dial, dice: rand.New(rand.NewPCG(seed, uint64(i))),
			acked: acked, wait: 10 * time.Second, at: at, wh: 1_000_000,
		}
		if i%2 == 0 {
			s.password = "a password of sixteen"
		}
		out = append(out, s)
	}
	return out
}

// killAtRandom kills the server again and again while stations charge. In the
// end everything that was acknowledged is there, once.
func killAtRandom(t *testing.T, binary, url string) {
	t.Parallel()
	const seed = 1
	kills := 15
	if raceDetector {
		kills = 4
	}
	if n, err := strconv.Atoi(os.Getenv("CHARGEWRIGHT_KILLS")); err == nil {
		kills = n
	}
	var stations []*rawStation
	p, w := newProgram(t, binary, url, func(w *world) {
		stations = fleet(seed, 3, nil)
		for _, s := range stations {
			w.addStation(s.id, s.password)
		}
	})
	ctx, cancel := context.WithTimeout(t.Context(), crashPatience+time.Duration(kills)*time.Second)
	defer cancel()
	var enough atomic.Bool
	var lives sync.WaitGroup
	for _, s := range stations {
		s.dial = p.Dial
	}
	p.start()
	for _, s := range stations {
		lives.Go(func() {
			defer s.hangUp()
			err := s.boot(ctx)
			for err == nil && !enough.Load() {
				err = s.charge(ctx)
			}
			if err != nil {
				t.Error(err)
				cancel()
			}
		})
	}
	dice := rand.New(rand.NewPCG(seed, 1<<32))
	acked := stations[0].acked
	for range kills {
		goal := acked.Load() + 1 + dice.Int64N(80)
		for acked.Load() < goal && ctx.Err() == nil {
			time.Sleep(time.Millisecond)
		}
		time.Sleep(time.Duration(dice.IntN(10_000)) * time.Microsecond)
		p.kill()
		p.start()
	}
	enough.Store(true)
	lives.Wait()
	if t.Failed() {
		return
	}
	p.stop()
	t.Logf("%d kills, %d messages acknowledged", kills, acked.Load())
	checkKilled(t, w, stations)
}

// checkKilled compares the database with what the stations know.
func checkKilled(t *testing.T, w *world, stations []*rawStation) {
	if path, ok := strings.CutPrefix(w.cfg.Database, "sqlite:"); ok {
		if said := integrity(t, path); said != "ok" {
			t.Errorf("the integrity check says %q", said)
		}
	}
	w.start()
	w.waitSettled()
	stored := map[string]session.Session{}
	for _, x := range w.sessions() {
		stored[x.Station+"|"+x.Tx] = x
	}
	known := 0
	for _, s := range stations {
		known += len(s.done)
		meters := 0
		for _, r := range s.done {
			meters += r.meters
			x, found := stored[s.id+"|"+r.tx]
			inputs := 0
			if found {
				inputs = len(do(w, func(tx *store.Tx) ([]session.Input, error) { return session.Inputs(tx, x) }))
			}
			if !found || inputs != r.messages || x.Energy != energy.Energy(r.wh)*energy.WattHour || slices.ContainsFunc(x.Flags, func(f session.Flag) bool { return f != session.FlagFailedStart }) { // some are short
				t.Errorf("%s %s: found %v, %d messages of %d, %s of %d Wh, flags %v", s.id, r.tx, found, inputs, r.messages, x.Energy, r.wh, x.Flags)
			}
		}
		if got := w.kept(s.id); s.version == ocpp.V16 && got != meters {
			t.Errorf("%s: %d meter values in telemetry, %d were acknowledged", s.id, got, meters)
		}
	}
	if known == 0 || len(stored) != known {
		t.Errorf("%d sessions stored, the stations had %d", len(stored), known)
	}
	w.checkMoney()
}

func integrity(t *testing.T, path string) string {
	t.Helper()
	c, err := sqlite.OpenConn(path, sqlite.OpenReadOnly)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	said := ""
	err = sqlitex.ExecuteTransient(c, "PRAGMA integrity_check", &sqlitex.ExecOptions{ResultFunc: func(row *sqlite.Stmt) error {
		said += row.ColumnText(0)
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	return said
}

// kept counts the messages of meter values of a station.
func (w *world) kept(station string) (n int) {
	w.t.Helper()
	now := time.Now()
	err := w.telemetry.Range(context.Background(), station, now.AddDate(0, 0, -3), now.AddDate(0, 0, 1), func(store.Message) error {
		n++
		return nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return n
}

// waitSettled waits until every session is settled. The leases of processes
// that were killed run out after a minute; that is not waited for.
func (w *world) waitSettled() {
	w.t.Helper()
	w.write(func(tx *store.Tx) error {
		_, err := tx.Exec(`UPDATE outbox_event SET lease_until = NULL, lease_by = NULL`)
		return err
	})
	for end := time.Now().Add(crashPatience); ; time.Sleep(10 * time.Millisecond) {
		w.settle()
		open := slices.IndexFunc(w.sessions(), func(s session.Session) bool { return !s.Settled })
		switch {
		case open < 0:
			return
		case time.Now().After(end):
			s := w.sessions()[open]
			w.t.Fatalf("session %s of %s is not settled: %s, flags %v", s.Tx, s.Station, s.State, s.Flags)
		}
	}
}

// storageFails takes the database away from a running server for a while. It
// acknowledges nothing that is not stored, says that it is not ready, and goes
// on by itself.
func storageFails(t *testing.T, binary string) {
	faults := map[string]func(t *testing.T, p *program, path string) (mend func()){
		"locked": func(t *testing.T, _ *program, path string) func() {
			c, err := sqlite.OpenConn(path, sqlite.OpenReadWrite)
			must(t, err)
			must(t, sqlitex.ExecuteTransient(c, "BEGIN IMMEDIATE", nil))
			return func() { must(t, c.Close()) }
		},
		"no room": func(t *testing.T, p *program, _ string) func() {
			limit := func(bytes string) {
				out, err := exec.Command("prlimit", "--pid", fmt.Sprint(p.cmd.Process.Pid), "--fsize="+bytes+":unlimited").CombinedOutput()
				if err != nil {
					t.Skipf("no prlimit to take the room away with: %v %s", err, out)
				}
			}
			limit("0")
			return func() { limit("unlimited") }
		},
	}
	for name, harm := range faults {
		t.Run(name, func(t *testing.T) { oneStorageFault(t, binary, harm) })
	}
}

func oneStorageFault(t *testing.T, binary string, harm func(*testing.T, *program, string) func()) {
	t.Parallel()
	url := storetest.MigratedURL(t, schema.FS)
	s := fleet(2, 1, nil)[0]
	p, w := newProgram(t, binary, url, func(w *world) { w.addStation(s.id, s.password) })
	ctx, cancel := context.WithTimeout(t.Context(), 2*crashPatience)
	defer cancel()
	p.start()
	s.dial, s.wait = p.Dial, time.Second // so that it repeats soon
	must(t, s.boot(ctx))
	must(t, s.charge(ctx))
	before := s.acked.Load()

	mend := harm(t, p, strings.TrimPrefix(url, "sqlite:"))
	p.log.clear()
	charged := make(chan error, 1)
	go func() { charged <- s.charge(ctx) }()
	p.waitFor("the message is left without answer", func() bool { return strings.Contains(p.log.String(), "not answered") })
	p.waitFor("/readyz is red", func() bool { return p.ready() == http.StatusServiceUnavailable })
	if n := s.acked.Load(); n != before {
		t.Errorf("%d messages were acknowledged that cannot be stored", n-before)
	}
	mend()
	p.waitFor("/readyz is green", func() bool { return p.ready() == http.StatusNoContent })
	must(t, <-charged)
	s.hangUp()
	p.stop()
	checkKilled(t, w, []*rawStation{s})
}

func (p *program) waitFor(what string, ok func() bool) {
	p.t.Helper()
	for end := time.Now().Add(crashPatience); !ok(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			p.t.Fatalf("in vain: %s\n%s", what, p.log)
		}
	}
}

// scripted is what happens at one station: sessions, each a list of payloads in
// their order. In 1.6 the first has the id of the transaction to fill in.
type scripted struct {
	station  *rawStation
	sessions [][]string
}

// script makes sessions with energy, idle time and changes of flow.
func script(seed uint64, w *world, at time.Time) []scripted {
	var out []scripted
	for _, s := range fleet(seed, 2, w.net.Dial) {
		w.addStation(s.id, s.password)
		s.at = at
		x := scripted{station: s}
		for n := range 8 {
			s.at = s.at.Add(time.Minute)
			if s.version == ocpp.V16 {
				x.sessions = append(x.sessions, s.script16())
			} else {
				x.sessions = append(x.sessions, s.script2x(fmt.Sprintf("%s-%d", s.id, n)))
			}
		}
		out = append(out, x)
	}
	return out
}

func (s *rawStation) script16() []string {
	list := []string{fmt.Sprintf(`{"connectorId":1,"idTag":"TAG-1","meterStart":%d,"timestamp":"%s"}`, s.wh, s.stamp())}
	for range 1 + s.dice.IntN(6) {
		s.grow()
		list = append(list, fmt.Sprintf(`{"connectorId":1,"transactionId":%%d,"meterValue":[{"timestamp":"%s","sampledValue":[{"value":"%d"}]}]}`, s.stamp(), s.wh))
	}
	s.grow()
	return append(list, fmt.Sprintf(`{"transactionId":%%d,"idTag":"TAG-1","meterStop":%d,"timestamp":"%s"}`, s.wh, s.stamp()))
}

func (s *rawStation) script2x(tx string) (list []string) {
	last := 2 + s.dice.IntN(6)
	for seq := range last + 1 {
		kind, state, more := "Updated", "Charging", ""
		switch {
		case seq == 0:
			kind, more = "Started", `,"evse":{"id":1,"connectorId":1},"idToken":{"idToken":"TAG-1","type":"ISO14443"}`
		case seq == last:
			kind, state = "Ended", "Idle"
		case s.dice.IntN(3) == 0:
			state = "SuspendedEV"
		}
		list = append(list, fmt.Sprintf(
			`{"eventType":"%s","timestamp":"%s","triggerReason":"MeterValuePeriodic","seqNo":%d,"transactionInfo":{"transactionId":"%s","chargingState":"%s"},"meterValue":[{"timestamp":"%s","sampledValue":[{"value":%d}]}]%s}`,
			kind, s.stamp(), seq, tx, state, s.stamp(), s.wh, more))
		s.grow()
	}
	return list
}

// grow lets minutes pass, in which there may flow nothing.
func (s *rawStation) grow() {
	s.at = s.at.Add(time.Duration(30+s.dice.IntN(600)) * time.Second)
	if s.dice.IntN(4) > 0 {
		s.wh += s.dice.Int64N(3_000)
	}
}

// play tells a session as it is written or, mangled, with repetitions and out of
// order: in 2.x altogether, in 1.6 after the answer to the start.
func (x scripted) play(ctx context.Context, list []string, mangle bool) error {
	s := x.station
	order := make([]int, len(list))
	for i := range order {
		order[i] = i
	}
	rest, tx := order, int64(0)
	if s.version == ocpp.V16 {
		rest = order[1:]
	}
	if mangle {
		order = append(order, rest[s.dice.IntN(len(rest))], rest[s.dice.IntN(len(rest))], 0)
		rest = order[len(list)-len(rest):]
		s.dice.Shuffle(len(rest), func(i, j int) { rest[i], rest[j] = rest[j], rest[i] })
	}
	for _, i := range order {
		action, payload := "TransactionEvent", list[i]
		if s.version == ocpp.V16 {
			action = "MeterValues"
			switch i {
			case 0:
				action = "StartTransaction"
			case len(list) - 1:
				action = "StopTransaction"
			}
			if i > 0 {
				payload = fmt.Sprintf(payload, tx)
			}
		}
		answer, err := s.tell(ctx, action, payload)
		if err != nil {
			return err
		}
		if action == "StartTransaction" {
			again, err := transactionID(answer)
			if err != nil || tx != 0 && again != tx {
				return fmt.Errorf("a start that was repeated became transaction %d, it was %d: %w", again, tx, err)
			}
			tx = again
		}
	}
	return nil
}

// total is what a session came to.
type total struct {
	energy energy.Energy
	minor  int64
}

// outcome plays a script on a fresh server and returns what each session came to.
func outcome(t *testing.T, url string, seed uint64, at time.Time, mangle bool) map[string]total {
	w := newWorld(t, url, nil)
	w.addTariff(parkingTariff)
	w.addToken("TAG-1")
	ctx, cancel := context.WithTimeout(t.Context(), crashPatience)
	defer cancel()
	var all sync.WaitGroup
	for _, x := range script(seed, w, at) {
		all.Go(func() {
			defer x.station.hangUp()
			err := x.station.boot(ctx)
			for i := 0; i < len(x.sessions) && err == nil; i++ {
				err = x.play(ctx, x.sessions[i], mangle)
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if t.Failed() {
		t.FailNow()
	}
	w.waitSettled()
	w.checkMoney()
	out := map[string]total{}
	for _, s := range w.sessions() {
		out[s.Station+" "+s.StartedAt.Format(time.RFC3339)] = total{s.Energy, *s.CostMinor}
	}
	w.close()
	return out
}

// Messages that come twice and out of order cost the same cents.
func TestRepetitionAndDisorderChangeNoCent(t *testing.T) {
	at := time.Now().UTC().Truncate(time.Second).Add(-48 * time.Hour)
	for seed := range uint64(3) {
		t.Run(fmt.Sprint("seed", seed), func(t *testing.T) {
			straight := outcome(t, storetest.MigratedURL(t, schema.FS), seed, at, false)
			engines(t, func(t *testing.T, url string) {
				mangled := outcome(t, url, seed, at, true)
				if len(straight) == 0 || len(mangled) != len(straight) {
					t.Errorf("%d sessions became %d", len(straight), len(mangled))
				}
				for k, want := range straight {
					if got := mangled[k]; got != want {
						t.Errorf("%s: %s for %d cents became %s for %d", k, want.energy, want.minor, got.energy, got.minor)
					}
				}
			})
		})
	}
}

// smallBench runs every scenario of the bench once and looks at its report.
func smallBench(t *testing.T, binary string) {
	var out, said bytes.Buffer
	dir := t.TempDir()
	bench := exec.CommandContext(t.Context(), binary, "bench", "--duration", "100ms", "--connections", "4", "--rounds", "1", "--idle", "20", "--backlog", "100", "--dir", dir, "--json")
	bench.Stdout, bench.Stderr = &out, &said
	if err := bench.Run(); err != nil {
		t.Fatalf("%v\n%s", err, &said)
	}
	var r benchReport
	if err := json.NewDecoder(io.TeeReader(&out, &said)).Decode(&r); err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range r.Scenarios {
		names = append(names, f.Name)
		if f.Rate.Median <= 0 || f.CPU.Median <= 0 || f.Ratio.Median <= 0 {
			t.Errorf("%s: %+v", f.Name, f)
		}
	}
	if want := []string{"echo", "heartbeat", "metervalues", "transaction", "sessions", "settlement"}; !slices.Equal(names, want) {
		t.Errorf("scenarios %v", names)
	}
	if len(r.Memory) != 2 || r.Memory[1].Server != ownName || r.Memory[1].Connections != 20 {
		t.Errorf("memory %+v", r.Memory)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("the bench left %v %v", left, err)
	}
}
