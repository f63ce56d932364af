package simpay

import (
	"slices"
	"time"

	"chargewright/base/fail"
	"chargewright/base/id"
	"chargewright/base/money"
	"chargewright/core/payment"
)

// Trouble is what befalls one call that changes something.
type Trouble string

// The troubles.
const (
	None       Trouble = ""
	LoseAnswer Trouble = "lose answer" // it has its effect, and the answer is lost
	LoseCall   Trouble = "lose call"   // it is lost itself: no effect and no answer
	Overload   Trouble = "overload"    // it is turned away
	LockOut    Trouble = "lock out"    // our credentials are not taken
)

func (t Trouble) before() error {
	switch t {
	case LoseCall:
		return fail.New(fail.Timeout, "simpay", "there was no answer")
	case Overload:
		return fail.New(fail.Busy, "simpay", "too many calls")
	case LockOut:
		return fail.New(fail.Denied, "simpay", "the key is not valid")
	}
	return nil
}

func (t Trouble) after() error {
	if t == LoseAnswer {
		return fail.New(fail.Timeout, "simpay", "there was no answer")
	}
	return nil
}

// Mood is how a Sim behaves. The zero Mood is well.
type Mood struct {
	Calls   []Trouble     // befall the next calls, one each
	Delay   time.Duration // before each answer
	Down    bool          // no call arrives, questions neither
	Silent  bool          // no webhooks
	Twice   bool          // each webhook comes twice
	Shuffle bool          // the newest webhook comes first
	Late    time.Duration // before each webhook
}

// Misbehave has it behave like that from now on.
func (s *Sim) Misbehave(m Mood) {
	s.mu.Lock()
	defer s.mu.Unlock()
	m.Calls = slices.Clone(m.Calls)
	s.mood = m
}

// trouble takes the next call's.
func (s *Sim) trouble() Trouble {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.mood.Calls) == 0 {
		return None
	}
	t := s.mood.Calls[0]
	s.mood.Calls = s.mood.Calls[1:]
	return t
}

// with runs fn on a charge: NotFound where there is none.
func (s *Sim) with(ref string, fn func(*charge) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lapse()
	c, err := s.find(payment.Query{Ref: ref})
	if err == nil {
		err = fn(c)
	}
	if err == nil {
		s.save()
	}
	return err
}

// Pay is a buyer who opens a page and pays with a card; what their bank asks
// they confirm. On a page that is closed nothing happens.
func (s *Sim) Pay(ref string, with Card) error {
	k, err := kindOf(with)
	if err != nil {
		return err
	}
	return s.with(ref, func(c *charge) error { s.pay(c, k, true); return nil })
}

// Tap shows a card to a reader. One that asks for nothing, or is not connected, takes
// none; of a card that is declined nothing more can come.
func (s *Sim) Tap(reader string, with Card) error {
	k, err := kindOf(with)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lapse()
	c := s.asks(reader)
	if c == nil || s.state.Unplugged[reader] {
		return nil
	}
	delete(s.state.Presented, reader)
	s.pay(c, k, true)
	s.save()
	return nil
}

// Unplug takes a reader from the network, or connects it again.
func (s *Sim) Unplug(reader string, off bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state.Unplugged[reader] = off
	s.save()
}

// Expire lets the term of an open page pass.
func (s *Sim) Expire(ref string) error {
	return s.with(ref, func(c *charge) error { c.Until = time.Now().Add(-time.Second); s.lapse(); return nil })
}

// Lapse lets a hold run out.
func (s *Sim) Lapse(ref string) error {
	return s.with(ref, func(c *charge) error { c.CaptureBefore = time.Now().Add(-time.Second); s.lapse(); return nil })
}

// GiveBack is a refund that somebody makes on the provider's own pages.
func (s *Sim) GiveBack(ref string, minor int64) error {
	return s.with(ref, func(c *charge) error { return s.refund(c, minor) })
}

// disputeFee is what a dispute costs, in major units.
const disputeFee = 15

// Dispute has the buyer object at their bank, which takes back what was kept.
func (s *Sim) Dispute(ref, reason string) error {
	return s.with(ref, func(c *charge) error {
		left := c.Captured - c.Refunded
		if c.Status != payment.Taken || left == 0 || c.Dispute != nil {
			return conflict("it cannot be disputed: it is %s with %d", c.Status, left)
		}
		c.Dispute = &payment.Dispute{Ref: id.New("simdp"), Reason: reason, Amount: left, State: payment.DisputeOpen, DueAt: time.Now().UTC().AddDate(0, 0, 14).Truncate(time.Second)}
		s.move(payment.MovedDispute, c.Ref, c.Currency, -left, disputeFee*money.Pow10(c.Currency.Exponent()))
		s.tell(c, "dispute.opened")
		return nil
	})
}

// Decide ends a dispute: won gives the money back.
func (s *Sim) Decide(ref string, won bool) error {
	return s.with(ref, func(c *charge) error {
		d := c.Dispute
		if d == nil || d.State != payment.DisputeOpen && d.State != payment.DisputeHeard {
			return conflict("there is nothing to decide")
		}
		d.State = payment.DisputeLost
		if won {
			d.State = payment.DisputeWon
			s.move(payment.MovedDispute, c.Ref, c.Currency, d.Amount, 0)
		}
		s.tell(c, "dispute.decided")
		return nil
	})
}

// PayOut sends our balance in a currency to our bank; it returns how much.
func (s *Sim) PayOut(c money.Currency) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	sum := s.state.balance(c)
	if sum <= 0 {
		return 0
	}
	s.move(payment.MovedPayout, "", c, -sum, 0)
	s.save()
	return sum
}

// Balance is our money with the provider, in minor units.
func (s *Sim) Balance(c money.Currency) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state.balance(c)
}

// Charges are all charges made for a payment of ours, the oldest first; "" is for
// every payment.
func (s *Sim) Charges(of string) (list []payment.Charge) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lapse()
	for _, c := range s.state.sorted() {
		if of == "" || c.Payment == of {
			list = append(list, s.view(c))
		}
	}
	return list
}
