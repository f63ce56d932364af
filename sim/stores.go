package sim

import (
	"time"

	"chargewright/wire/ocpp/v21"
)

// tagKind is the token type of an RFID card, as 2.x names it.
const tagKind = "ISO14443"

// The bounds of what a station keeps for others.
const (
	maxCertificates = 30
	maxMessages     = 50
)

// stores are what a station keeps besides charging.
type stores struct {
	certificates []certificate
	messages     []v21.MessageInfo
	firmware     string // the last status reported
	events       int64  // NotifyEvent's ids so far
}

// inSteps does something once per step, the pauses between them chosen by the
// station's chance. A later sequence does not wait for an earlier one.
func (s *Station) inSteps(steps []string, do func(step string)) {
	if len(steps) == 0 {
		return
	}
	s.in(between(s.chance, time.Second, 3*time.Second), func() {
		do(steps[0])
		s.inSteps(steps[1:], do)
	})
}
