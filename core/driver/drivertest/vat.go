// Package drivertest holds the conformance suite of driver.VATChecker and the
// fake that passes it.
package drivertest

import (
	"context"
	"sync"
	"testing"
	"time"

	"chargewright/base/fail"
	"chargewright/core/driver"
)

// VATCase is a checker with the register behind it.
type VATCase struct {
	Checker driver.VATChecker
	Enter   func(country, vatID, name string) // into the register
	Down    func(bool)                        // the register does not answer
}

// RunVATChecker checks what driver.VATChecker promises.
func RunVATChecker(t *testing.T, make func(t *testing.T) VATCase) {
	ask := func(t *testing.T, c VATCase, country, id string) (driver.VATAnswer, error) {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		return c.Checker.CheckVAT(ctx, country, id)
	}
	t.Run("a known id is valid", func(t *testing.T) {
		c := make(t)
		c.Enter("DE", "DE123456789", "Flotte GmbH")
		a, err := ask(t, c, "DE", "DE123456789")
		if err != nil || !a.Valid || a.Name != "Flotte GmbH" || a.Service == "" {
			t.Fatalf("%+v, %v", a, err)
		}
	})
	t.Run("Greece has a prefix of its own", func(t *testing.T) {
		c := make(t)
		c.Enter("GR", "EL123456789", "")
		if a, err := ask(t, c, "GR", "EL123456789"); err != nil || !a.Valid {
			t.Fatalf("%+v, %v", a, err)
		}
	})
	t.Run("an unknown id is an answer", func(t *testing.T) {
		a, err := ask(t, make(t), "DE", "DE999999999")
		if err != nil || a.Valid {
			t.Fatalf("%+v, %v", a, err)
		}
	})
	t.Run("a country that is not served is Invalid", func(t *testing.T) {
		if _, err := ask(t, make(t), "US", "US123456789"); !fail.Is(err, fail.Invalid) {
			t.Fatal(err)
		}
	})
	t.Run("no answer is no verdict", func(t *testing.T) {
		c := make(t)
		c.Enter("DE", "DE123456789", "")
		c.Down(true)
		if a, err := ask(t, c, "DE", "DE123456789"); !fail.Is(err, fail.Unavailable) && !fail.Is(err, fail.Timeout) || a.Valid {
			t.Fatalf("%+v, %v", a, err)
		}
		c.Down(false)
		if a, err := ask(t, c, "DE", "DE123456789"); err != nil || !a.Valid {
			t.Fatalf("%+v, %v", a, err)
		}
	})
	t.Run("who gives up is not kept", func(t *testing.T) {
		c := make(t)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if a, err := c.Checker.CheckVAT(ctx, "DE", "DE123456789"); err == nil || a.Valid {
			t.Fatalf("%+v, %v", a, err)
		}
	})
}

// Register is a driver.VATChecker that knows what was entered.
type Register struct {
	mu    sync.Mutex
	names map[string]string
	down  bool
	asked int
}

// Enter makes an id valid.
func (r *Register) Enter(_, vatID, name string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.names == nil {
		r.names = map[string]string{}
	}
	r.names[vatID] = name
}

// Down makes the register answer nothing, or again.
func (r *Register) Down(down bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.down = down
}

// Asked is how often the register was asked.
func (r *Register) Asked() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.asked
}

// CheckVAT implements driver.VATChecker.
func (r *Register) CheckVAT(ctx context.Context, country, vatID string) (driver.VATAnswer, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.asked++
	switch {
	case ctx.Err() != nil:
		return driver.VATAnswer{}, fail.Wrap(fail.Timeout, "drivertest.CheckVAT", ctx.Err())
	case r.down:
		return driver.VATAnswer{}, fail.New(fail.Unavailable, "drivertest.CheckVAT", "the register is down")
	case !driver.InVIES(country):
		return driver.VATAnswer{}, fail.Field("drivertest.CheckVAT", "country", "%s is no member state", country)
	}
	name, ok := r.names[vatID]
	return driver.VATAnswer{Valid: ok, Name: name, Service: "register"}, nil
}
