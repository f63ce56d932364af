// Package vies asks the VAT registers of the member states through VIES, the
// Commission's system: it implements driver.VATChecker. VIES is often down, and
// each member state's register for itself; that is no verdict.
package vies

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"chargewright/base/fail"
	"chargewright/core/access"
	"chargewright/core/driver"
)

// Address is the REST interface of VIES.
const Address = "https://ec.europa.eu/taxation_customs/vies/rest-api"

// Checker is a driver.VATChecker over VIES.
type Checker struct {
	base   string
	client *http.Client
}

var _ driver.VATChecker = (*Checker)(nil)

// Bounds of a conversation.
const (
	patience  = 20 * time.Second
	maxAnswer = 64 << 10
)

// New returns a Checker; base is Address but for tests.
func New(base string) *Checker {
	return &Checker{strings.TrimRight(base, "/"), &http.Client{
		Timeout:       patience,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// answer is what VIES says: of an id, or that it cannot.
type answer struct {
	Valid      *bool  `json:"isValid"`
	UserError  string `json:"userError"`
	Name       string `json:"name"`
	Address    string `json:"address"`
	Identifier string `json:"requestIdentifier"`
}

// CheckVAT implements driver.VATChecker.
func (c *Checker) CheckVAT(ctx context.Context, country, vatID string) (driver.VATAnswer, error) {
	const op = "vies.CheckVAT"
	prefix := access.VATPrefix(country)
	if country == "GB" {
		prefix = "XI"
	}
	if number, ok := strings.CutPrefix(vatID, prefix); ok && driver.InVIES(country) {
		return c.ask(ctx, prefix, number)
	}
	return driver.VATAnswer{}, fail.Field(op, "country", "VIES does not know the VAT ids of %s", country)
}

func (c *Checker) ask(ctx context.Context, prefix, number string) (driver.VATAnswer, error) {
	const op = "vies.CheckVAT"
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, c.base+"/ms/"+prefix+"/vat/"+url.PathEscape(number), nil)
	if err != nil {
		return driver.VATAnswer{}, fail.Wrap(fail.Internal, op, err)
	}
	r.Header.Set("Accept", "application/json")
	res, err := c.client.Do(r)
	if err != nil {
		kind := fail.Unavailable
		if errors.Is(err, context.DeadlineExceeded) {
			kind = fail.Timeout
		}
		return driver.VATAnswer{}, fail.Wrap(kind, op, err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer+1))
	if err != nil {
		return driver.VATAnswer{}, fail.Wrap(fail.Unavailable, op, err)
	}
	var a answer
	if res.StatusCode != http.StatusOK || len(b) > maxAnswer || json.Unmarshal(b, &a) != nil {
		return driver.VATAnswer{}, fail.New(fail.Unavailable, op, "VIES answered %d and no verdict", res.StatusCode)
	}
	return a.verdict()
}

// verdicts are the words of VIES with which it has an answer. All others
// (MS_UNAVAILABLE, TIMEOUT, MS_MAX_CONCURRENT_REQ…) say that it has none.
var verdicts = []string{"", "VALID", "INVALID", "INVALID_INPUT"}

func (a answer) verdict() (driver.VATAnswer, error) {
	if a.Valid == nil || !slices.Contains(verdicts, a.UserError) {
		return driver.VATAnswer{}, fail.New(fail.Unavailable, "vies.CheckVAT", "VIES has no verdict: %.50q", a.UserError)
	}
	return driver.VATAnswer{Valid: *a.Valid, Name: told(a.Name), Address: told(a.Address), Reference: told(a.Identifier), Service: "VIES"}, nil
}

// told is a text of VIES, in which --- says that a register does not tell.
func told(s string) string {
	if s = strings.TrimSpace(s); s == "---" {
		return ""
	}
	return s
}
