// Package spotprice reads the prices of a wholesale index from a file or over
// HTTP, as CSV or JSON of whatever shape: it implements tariff.Source.
//
// Decimals are taken exactly; nothing is rounded, and more decimals than fit (9
// per kWh, 6 per MWh) are refused. Times without a zone are of the zone of the
// options and in order of time: of an hour that comes twice the first is taken
// first, one that does not come is refused. A slot given twice, or overlapping
// another, spoils the whole answer. A price that is null or empty is a gap.
package spotprice

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"chargewright/base/fail"
	"chargewright/core/tariff"
)

// Options say where prices are and how they are written.
type Options struct {
	// URL is http:// or https://; {from} and {until} in it become the times asked
	// for as Query says. File is a path instead.
	URL, File string
	Query     string            // rfc3339 (the default), date, unix, unix_ms, or a Go layout; in UTC but for date, which is in Zone
	Header    map[string]string // of requests; for keys

	Format string // csv or json
	// Items is where a JSON answer has its list: members and numbers of lists with
	// dots between, "" for the answer itself. If it is no list but an object, Time
	// and Price are lists in it.
	Items string
	// Time, End and Price are columns of a CSV (the defaults are start, end and
	// price) or places within an item of JSON. Without End a slot is Slot long.
	Time, End, Price string
	Layout           string // of times: unix, unix_ms, a Go layout, or "" for the usual forms
	DecimalComma     bool

	Zone *time.Location
	Slot time.Duration // 15, 30 or 60 minutes
	Unit string        // kWh or MWh
}

// Bounds of an answer.
const (
	maxBody     = 8 << 20
	maxRows     = 200_000
	requestTime = 30 * time.Second
	maxHops     = 3
)

// Source is a tariff.Source.
type Source struct {
	o      Options
	client *http.Client
}

var _ tariff.Source = (*Source)(nil)

// New checks the options, or is Invalid and names the one at fault.
func New(o Options) (*Source, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	if o.Format == "csv" {
		o.Time, o.Price = cmp.Or(o.Time, "start"), cmp.Or(o.Price, "price")
	}
	return &Source{o, &http.Client{
		Timeout: requestTime,
		// A key goes to the host it was given for, and nowhere else.
		CheckRedirect: func(r *http.Request, via []*http.Request) error {
			if len(via) > maxHops || r.URL.Host != via[0].URL.Host || r.URL.Scheme != via[0].URL.Scheme {
				return errElsewhere
			}
			return nil
		},
	}}, nil
}

var errElsewhere = errors.New("it redirects elsewhere")

func (o *Options) check() error {
	no := func(name, why string) error { return fail.Field("spotprice.New", name, "%s", why) }
	switch {
	case (o.URL == "") == (o.File == ""):
		return no("url", "either a URL or a file is needed")
	case o.Format != "csv" && o.Format != "json":
		return no("format", "is not one of csv, json")
	case o.Zone == nil:
		return no("zone", "is required")
	case o.Unit != "kWh" && o.Unit != "MWh":
		return no("unit", "is not one of kWh, MWh")
	case o.Slot != 15*time.Minute && o.Slot != 30*time.Minute && o.Slot != time.Hour:
		return no("slot_minutes", "is not one of 15, 30, 60")
	case o.Format == "json" && (o.Time == "" || o.Price == ""):
		return no("time", "JSON needs the places of time and price")
	}
	if o.URL == "" {
		return nil
	}
	u, err := url.Parse(o.address(time.Unix(0, 0), time.Unix(0, 0)))
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return no("url", "is not http://… or https://…")
	}
	return nil
}

// address is the URL for a time.
func (o *Options) address(from, until time.Time) string {
	write := func(t time.Time) string {
		switch o.Query {
		case "", "rfc3339":
			return t.UTC().Format(time.RFC3339)
		case "date":
			return t.In(o.Zone).Format(time.DateOnly)
		case "unix":
			return strconv.FormatInt(t.Unix(), 10)
		case "unix_ms":
			return strconv.FormatInt(t.UnixMilli(), 10)
		}
		return t.UTC().Format(o.Query)
	}
	return strings.NewReplacer("{from}", url.QueryEscape(write(from)), "{until}", url.QueryEscape(write(until))).Replace(o.URL)
}

// Fetch implements tariff.Source.
func (s *Source) Fetch(ctx context.Context, from, until time.Time) ([]tariff.Slot, error) {
	b, err := s.load(ctx, from, until)
	if err != nil {
		return nil, err
	}
	all, err := s.o.read(b)
	if err != nil {
		return nil, err
	}
	return within(all, from, until), nil
}

// within are the slots that begin from from on and before until; nil for none.
func within(all []tariff.Slot, from, until time.Time) []tariff.Slot {
	all = slices.DeleteFunc(all, func(x tariff.Slot) bool { return x.Start.Before(from) || !x.Start.Before(until) })
	if len(all) == 0 {
		return nil
	}
	return all
}

