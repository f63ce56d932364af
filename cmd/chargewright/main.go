// Command chargewright runs a charging network. See `chargewright --help`.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"chargewright/app"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := app.Run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}
