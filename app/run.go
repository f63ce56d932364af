package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"

	"github.com/alecthomas/kong"

	"chargewright/base/fail"
)

// Exit codes.
const (
	exitOK    = 0
	exitFault = 1 // it did not work
	exitInput = 2 // the input or the flags are wrong
)

// terminal is where a verb writes.
type terminal struct{ out, err io.Writer }

type cli struct {
	Config kong.ConfigFlag `help:"Read settings from a YAML file." placeholder:"FILE"`

	Serve    serveCmd    `cmd:"" help:"Run the server."`
	Demo     demoCmd     `cmd:"" help:"Run a server with a network of simulated stations, from nothing."`
	Simulate simulateCmd `cmd:"" help:"Run simulated stations against any CSMS, or replay real sessions."`
	Rate     rateCmd     `cmd:"" help:"Price a session from a file and print JSON."`
	APIKey   apiKeyCmd   `cmd:"" name:"apikey" help:"Make API keys."`
	User     userCmd     `cmd:"" help:"Invite staff users, or let one in again who lost the password."`
	Doctor   doctorCmd   `cmd:"" help:"Check an installation and say in plain words what is wrong."`
	Conf     configCmd   `cmd:"" name:"config" help:"Check or print the configuration."`
	Backup   backupCmd   `cmd:"" help:"Write a consistent copy of the SQLite database, also while the server runs."`
	Bench    benchCmd    `cmd:"" help:"Measure messages per second, CPU and memory beside a bare WebSocket echo."`
	Version  versionCmd  `cmd:"" help:"Print the version."`
}

// Run carries out one command line and returns the exit code.
func Run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	code, exited := exitOK, false
	parser, err := kong.New(&cli{}, kong.Name("chargewright"),
		kong.Description("An EV charging network in one binary: stations by OCPP 1.6, 2.0.1 and 2.1, exact money, open interfaces."),
		kong.Configuration(loadYAML), kong.DefaultEnvars("CHARGEWRIGHT"), kong.Writers(stdout, stderr),
		kong.Exit(func(c int) { code, exited = c, true }), kong.UsageOnError(),
		kong.BindTo(ctx, (*context.Context)(nil)), kong.Bind(terminal{stdout, stderr}))
	if err != nil {
		fmt.Fprintln(stderr, "chargewright:", err)
		return exitFault
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	k, err := parser.Parse(args)
	if exited {
		return code
	}
	if err != nil {
		fmt.Fprintln(stderr, "chargewright:", err)
		return exitInput
	}
	if err := k.Run(); err != nil {
		fmt.Fprintln(stderr, "chargewright:", plain(err))
		if fail.Is(err, fail.Invalid) {
			return exitInput
		}
		return exitFault
	}
	return exitOK
}

// plain is an error in one line for a terminal, with the cause: who runs the
// program may see it.
func plain(err error) string {
	var e *fail.Error
	if errors.As(err, &e) && e.Kind == fail.Invalid && e.Err == nil {
		if e.Field != "" {
			return e.Field + ": " + e.Text
		}
		return e.Text
	}
	return err.Error()
}

func logger(w io.Writer, level string) *slog.Logger {
	var l slog.Level
	if err := l.UnmarshalText([]byte(level)); err != nil {
		l = slog.LevelInfo
	}
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: l}))
}
