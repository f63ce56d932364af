package tarifftest_test

import (
	"testing"

	"chargewright/core/tariff/tarifftest"
)

func TestExchange(t *testing.T) {
	tarifftest.RunSource(t, func(*testing.T) tarifftest.SourceCase {
		e := &tarifftest.Exchange{}
		return tarifftest.SourceCase{Source: e, Publish: e.Publish, Next: e.Next}
	})
}
