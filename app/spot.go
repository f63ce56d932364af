package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"chargewright/base/fail"
	"chargewright/base/money"
	"chargewright/base/store"
	"chargewright/core/access"
	"chargewright/core/notify"
	"chargewright/core/tariff"
	"chargewright/plug/spotprice"
)

// SpotConfig is what concerns spot prices.
type SpotConfig struct {
	SpotPrices string `help:"YAML file with the indexes that tariffs may follow, and where their prices are fetched." placeholder:"FILE"`

	// Feeds are further ones, of a demonstration. No flag.
	Feeds []tariff.Feed `kong:"-"`
}

// spotFile is the form of that file; docs/operating.md explains it.
type spotFile struct {
	Indexes []spotIndex `yaml:"indexes"`
}

type spotIndex struct {
	ID          string            `yaml:"id"`
	Currency    string            `yaml:"currency"`
	TimeZone    string            `yaml:"time_zone"`
	SlotMinutes int64             `yaml:"slot_minutes"`
	Due         string            `yaml:"due"`
	Alarm       string            `yaml:"alarm"`
	URL         string            `yaml:"url"`
	File        string            `yaml:"file"`
	Query       string            `yaml:"query"`
	Headers     map[string]string `yaml:"headers"`
	HeaderFiles map[string]string `yaml:"header_files"`
	Format      string            `yaml:"format"`
	Items       string            `yaml:"items"`
	Time        string            `yaml:"time"`
	End         string            `yaml:"end"`
	Price       string            `yaml:"price"`
	Layout      string            `yaml:"layout"`
	Comma       bool              `yaml:"decimal_comma"`
	Unit        string            `yaml:"unit"`
}

// maxSpotFile bounds the file.
const maxSpotFile = 1 << 20

// check returns an Invalid error that names what is at fault.
func (c SpotConfig) check() error {
	_, err := c.feeds()
	return err
}

// feeds reads the indexes of the configuration.
func (c SpotConfig) feeds() ([]tariff.Feed, error) {
	if c.SpotPrices == "" {
		return nil, nil
	}
	no := func(format string, args ...any) ([]tariff.Feed, error) {
		return nil, fail.Field("config", "spot-prices", format, args...)
	}
	f, err := os.Open(c.SpotPrices)
	if err != nil {
		return no("%v", err)
	}
	defer f.Close()
	var in spotFile
	d := yaml.NewDecoder(io.LimitReader(f, maxSpotFile))
	d.KnownFields(true)
	if err := d.Decode(&in); err != nil && !errors.Is(err, io.EOF) {
		return no("%v", err)
	}
	var out []tariff.Feed
	for i, x := range in.Indexes {
		feed, err := x.feed()
		if err != nil {
			return no("indexes[%d] (%s): %s", i, x.ID, fail.SayWhere(err))
		}
		if slices.ContainsFunc(out, func(f tariff.Feed) bool { return f.Index.ID == x.ID }) {
			return no("indexes[%d]: %s is there twice", i, x.ID)
		}
		out = append(out, feed)
	}
	return out, nil
}

func (x spotIndex) feed() (feed tariff.Feed, err error) {
	i := tariff.Index{
		Tenant: access.DefaultTenant, ID: x.ID, Currency: money.Currency(x.Currency), Zone: x.TimeZone, Slot: time.Duration(x.SlotMinutes) * time.Minute, Fed: true,
	}
	if i.Due, err = minuteOf("due", x.Due, "13:00"); err != nil {
		return feed, err
	}
	if i.Alarm, err = minuteOf("alarm", x.Alarm, "18:00"); err != nil {
		return feed, err
	}
	if err := i.Check(); err != nil {
		return feed, err
	}
	zone, err := i.Location()
	if err != nil {
		return feed, err
	}
	headers := maps.Clone(x.Headers)
	for name, path := range x.HeaderFiles {
		b, err := os.ReadFile(path)
		if err != nil {
			return feed, fail.Field("config", "header_files", "%v", err)
		}
		if headers == nil {
			headers = map[string]string{}
		}
		headers[name] = strings.TrimSpace(string(b))
	}
	s, err := spotprice.New(spotprice.Options{
		URL: x.URL, File: x.File, Query: x.Query, Header: headers, Format: x.Format, Items: x.Items, Time: x.Time, End: x.End, Price: x.Price,
		Layout: x.Layout, DecimalComma: x.Comma, Zone: zone, Slot: i.Slot, Unit: x.Unit,
	})
	return tariff.Feed{Index: i, Source: s}, err
}

// minuteOf reads a time of day such as 13:00.
func minuteOf(field, s, otherwise string) (int, error) {
	if s == "" {
		s = otherwise
	}
	t, err := time.Parse("15:04", s)
	if err != nil {
		return 0, fail.Field("config", field, "%q is no time of day such as 13:00", s)
	}
	return t.Hour()*60 + t.Minute(), nil
}

// prices fetches spot prices until ctx ends.
func (s *Server) prices(ctx context.Context) {
	err := s.feeder.Run(ctx)
	if err != nil && ctx.Err() == nil {
		s.log.Error("spot prices are not fetched", "err", err)
	}
}

// newFeeder makes what fetches spot prices, as configured and from the feeds of a
// demonstration.
func (s *Server) newFeeder() (err error) {
	feeds, err := s.cfg.feeds()
	if err != nil {
		return err
	}
	s.feeder, err = tariff.NewFeeder(tariff.FeederOptions{DB: s.DB, Feeds: append(feeds, s.cfg.Feeds...), Log: s.log, Missed: s.pricesMissed})
	return err
}

// pricesMissed tells the owners that tomorrow's prices are missing.
func (s *Server) pricesMissed(tx *store.Tx, x tariff.Index, day time.Time) error {
	date := day.Format(time.DateOnly)
	s.log.Error("spot prices are missing", "index", x.ID, "day", date)
	return s.eachOwner(tx, x.Tenant, func(u access.User) error {
		return notify.Queue(tx, notify.Mail{
			Tenant: x.Tenant, To: u.Email, Kind: "prices_missing", Key: fmt.Sprint("prices_missing/", x.ID, "/", date, "/", u.ID),
			Subject: fmt.Sprintf("Prices of %s are missing for %s", x.ID, date),
			Text: fmt.Sprintf("The prices of the index %s for %s are not all known. What is charged then is billed at the fallback price of the tariffs that follow it.\n\nThey can be put in by hand:\n%s\n",
				x.ID, date, s.cfg.base(s.Addr)+"/spot-prices"),
		})
	})
}
