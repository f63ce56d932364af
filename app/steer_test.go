package app

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"chargewright/wire/ocpp"
)

// A steered station does what is typed and says what came of it, of every
// version; what it cannot do it says too.
func TestSteeredStation(t *testing.T) {
	s := listening(t, func(c *Config) { c.AcceptUnknownStations = true })
	for i, v := range []ocpp.Version{ocpp.V16, ocpp.V201, ocpp.V21} {
		ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
		in, type_ := io.Pipe()
		said, out := io.Pipe()
		c := simulateCmd{URL: "ws://" + s.Addr + "/ocpp/", Station: fmt.Sprintf("STEER-%d", i), Seed: uint64(i)}
		ended := make(chan error, 1)
		go func() { ended <- c.steer(ctx, terminal{out, io.Discard}, in, v) }()
		answers := bufio.NewScanner(said)
		do := func(line string) (told map[string]any) {
			t.Helper()
			fmt.Fprintln(type_, line)
			if !answers.Scan() {
				t.Fatalf("%s: no answer to %q: %v", v, line, ctx.Err())
			}
			if err := json.Unmarshal(answers.Bytes(), &told); err != nil {
				t.Fatal(err)
			}
			return told
		}
		for _, line := range []string{"", "plug 1 60000 40 50000", "tap 1 NOBODY", "fault 2 GroundFailure", "heal 2", "unplug 1", "state"} {
			if line == "" {
				fmt.Fprintln(type_) // an empty line is nothing
				continue
			}
			if a := do(line); a["ok"] != true {
				t.Errorf("%s: %s: %v", v, line, a)
			}
		}
		for _, line := range []string{"plug", "plug 9", "plug one", "plug 1 60000", "tap 1", "fault 1", "dance 1"} {
			if a := do(line); a["ok"] != false || a["error"] == "" {
				t.Errorf("%s: %s: %v", v, line, a)
			}
		}
		if a := do("help"); !strings.Contains(fmt.Sprint(a["told"]), "plug EVSE") {
			t.Errorf("help: %v", a)
		}
		fmt.Fprintln(type_, "quit")
		if err := <-ended; err != nil {
			t.Errorf("%s: %v", v, err)
		}
		cancel()
	}
}