func (s *Source) load(ctx context.Context, from, until time.Time) ([]byte, error) {
	const op = "spotprice.Fetch"
	if s.o.File != "" {
		f, err := os.Open(s.o.File)
		if err != nil {
			var path *fs.PathError
			if errors.As(err, &path) {
				err = path.Err
			}
			return nil, fail.New(fail.Unavailable, op, "the file of prices cannot be read: %v", err)
		}
		defer f.Close()
		return bounded(f)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.o.address(from, until), nil)
	if err != nil {
		return nil, fail.Wrap(fail.Internal, op, err)
	}
	for k, v := range s.o.Header {
		r.Header.Set(k, v)
	}
	a, err := s.client.Do(r)
	if err != nil {
		return nil, unreached(err)
	}
	defer a.Body.Close()
	switch a.StatusCode {
	case http.StatusOK:
		return bounded(a.Body)
	case http.StatusNoContent:
		return nil, nil
	}
	return nil, fail.New(fail.Unavailable, op, "the server of prices answered %d", a.StatusCode)
}

// unreached says why there is no answer, without the address: it may hold a key.
func unreached(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		if u.Timeout() {
			return fail.New(fail.Timeout, "spotprice.Fetch", "the server of prices did not answer in time")
		}
		err = u.Err
	}
	if errors.Is(err, context.Canceled) {
		return fail.Wrap(fail.Timeout, "spotprice.Fetch", err)
	}
	return fail.New(fail.Unavailable, "spotprice.Fetch", "the server of prices cannot be reached: %v", err)
}

func bounded(r io.Reader) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(r, maxBody+1))
	switch {
	case err != nil:
		return nil, unreached(err)
	case len(b) > maxBody:
		return nil, wrong("input", "is longer than %d bytes", maxBody)
	}
	return b, nil
}

func wrong(field, format string, args ...any) error {
	return fail.Field("spotprice.read", field, format, args...)
}

// Read reads prices as CSV from a person's hand: the columns start, price and,
// if there is one, end, with commas or semicolons between them; per is kWh or
// MWh.
func Read(x tariff.Index, per string, b []byte) ([]tariff.Slot, error) {
	zone, err := x.Location()
	if err != nil {
		return nil, err
	}
	o := Options{File: "-", Format: "csv", Time: "start", Price: "price", Zone: zone, Slot: x.Slot, Unit: per}
	if err := o.check(); err != nil {
		return nil, err
	}
	if len(b) > maxBody {
		return nil, wrong("input", "is longer than %d bytes", maxBody)
	}
	return o.read(b)
}

// read makes slots of an answer, in order of time.
func (o *Options) read(b []byte) ([]tariff.Slot, error) {
	if len(strings.TrimSpace(string(b))) == 0 {
		return nil, nil
	}
	rows, err := o.rows(b)
	if err != nil {
		return nil, err
	}
	if len(rows) > maxRows {
		return nil, wrong("rows", "more than %d", maxRows)
	}
	out := make([]tariff.Slot, 0, len(rows))
	c := clock{zone: o.Zone, layout: o.Layout}
	for i, r := range rows {
		x, gap, err := o.slot(&c, r)
		if err != nil {
			return nil, wrong(fmt.Sprintf("rows[%d]", i), "row %d: %s", i+1, fail.Say(err))
		}
		if !gap {
			out = append(out, x)
		}
	}
	slices.SortStableFunc(out, func(a, b tariff.Slot) int { return a.Start.Compare(b.Start) })
	for i := 1; i < len(out); i++ {
		if out[i].Start.Before(out[i-1].End) {
			return nil, wrong("rows", "the slot from %s is given twice or overlaps another", out[i].Start.UTC().Format(time.RFC3339))
		}
	}
	return out, nil
}

func (o *Options) rows(b []byte) ([]row, error) {
	if o.Format == "csv" {
		return o.csvRows(b)
	}
	return o.jsonRows(b)
}

// row is what an answer says of a slot, as it is written.
type row struct{ time, end, price string }

func (o *Options) slot(c *clock, r row) (x tariff.Slot, gap bool, err error) {
	if x.Start, err = c.read(r.time); err != nil {
		return x, false, err
	}
	x.End = x.Start.Add(o.Slot)
	if r.end != "" && !c.lasts(x.Start, r.time, r.end, o.Slot) {
		return x, false, fail.New(fail.Invalid, "spotprice.read", "is not %d minutes long", o.Slot/time.Minute)
	}
	if r.price == "" {
		return x, true, nil
	}
	x.Price, err = o.amount(r.price)
	return x, false, err
}

// amount reads a price. A millionth per MWh is a billionth per kWh.
func (o *Options) amount(s string) (tariff.Spot, error) {
	if o.DecimalComma {
		s = strings.Replace(s, ",", ".", 1)
	}
	if o.Unit == "MWh" {
		s = perThousand(s)
	}
	return tariff.ParseSpot(s)
}

// perThousand divides a decimal by a thousand, exactly, by its exponent.
func perThousand(s string) string {
	i := strings.IndexAny(s, "eE")
	if i < 0 {
		return s + "e-3"
	}
	n, err := strconv.Atoi(s[i+1:])
	if err != nil || n < -1000 || n > 1000 {
		return s
	}
	return s[:i] + "e" + strconv.Itoa(n-3)
}
