package api

import (
	"net/http"
	"strconv"
	"time"

	"chargewright/base/fail"
	"chargewright/base/origin"
)

// slower is a problem of status 429 when a caller has to wait.
func slower(l *origin.Limiter, caller string) error {
	wait, ok := l.Take(caller, time.Now())
	if ok {
		return nil
	}
	p := refuse(http.StatusTooManyRequests, fail.Busy, "too many requests; try again in a moment")
	p.headers.Set("Retry-After", strconv.Itoa(int(wait/time.Second)+1))
	return p
}
