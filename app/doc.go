// Package app is the only place where the rooms meet: configuration, wiring,
// start and shutdown, and the verbs of the command line. cmd/chargewright only
// calls Run; end-to-end tests start the same Server.
package app
