package paymenttest

import (
	"time"

	"chargewright/base/fail"
	"chargewright/core/payment"
)

func webhooks(b *bench) {
	h, ok := b.Provider.(payment.Hooker)
	if !ok || b.Sign == nil {
		b.Skip("it does not call us")
	}
	c := b.held(5000)
	good := b.Sign(c, time.Now())
	read := func(p Post) (payment.Delivery, error) { return h.Webhook(b.Context(), p.Header.Get, p.Body) }
	d, err := read(good)
	if err != nil || d.Event == "" || d.Ref != c.Ref && d.Payment != c.Payment {
		b.Fatalf("a good one: %+v, %v", d, err)
	}
	if again, err := read(good); err != nil || again.Event != d.Event {
		b.Errorf("sent again it is %+v, %v", again, err)
	}
	if other, err := read(b.Sign(b.held(100), time.Now())); err != nil || other.Event == d.Event {
		b.Errorf("two deliveries are both %q, %v", other.Event, err)
	}
	for what, change := range map[string]func(*Post){
		"one byte more":     func(p *Post) { p.Body = append(p.Body, ' ') },
		"one byte changed":  func(p *Post) { p.Body[len(p.Body)/2] ^= 1 },
		"no body":           func(p *Post) { p.Body = nil },
		"no signature":      func(p *Post) { clear(p.Header) },
		"another signature": func(p *Post) { swap(p) },
	} {
		p := b.Sign(c, time.Now())
		change(&p)
		if d, err := read(p); !fail.Is(err, fail.Denied) {
			b.Errorf("%s: %+v, %v", what, d, err)
		}
	}
	if d, err := read(b.Sign(c, time.Now().Add(-time.Hour))); !b.Undated && !fail.Is(err, fail.Denied) {
		b.Errorf("one signed an hour ago: %+v, %v", d, err)
	}
}

// swap changes one character in the longest header, which is the signature.
func swap(p *Post) {
	longest := ""
	for k := range p.Header {
		if longest == "" || len(p.Header.Get(k)) > len(p.Header.Get(longest)) {
			longest = k
		}
	}
	s := []byte(p.Header.Get(longest))
	if i := len(s) - 5; i >= 0 { // not the last: of base64 it bears padding
		if s[i]++; s[i] == 'a'+6 || s[i] == '9'+1 || s[i] == 'Z'+1 || s[i] == 'z'+1 {
			s[i] = '0'
		}
	}
	p.Header.Set(longest, string(s))
}

func movements(b *bench) {
	r, ok := b.Provider.(payment.Reporter)
	if !ok {
		b.Skip("it reports no movements")
	}
	since := time.Now().Add(-time.Minute)
	c := b.taken(3000)
	b.must(b.Provider.Refund(b.Context(), b.change(c, "refund", 1000)))
	for range 3 {
		b.taken(200)
	}
	sums, seen, last := map[payment.MovementKind]int64{}, map[string]bool{}, time.Time{}
	for after, more := "", true; more; more = after != "" {
		list, next, err := r.Movements(b.Context(), since, after)
		if err != nil {
			b.Fatal(err)
		}
		if len(list) > 100 || next != "" && next == after {
			b.Fatalf("%d movements, and %q after %q", len(list), next, after)
		}
		for _, m := range list {
			switch {
			case m.Gross != m.Fee+m.Net:
				b.Errorf("%+v does not add up", m)
			case m.Ref == "" || seen[m.Ref]:
				b.Errorf("%q comes twice", m.Ref)
			case m.At.Before(last):
				b.Errorf("%+v comes after what was later", m)
			}
			seen[m.Ref], last = true, m.At
			if m.Charge == c.Ref {
				sums[m.Kind] += m.Gross
			}
		}
		after = next
	}
	if sums[payment.MovedCharge] != 3000 || sums[payment.MovedRefund] != -1000 {
		b.Errorf("of 3000 taken and 1000 given back the movements are %v", sums)
	}
	if list, _, err := r.Movements(b.Context(), time.Now().Add(time.Hour), ""); err != nil || len(list) != 0 {
		b.Errorf("from the future: %v, %v", list, err)
	}
}

