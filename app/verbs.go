package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"syscall"

	"go.yaml.in/yaml/v3"

	"chargewright/base/fail"
	"chargewright/base/store"
	"chargewright/core/access"
	"chargewright/core/ledger"
	"chargewright/core/station"
	"chargewright/core/tariff"
)

type serveCmd struct {
	Config `embed:""`
}

// Run serves until the process is told to stop.
func (c *serveCmd) Run(ctx context.Context, t terminal) error {
	log := logger(t.err, c.LogLevel)
	s, err := Open(ctx, c.Config, log)
	if err != nil {
		return err
	}
	if err := s.Start(ctx); err != nil {
		return err
	}
	fmt.Fprintf(t.out, "stations  ws://%s/ocpp/{stationId}\npages     http://%s/\n", s.Addr, s.Addr)
	setup, err := s.setupURL(ctx)
	if err != nil {
		return errors.Join(err, s.Stop(context.WithoutCancel(ctx)))
	}
	if setup != "" {
		fmt.Fprintf(t.out, "set up    %s\n", setup)
	}
	reload := make(chan os.Signal, 1)
	signal.Notify(reload, syscall.SIGHUP)
	defer signal.Stop(reload)
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case <-reload:
			log.Info("certificates read again", "err", s.Reload())
		}
	}
	log.Info("stopping")
	return s.Stop(context.WithoutCancel(ctx))
}

type rateCmd struct {
	File string `arg:"" help:"Tariff and session as JSON; - reads standard input."`
}

func (c *rateCmd) Run(t terminal) error {
	in := io.Reader(os.Stdin)
	if c.File != "-" {
		f, err := os.Open(c.File)
		if err != nil {
			return fail.Field("rate", "file", "%v", err)
		}
		defer f.Close()
		in = f
	}
	out, err := tariff.RateFile(in)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(t.out, "%s\n", out)
	return err
}

// opened runs fn on the database of a configuration, beside a running server.
func opened(ctx context.Context, c Config, log io.Writer, fn func(*store.DB) error) error {
	db, err := store.Open(ctx, c.database(), store.Options{Log: logger(log, "warn")})
	if err != nil {
		return err
	}
	err = fn(db)
	if cerr := db.Close(); err == nil {
		err = cerr
	}
	return err
}

// place is the part of the configuration that says where the data is.
type place struct {
	Database string `help:"Where the data lives: sqlite:PATH or postgres://… (default: sqlite in the data directory)." placeholder:"URL"`
	DataDir  string `help:"Directory of the installation." default:"data" placeholder:"DIR"`
}

func (p place) config() Config { return Config{Database: p.Database, DataDir: p.DataDir} }

type apiKeyCmd struct {
	Create apiKeyCreateCmd `cmd:"" help:"Make an API key and print it, and nothing else."`
}

type apiKeyCreateCmd struct {
	place `embed:""`
	Role  string   `help:"owner, operator, finance, technician, support, viewer or host." required:""`
	Label string   `help:"What the key is for." default:"made on the command line"`
	Site  []string `help:"A site that a host sees; may be given again." placeholder:"ID"`
}

func (c *apiKeyCreateCmd) Run(ctx context.Context, t terminal) error {
	return opened(ctx, c.config(), t.err, func(db *store.DB) error {
		secret, err := store.Do(ctx, db, "apikey", func(tx *store.Tx) (string, error) {
			for _, site := range c.Site {
				if _, err := station.GetSite(tx, access.Scope{Tenant: access.DefaultTenant}, site); err != nil {
					return "", err
				}
			}
			return access.CreateKey(tx, access.DefaultTenant, access.Role(c.Role), c.Label, c.Site...)
		})
		if err != nil {
			return err
		}
		_, err = fmt.Fprintln(t.out, secret)
		return err
	})
}

type backupCmd struct {
	place `embed:""`
	To    string `arg:"" help:"File to write; it must not exist."`
}

func (c *backupCmd) Run(ctx context.Context, t terminal) error {
	return opened(ctx, c.config(), t.err, func(db *store.DB) error {
		if err := db.Backup(ctx, c.To); err != nil {
			return err
		}
		_, err := fmt.Fprintf(t.out, "written and verified: %s\n", c.To)
		return err
	})
}

type doctorCmd struct {
	place `embed:""`
}

