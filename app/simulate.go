package app

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"chargewright/base/fail"
	"chargewright/sim"
	"chargewright/wire/ocpp"
)

type simulateCmd struct {
	URL           string        `help:"Address of the CSMS; the station's identity is appended." default:"ws://127.0.0.1:8080/ocpp/"`
	Stations      int           `help:"How many stations run; with --sessions the file decides." default:"10"`
	Protocol      []string      `help:"1.6, 2.0.1 or 2.1; several are dealt in turn." default:"1.6,2.0.1,2.1"`
	Sessions      string        `help:"CSV file of real sessions to replay." placeholder:"FILE"`
	Speed         int64         `help:"Recorded seconds that pass in one second; 0 is as fast as the server answers." default:"0"`
	Concurrency   int           `help:"Stations connected at once when --speed is 0." default:"16"`
	Prefix        string        `help:"Goes before each station's identity."`
	Password      string        `help:"HTTP basic password of every station."`
	Token         string        `help:"Token that drivers present." default:"REPLAY"`
	MeterInterval time.Duration `help:"Time between meter values in a replay." default:"15m"`
	Quirk         []string      `help:"What the stations do against the letter of the protocol; see --list-quirks." placeholder:"NAME"`
	ListQuirks    bool          `help:"Print the quirks and leave."`
	Steer         bool          `help:"Run one station with a DC and an AC EVSE that does what is typed, a command a line; help lists them."`
	Station       string        `help:"Identity of the station to --steer." default:"STEER-1"`
	Seed          uint64        `help:"Chances and message ids derive from it; a new run against the same CSMS needs a new one." default:"1"`
	JSON          bool          `name:"json" help:"Print the result of each replayed session as a line of JSON."`
}

func (c *simulateCmd) Run(ctx context.Context, t terminal) error {
	if c.ListQuirks {
		for _, q := range sim.Quirks() {
			fmt.Fprintf(t.out, "%-22s %s\n", q.Name, q.Does)
		}
		return nil
	}
	speak, err := parseVersions(c.Protocol)
	if err != nil {
		return err
	}
	if c.Steer {
		return c.steer(ctx, t, os.Stdin, speak[0])
	}
	if c.Sessions == "" {
		return c.network(ctx, t, speak)
	}
	return c.replay(ctx, t, speak)
}

func parseVersions(names []string) ([]ocpp.Version, error) {
	var out []ocpp.Version
	for _, n := range names {
		i := slices.IndexFunc(allVersions, func(v ocpp.Version) bool { return v.String() == strings.TrimPrefix(n, "ocpp") })
		if i < 0 {
			return nil, fail.Field("simulate", "protocol", "%q is none of 1.6, 2.0.1, 2.1", n)
		}
		out = append(out, allVersions[i])
	}
	return out, nil
}

var allVersions = []ocpp.Version{ocpp.V16, ocpp.V201, ocpp.V21}

func (c *simulateCmd) replay(ctx context.Context, t terminal, speak []ocpp.Version) error {
	f, err := os.Open(c.Sessions)
	if err != nil {
		return fail.Field("simulate", "sessions", "%v", err)
	}
	defer f.Close()
	sessions, err := sim.ReadSessions(f)
	if err != nil {
		return err
	}
	begun := time.Now()
	results, err := sim.Replay(ctx, sim.ReplayOptions{
		URL: c.URL, Sessions: sessions, Versions: speak, Prefix: c.Prefix, Speed: c.Speed, Concurrency: c.Concurrency,
		Token: func(sim.Session) string { return c.Token }, Password: func(string) string { return c.Password },
		MeterInterval: c.MeterInterval, Quirks: c.Quirk, Seed: c.Seed, Progress: c.progress(t.err), Log: logger(t.err, "warn"),
	})
	if err != nil {
		return err
	}
	return c.report(t.out, results, time.Since(begun))
}

// network runs living stations until the process is told to stop.
func (c *simulateCmd) network(ctx context.Context, t terminal, speak []ocpp.Version) error {
	n, err := sim.NewNetwork(sim.NetworkOptions{
		URL: c.URL, Stations: c.Stations, Versions: speak, Prefix: c.Prefix, Tokens: []string{c.Token}, Seed: c.Seed, Log: logger(t.err, "warn"),
		Password: func(string) string { return c.Password }, Quirks: func(string) []string { return c.Quirk },
	})
	if err != nil {
		return err
	}
	return n.Run(ctx)
}

// progress prints a line a second at the most.
func (c *simulateCmd) progress(w io.Writer) func(sim.Progress) {
	var last time.Time
	return func(p sim.Progress) {
		if now := time.Now(); p.Done == p.Total || now.Sub(last) > time.Second {
			last = now
			fmt.Fprintf(w, "%d of %d sessions\n", p.Done, p.Total)
		}
	}
}

// maxShown bounds the failed sessions that are named.
const maxShown = 10

func (c *simulateCmd) report(w io.Writer, results []sim.Result, took time.Duration) error {
	failed, wh := 0, int64(0)
	for _, r := range results {
		if c.JSON {
			line := map[string]any{
				"session": r.Session.ID, "station": r.Station, "evse": r.EVSE, "protocol": r.Version.String(), "transaction": r.Transaction,
				"energy_wh": r.EnergyWh, "start": r.Start, "end": r.End,
			}
			if r.Err != nil {
				line["error"] = r.Err.Error()
			}
			if err := json.NewEncoder(w).Encode(line); err != nil {
				return err
			}
		}
		wh += r.EnergyWh
		if r.Err == nil {
			continue
		}
		if failed++; failed <= maxShown && !c.JSON {
			fmt.Fprintf(w, "session %s at %s failed: %v\n", r.Session.ID, r.Station, r.Err)
		}
	}
	if !c.JSON {
		fmt.Fprintf(w, "%d sessions, %d.%03d kWh, %d failed, %s\n", len(results), wh/1000, wh%1000, failed, took.Round(time.Millisecond))
	}
	if failed > 0 {
		return fail.New(fail.Conflict, "simulate", "%d of %d sessions failed", failed, len(results))
	}
	return nil
}
