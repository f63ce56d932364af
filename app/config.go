package app

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/alecthomas/kong"
	"go.yaml.in/yaml/v3"

	"chargewright/base/fail"
	"chargewright/edge/gateway"
)

// Config is what `serve` can be told, by flag, by CHARGEWRIGHT_… or in YAML; a
// flag beats the environment, which beats the file. A change needs a restart.
type Config struct {
	Database       string   `help:"Where the data lives: sqlite:PATH or postgres://… (default: sqlite in the data directory)." placeholder:"URL"`
	DataDir        string   `help:"Directory for the master key, the SQLite database and telemetry." default:"data" placeholder:"DIR"`
	Listen         string   `help:"Address for stations, API and pages." default:"127.0.0.1:8080" placeholder:"ADDR"`
	TLSListen      string   `name:"tls-listen" help:"Address for the same over TLS; needs certificates." placeholder:"ADDR"`
	TLSCert        []string `name:"tls-cert" help:"Certificate chain in PEM; repeat for EC and RSA." placeholder:"FILE"`
	TLSKey         []string `name:"tls-key" help:"Key of each certificate, in the same order." placeholder:"FILE"`
	TLSLegacy      bool     `name:"tls-legacy" help:"Also offer the two RSA key exchange suites that security profile 2 names and some old stations need."`
	Handshakes     int      `help:"Handshakes under way from one address; 0 is no limit, for a server behind a proxy." default:"200"`
	AdminListen    string   `help:"Address for metrics; keep it on loopback." default:"127.0.0.1:9464" placeholder:"ADDR"`
	StationPaths   []string `help:"Further URL paths of stations, with {id}, so that a fleet moves here by DNS alone." placeholder:"PATTERN"`
	TelemetryDays  int      `help:"How long meter values outside of receipts are kept." default:"400"`
	MessageLogDays int      `help:"How long the messages of stations are kept for looking at." default:"14"`
	LogLevel       string   `help:"debug, info, warn or error." default:"info" enum:"debug,info,warn,error"`
	Name           string   `help:"Seller named on receipts, used when the database is new." default:"Chargewright"`
	Country        string   `help:"Its country (ISO 3166-1), used when the database is new." default:"DE"`
	Currency       string   `help:"Its currency (ISO 4217), used when the database is new." default:"EUR"`
	Zone           string   `help:"Time zone of the first site, used when the database is new." default:"Europe/Berlin"`

	SignInConfig `embed:""`
	NotifyConfig `embed:""`
	PayConfig    `embed:""`
	SpotConfig   `embed:""`
	TaxConfig    `embed:""`

	Simulator bool `help:"Offer administrators to run simulated stations beside the server." default:"true" negatable:""`

	AskDisplays bool `help:"Ask stations of which it is not known what prices and costs they can show." default:"true" negatable:""`

	MapTiles string `help:"PMTiles file (Protomaps basemap) with the streets of the maps; without one they show land and water only. Pages load nothing from elsewhere, so it is a file here." placeholder:"FILE"`

	AcceptUnknownStations bool `help:"Let stations in that nobody announced. For demos and tests only."`

	poll time.Duration // see outbox.Options; 0 is its own. Events of other processes alone wait for it
}

// check returns an Invalid error that names the setting at fault.
func (c Config) check() error {
	switch {
	case len(c.TLSCert) != len(c.TLSKey):
		return fail.Field("config", "tls-cert", "there are %d certificates and %d keys", len(c.TLSCert), len(c.TLSKey))
	case c.TelemetryDays < 1 || c.MessageLogDays < 1:
		return fail.Field("config", "telemetry-days", "telemetry and messages are kept for a day at least")
	case c.TLSListen != "" && len(c.TLSCert) == 0:
		return fail.Field("config", "tls-listen", "it needs --tls-cert and --tls-key")
	}
	for _, p := range c.StationPaths {
		if !strings.HasPrefix(p, "/") || !strings.HasSuffix(p, "/{id}") {
			return fail.Field("config", "station-paths", "%q does not begin with a slash and end in {id}", p)
		}
	}
	if err := checkTiles(c.MapTiles); err != nil {
		return err
	}
	if err := c.NotifyConfig.check(); err != nil {
		return err
	}
	if err := c.SpotConfig.check(); err != nil {
		return err
	}
	return c.SignInConfig.check()
}

func (c Config) pairs() []gateway.Pair {
	out := make([]gateway.Pair, len(c.TLSCert))
	for i := range out {
		out[i] = gateway.Pair{Certificate: c.TLSCert[i], Key: c.TLSKey[i]}
	}
	return out
}

func (c Config) database() string {
	if c.Database != "" {
		return c.Database
	}
	return "sqlite:" + c.DataDir + "/core.db"
}

// yamlFile resolves flags from a YAML file. A key that is no flag is refused.
type yamlFile struct{ values map[string]any }

func loadYAML(r io.Reader) (kong.Resolver, error) {
	f := yamlFile{}
	if err := yaml.NewDecoder(r).Decode(&f.values); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("the configuration is no YAML: %w", err)
	}
	return f, nil
}

// Validate refuses keys that no flag of the chosen commands has.
func (f yamlFile) Validate(a *kong.Application) error {
	var known []string
	for _, n := range a.Node.Children {
		for _, group := range n.AllFlags(false) {
			for _, flag := range group {
				known = append(known, flag.Name)
			}
		}
	}
	for k := range f.values {
		if !slices.Contains(known, k) {
			return fmt.Errorf("the configuration has an unknown key %q", k)
		}
	}
	return nil
}

// Resolve gives a flag its value from the file unless the environment has one.
func (f yamlFile) Resolve(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
	for _, e := range flag.Envs {
		if _, set := os.LookupEnv(e); set {
			return nil, nil
		}
	}
	switch v := f.values[flag.Name].(type) {
	case nil:
		return nil, nil
	case []any:
		parts := make([]string, len(v))
		for i, p := range v {
			parts[i] = fmt.Sprint(p)
		}
		return strings.Join(parts, ","), nil
	default:
		return fmt.Sprint(v), nil
	}
}
