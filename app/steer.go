package app

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"chargewright/base/fail"
	"chargewright/sim"
	"chargewright/wire/ocpp"
)

// steerHelp lists the commands of a steered station, one to a line.
const steerHelp = `plug EVSE [BATTERY_WH SOC MAX_W] · tap EVSE TOKEN · stop EVSE · unplug EVSE · fault EVSE CODE · heal EVSE · offline SECONDS · cut · reboot · state · help · quit`

// maxSteerLine is the longest command, in bytes.
const maxSteerLine = 4096

// steer runs one station that does what is typed: each line read is a command
// and is answered by one line of JSON with "ok", and "error" or what there is to
// tell. It ends with the input, with quit, or with ctx.
func (c *simulateCmd) steer(ctx context.Context, t terminal, input io.Reader, v ocpp.Version) error {
	st, err := sim.New(sim.Config{
		ID: c.Prefix + c.Station, URL: c.URL, Version: v, Password: c.Password, Quirks: c.Quirk, Seed: c.Seed, Sample: steerSample,
		EVSEs: []sim.EVSE{{Kind: sim.DC, MaxW: 150_000}, {MaxW: 22_000}}, Vendor: "Halden", Model: "HDC-150", Serial: "HDC-" + c.Station, Log: logger(t.err, "warn"), Screen: true,
	})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- st.Run(ctx) }()
	lines := make(chan string)
	go func() {
		defer close(lines)
		in := bufio.NewScanner(input)
		in.Buffer(nil, maxSteerLine)
		for in.Scan() {
			select {
			case lines <- in.Text():
			case <-ctx.Done():
				return
			}
		}
	}()
	for {
		select {
		case err := <-ended:
			return err
		case <-ctx.Done():
			return nil
		case line, more := <-lines:
			if !more || strings.TrimSpace(line) == "quit" {
				cancel()
				return <-ended
			}
			if err := obey(ctx, st, strings.Fields(line), t.out); err != nil {
				return err
			}
		}
	}
}

// steerSample is the interval of meter values of a steered station.
const steerSample = 2 * time.Second

// steerWait bounds a command.
const steerWait = 40 * time.Second

// obey carries out one command and writes its answer.
func obey(ctx context.Context, st *sim.Station, words []string, out io.Writer) error {
	if len(words) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, steerWait)
	defer cancel()
	told, err := steered(ctx, st, words[0], words[1:])
	answer := map[string]any{"ok": err == nil}
	if err != nil {
		answer["error"] = fail.Say(err)
	} else if told != nil {
		answer["told"] = told
	}
	return json.NewEncoder(out).Encode(answer)
}

func steered(ctx context.Context, st *sim.Station, deed string, args []string) (any, error) {
	switch deed {
	case "state":
		return st.State(ctx)
	case "cut":
		return nil, st.CutConnection(ctx)
	case "reboot":
		return nil, st.Reboot(ctx)
	case "help":
		return steerHelp, nil
	case "offline":
		n, err := number("seconds", args, 0)
		if err != nil {
			return nil, err
		}
		return nil, st.GoOffline(ctx, time.Duration(n)*time.Second)
	}
	evse, err := number("EVSE", args, 0)
	if err != nil {
		return nil, err
	}
	n := int(evse)
	switch deed {
	case "plug":
		return nil, plugIn(ctx, st, n, args[1:])
	case "tap":
		return tapped(ctx, st, n, args[1:])
	case "stop":
		return nil, st.StopLocal(ctx, n)
	case "unplug":
		return nil, st.Unplug(ctx, n)
	case "heal":
		return nil, st.Heal(ctx, n)
	case "fault":
		if len(args) < 2 {
			return nil, fail.Field("steer", "code", "it is missing, such as GroundFailure")
		}
		return nil, st.Fault(ctx, n, args[1])
	}
	return nil, fail.Field("steer", "command", "%q is none of: %s", deed, steerHelp)
}

func plugIn(ctx context.Context, st *sim.Station, n int, args []string) error {
	if len(args) == 0 {
		return st.Plug(ctx, n)
	}
	var v [3]int64
	for i, name := range []string{"battery Wh", "SoC", "max W"} {
		var err error
		if v[i], err = number(name, args, i); err != nil {
			return err
		}
	}
	return st.Plug(ctx, n, sim.Vehicle{BatteryWh: v[0], SoC: v[1], MaxW: v[2]})
}

func tapped(ctx context.Context, st *sim.Station, n int, args []string) (any, error) {
	if len(args) == 0 {
		return nil, fail.Field("steer", "token", "it is missing")
	}
	o, err := st.Tap(ctx, n, args[0])
	if err != nil {
		return nil, err
	}
	return fmt.Sprintf("%s %s", o.Status, o.Transaction), nil
}

func number(name string, args []string, i int) (int64, error) {
	if i >= len(args) {
		return 0, fail.Field("steer", name, "it is missing")
	}
	n, err := strconv.ParseInt(args[i], 10, 32)
	if err != nil || n < 0 {
		return 0, fail.Field("steer", name, "%q is no whole number", args[i])
	}
	return n, nil
}