func dispute(b *bench) {
	if b.Dispute == nil {
		b.Skip("the case has no disputes")
	}
	c := b.taken(3000)
	if b.find(c.Ref).Dispute != nil {
		b.Fatal("nobody objected yet")
	}
	b.Dispute(c)
	c = b.find(c.Ref)
	b.is(c, payment.Taken, 0, 3000, 0)
	d := c.Dispute
	if d == nil || d.Ref == "" || d.Amount != 3000 || d.State != payment.DisputeOpen {
		b.Fatalf("the dispute is %+v", d)
	}
	def, ok := b.Provider.(payment.Defender)
	if !ok {
		return
	}
	e := payment.Evidence{Text: "The vehicle took 12.4 kWh; the signed meter values are enclosed.", Service: time.Now(), Document: []byte("%PDF-1.4\n")}
	if err := def.Contest(b.Context(), d.Ref, e); err != nil {
		b.Fatal(err)
	}
	if d = b.find(c.Ref).Dispute; d == nil || d.State == payment.DisputeOpen {
		b.Errorf("after the evidence it is %+v", d)
	}
	b.refuses("a dispute nobody made", def.Contest(b.Context(), d.Ref+"x", e), fail.NotFound)
}

func payout(b *bench) {
	p, ok := b.Provider.(payment.Payer)
	if !ok || b.Account == "" {
		b.Skip("it pays nobody out")
	}
	b.taken(5000)
	x := payment.Payout{Key: b.ask(1).Payment + "/payout", Account: b.Account, Amount: b.amount(1500), Text: "October"}
	ref, err := p.Payout(b.Context(), x)
	if err != nil || ref == "" {
		b.Fatalf("%q, %v", ref, err)
	}
	if again, err := p.Payout(b.Context(), x); err != nil || again != ref {
		b.Errorf("asked again: %q, %v, want %q", again, err, ref)
	}
	x.Key, x.Account = x.Key+"/2", x.Account+"x"
	_, err = p.Payout(b.Context(), x)
	b.refuses("an account nobody has", err, fail.NotFound, fail.Invalid)
}

// readers are those of a case that has a reader.
func (b *bench) readers() payment.Readers {
	b.Helper()
	r, ok := b.Provider.(payment.Readers)
	if !ok || b.Tap == nil {
		b.Skip("it has no readers")
	}
	return r
}

// shown is what the provider has of a payment that a reader asked for.
func (b *bench) shown(c payment.Charge) payment.Charge {
	b.Helper()
	return b.must(b.Provider.Find(b.Context(), payment.Query{Ref: c.Ref}))
}

func reader(b *bench) {
	r := b.readers()
	a := b.ask(4000)
	c := b.must(r.Present(b.Context(), b.Reader, a))
	if c.Status != payment.Open || c.Payment != a.Payment {
		b.Fatalf("nobody has shown a card yet: %+v", c)
	}
	b.Tap(b.Reader, Good)
	c = b.shown(c)
	if b.is(c, payment.Held, 4000, 0, 0); c.Method.Kind != "card" || c.Method.Last4 == "" || c.Method.Fingerprint == "" {
		b.Errorf("paid with %+v", c.Method)
	}
	b.is(b.must(b.Provider.Capture(b.Context(), b.change(c, "capture", 1000))), payment.Taken, 0, 1000, 0)
	_, err := r.Present(b.Context(), b.Reader+"x", b.ask(4000))
	b.refuses("a reader that is not ours", err, fail.NotFound, fail.Invalid)
	save := b.ask(4000)
	save.Save = true
	_, err = r.Present(b.Context(), b.Reader, save)
	b.refuses("a method to be kept", err, fail.Invalid)
}

