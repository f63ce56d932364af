//go:build race

package api

import (
	"os"

	"chargewright/base/store/storetest"
)

// The detector looks at these tests on SQLite alone: what they do on PostgreSQL is
// the same Go, and takes it as long again. build/test.sh runs them there without it.
func init() { os.Unsetenv(storetest.Env) }
