package drivertest_test

import (
	"testing"

	"chargewright/core/driver/drivertest"
)

func TestRegister(t *testing.T) {
	drivertest.RunVATChecker(t, func(*testing.T) drivertest.VATCase {
		r := &drivertest.Register{}
		return drivertest.VATCase{Checker: r, Enter: r.Enter, Down: r.Down}
	})
}
