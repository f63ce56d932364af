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
	maxUnderWay     = 16
)

// stores are what a station keeps besides charging.
type stores struct {
	certificates []certificate
	messages     []v21.MessageInfo
	tariffs      []defaultTariff
	prices       []string // price texts as SetUserPrice told them
	firmware     string   // the last status reported
	events       int64    // NotifyEvent's ids so far
	underWay     int      // sequences of inSteps
}

// inSteps does something once per step, the pauses between them chosen by the
// station's chance. Beyond maxUnderWay sequences at once it does nothing.
func (s *Station) inSteps(steps []string, do func(step string)) {
	if s.stores.underWay < maxUnderWay {
		s.stores.underWay++
		s.step(steps, do)
	}
}

func (s *Station) step(steps []string, do func(step string)) {
	if len(steps) == 0 {
		s.stores.underWay--
		return
	}
	s.in(between(s.chance, time.Second, 3*time.Second), func() {
		do(steps[0])
		s.step(steps[1:], do)
	})
}