// Run checks what can be checked without the server.
func (c *doctorCmd) Run(ctx context.Context, t terminal) error {
	say := func(ok bool, what, detail string) bool {
		mark := "ok   "
		if !ok {
			mark = "WRONG"
		}
		fmt.Fprintf(t.out, "%s  %s: %s\n", mark, what, detail)
		return ok
	}
	cfg := c.config()
	if info, err := os.Stat(cfg.DataDir); err != nil || !info.IsDir() {
		say(false, "data directory", fmt.Sprintf("%s is not there; `chargewright serve --data-dir %s` makes it", cfg.DataDir, cfg.DataDir))
		return fail.New(fail.NotFound, "doctor", "there is no installation to check")
	}
	if info, err := os.Stat(cfg.DataDir + "/master.key"); err != nil {
		say(false, "master key", "missing; without it no station password can be checked: restore it from your backup")
	} else {
		say(info.Mode().Perm()&0o077 == 0, "master key", info.Mode().Perm().String())
	}
	return opened(ctx, cfg, t.err, func(db *store.DB) error {
		err := db.Ready(ctx)
		if !say(err == nil, "database", fmt.Sprintf("%s, commits: %v", db.Engine(), err == nil)) {
			return err
		}
		off, err := store.Read(ctx, db, ledger.Unbalanced)
		if err != nil {
			return err
		}
		if !say(off == 0, "ledger", fmt.Sprintf("%d journals do not sum to zero", off)) {
			return fail.New(fail.Internal, "doctor", "the ledger was written past the program")
		}
		return nil
	})
}

type configCmd struct {
	Check configCheckCmd `cmd:"" help:"Check the configuration of serve."`
	Print configPrintCmd `cmd:"" help:"Print the configuration of serve as YAML."`
}

type configCheckCmd struct {
	Config `embed:""`
}

func (c *configCheckCmd) Run(t terminal) error {
	if err := c.check(); err != nil {
		return err
	}
	_, err := fmt.Fprintln(t.out, "the configuration is good")
	return err
}

type configPrintCmd struct {
	Config `embed:""`
}

func (c *configPrintCmd) Run(t terminal) error {
	return yaml.NewEncoder(t.out).Encode(map[string]any{
		"database": c.database(), "data-dir": c.DataDir, "listen": c.Listen, "tls-listen": c.TLSListen, "tls-cert": c.TLSCert, "tls-key": c.TLSKey, "tls-legacy": c.TLSLegacy,
		"handshakes": c.Handshakes, "admin-listen": c.AdminListen, "station-paths": c.StationPaths, "telemetry-days": c.TelemetryDays, "message-log-days": c.MessageLogDays, "log-level": c.LogLevel, "name": c.Name, "country": c.Country,
		"currency": c.Currency, "zone": c.Zone, "accept-unknown-stations": c.AcceptUnknownStations, "ask-displays": c.AskDisplays, "simulator": c.Simulator, "map-tiles": c.MapTiles,
		"public-url": c.PublicURL, "trusted-proxies": c.TrustedProxies, "oidc-issuer": c.OIDCIssuer, "oidc-client-id": c.OIDCClientID, "oidc-secret": hidden(c.OIDCSecret),
		"smtp-url": hidden(c.SMTPURL), "smtp-url-file": c.SMTPURLFile, "webhook-allow-private": c.WebhookAllowPrivate,
		"oidc-secret-file": c.OIDCSecretFile, "oidc-name": c.OIDCName, "oidc-role": c.OIDCRole, "spot-prices": c.SpotPrices, "vies": c.VIES,
		"pay-by": c.PayBy, "stripe-key": hidden(c.StripeKey), "stripe-key-file": c.StripeKeyFile, "stripe-webhook-secrets": hiddenEach(c.StripeWebhookSecrets),
		"mollie-key": hidden(c.MollieKey), "mollie-key-file": c.MollieKeyFile, "mollie-reports": hidden(c.MollieReports), "mollie-webhook-secrets": hiddenEach(c.MollieWebhookSecrets),
		"simpay": c.Simpay,
	})
}

// hidden says whether there is a secret without showing it.
func hidden(secret string) string {
	if secret == "" {
		return ""
	}
	return "(hidden)"
}

func hiddenEach(secrets []string) []string {
	out := make([]string, len(secrets))
	for i, s := range secrets {
		out[i] = hidden(s)
	}
	return out
}

type versionCmd struct{}

func (versionCmd) Run(t terminal) error {
	_, err := fmt.Fprintf(t.out, "chargewright %s, %s\n", version(), runtime.Version())
	return err
}

// version names the build: a release, or the revision it was made of.
func version() string {
	name := "development"
	b, ok := debug.ReadBuildInfo()
	if !ok {
		return name
	}
	if b.Main.Version != "" && b.Main.Version != "(devel)" {
		name = b.Main.Version
	}
	for _, s := range b.Settings {
		if s.Key == "vcs.revision" {
			name += " " + s.Value
		}
	}
	return name
}