func readerOnce(b *bench) {
	r := b.readers()
	first, second := b.ask(4000), b.ask(700)
	c := b.must(r.Present(b.Context(), b.Reader, first))
	if again := b.must(r.Present(b.Context(), b.Reader, first)); again.Ref != c.Ref || b.Count(first.Payment) != 1 {
		b.Errorf("asked again it is %+v", again)
	}
	_, err := r.Present(b.Context(), b.Reader, second)
	b.refuses("a reader that asks for something else", err, fail.Busy)
	b.Tap(b.Reader, Good)
	b.is(b.shown(c), payment.Held, 4000, 0, 0)
	if again := b.must(r.Present(b.Context(), b.Reader, first)); again.Ref != c.Ref {
		b.Errorf("asked again after the card was shown it is %+v", again)
	}
	other := b.must(r.Present(b.Context(), b.Reader, second)) // under the key that was turned away
	b.Tap(b.Reader, Good)
	b.is(b.shown(other), payment.Held, 700, 0, 0)
}

func readerDeclined(b *bench) {
	r := b.readers()
	b.need(Declined)
	c := b.must(r.Present(b.Context(), b.Reader, b.ask(4000)))
	b.Tap(b.Reader, Declined)
	no := b.shown(c)
	if b.is(no, payment.Refused, 0, 0, 0); no.Decline.Code == "" {
		b.Error("nothing says why")
	}
	b.Tap(b.Reader, Good) // it asks no more
	b.is(b.shown(c), payment.Refused, 0, 0, 0)
	b.must(r.Present(b.Context(), b.Reader, b.ask(4000)))
}

func readerCancelled(b *bench) {
	r := b.readers()
	cancel := func(ref string) {
		b.Helper()
		if err := r.Cancel(b.Context(), b.Reader, ref); err != nil {
			b.Fatal(err)
		}
	}
	old := b.must(r.Present(b.Context(), b.Reader, b.ask(4000)))
	cancel(old.Ref)
	b.Tap(b.Reader, Good)
	if c := b.shown(old); c.Status != payment.Open || c.Held != 0 {
		b.Errorf("after the cancel it is %+v", c)
	}
	next := b.must(r.Present(b.Context(), b.Reader, b.ask(700)))
	cancel(old.Ref) // it is next's turn
	b.Tap(b.Reader, Good)
	b.is(b.shown(next), payment.Held, 700, 0, 0)
	if c := b.must(b.Provider.Void(b.Context(), b.void(old))); !c.Status.Final() || c.Held != 0 || c.Captured != 0 {
		b.Errorf("voided it is %+v", c)
	}
}

func readerOffline(b *bench) {
	r := b.readers()
	if b.Unplug == nil {
		b.Skip("the case cannot take a reader from the network")
	}
	a := b.ask(4000)
	b.Unplug(b.Reader, true)
	_, err := r.Present(b.Context(), b.Reader, a)
	b.refuses("a reader that is not connected", err, fail.Busy)
	b.Unplug(b.Reader, false)
	c := b.must(r.Present(b.Context(), b.Reader, a))
	b.Tap(b.Reader, Good)
	b.is(b.shown(c), payment.Held, 4000, 0, 0)
	if n := b.Count(a.Payment); n != 1 {
		b.Errorf("%d charges", n)
	}
}

func readerLost(b *bench) {
	r := b.readers()
	if b.Next == nil {
		b.Skip("the case has no troubles")
	}
	a := b.ask(4000)
	b.Next(Lost)
	if _, err := r.Present(b.Context(), b.Reader, a); err != nil && !unknown(err) {
		b.Fatalf("a lost answer: %v", err)
	}
	c := b.must(b.Provider.Find(b.Context(), payment.Query{Payment: a.Payment}))
	if again := b.must(r.Present(b.Context(), b.Reader, a)); again.Ref != c.Ref || b.Count(a.Payment) != 1 {
		b.Errorf("%d charges, %s and %s", b.Count(a.Payment), c.Ref, again.Ref)
	}
	b.Tap(b.Reader, Good)
	b.is(b.shown(c), payment.Held, 4000, 0, 0)
}
