package simpay

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"chargewright/base/fail"
	"chargewright/base/id"
	"chargewright/core/payment"
)

// SignatureHeader bears t=SECONDS,v1=HEX: HMAC-SHA-256 over the time, a dot and the body.
const SignatureHeader = "Simpay-Signature"

// tolerance is how far the time of a signature may be off.
const tolerance = 5 * time.Minute

// event is the body of a webhook.
type event struct {
	ID      string    `json:"id"`
	Type    string    `json:"type"`
	Created time.Time `json:"created"`
	Ref     string    `json:"ref"`
	Payment string    `json:"payment"`
}

// post is a webhook on its way.
type post struct {
	event event
	tries int
	due   time.Time
}

// How many webhooks wait at most, the oldest leave, and how often one is tried.
const (
	maxPosts = 10_000
	maxTries = 8
)

// tell has us called about a charge.
func (s *Sim) tell(c *charge, kind string) {
	if s.o.Webhook == "" || s.mood.Silent {
		return
	}
	now := time.Now().UTC()
	p := post{event{id.New("simev"), kind, now, c.Ref, c.Payment}, 0, now.Add(s.mood.Late)}
	s.posts = append(s.posts, p)
	if s.mood.Twice {
		s.posts = append(s.posts, p)
	}
	s.posts = s.posts[max(len(s.posts)-maxPosts, 0):]
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// Sign makes the header and the body of a webhook about a charge, as they are
// posted at that time.
func (s *Sim) Sign(c payment.Charge, kind string, at time.Time) (http.Header, []byte) {
	return s.sign(event{id.New("simev"), kind, at.UTC(), c.Ref, c.Payment}, at)
}

func (s *Sim) sign(e event, at time.Time) (http.Header, []byte) {
	body, err := json.Marshal(e)
	if err != nil {
		panic(err) // four texts and a time
	}
	t := strconv.FormatInt(at.Unix(), 10)
	h := http.Header{"Content-Type": {"application/json"}}
	h.Set(SignatureHeader, "t="+t+",v1="+hex.EncodeToString(mac(s.o.Secrets[0], t, body)))
	return h, body
}

func mac(secret, t string, body []byte) []byte {
	m := hmac.New(sha256.New, []byte(secret))
	m.Write([]byte(t + "."))
	m.Write(body)
	return m.Sum(nil)
}

// Webhook implements payment.Hooker.
func (s *Sim) Webhook(_ context.Context, header func(string) string, body []byte) (payment.Delivery, error) {
	denied := func(why string) (payment.Delivery, error) {
		return payment.Delivery{}, fail.New(fail.Denied, "simpay.Webhook", "%s", why)
	}
	t, signature, ok := strings.Cut(header(SignatureHeader), ",v1=")
	t, stamped := strings.CutPrefix(t, "t=")
	given, err := hex.DecodeString(signature)
	seconds, err2 := strconv.ParseInt(t, 10, 64)
	if !ok || !stamped || err != nil || err2 != nil {
		return denied("there is no signature")
	}
	good := false
	for _, secret := range s.o.Secrets {
		good = hmac.Equal(given, mac(secret, t, body)) || good
	}
	if !good {
		return denied("the signature is not ours")
	}
	if off := time.Since(time.Unix(seconds, 0)); off.Abs() > tolerance {
		return denied("the signature is too old")
	}
	var e event
	if err := json.Unmarshal(body, &e); err != nil {
		return payment.Delivery{}, fail.Wrap(fail.Invalid, "simpay.Webhook", err)
	}
	return payment.Delivery{Event: e.ID, Kind: e.Type, Ref: e.Ref, Payment: e.Payment}, nil
}

// Run posts webhooks until ctx ends.
func (s *Sim) Run(ctx context.Context) {
	for ctx.Err() == nil {
		wait := s.Flush(ctx)
		t := time.NewTimer(wait)
		select {
		case <-s.wake:
		case <-t.C:
		case <-ctx.Done():
		}
		t.Stop()
	}
}

// Flush posts the webhooks that are due, in the order of the mood, and returns
// when the next may be. What is not taken is tried again, at growing distances.
func (s *Sim) Flush(ctx context.Context) time.Duration {
	const idle = time.Minute
	for {
		p, ok, wait := s.next(time.Now())
		if !ok || ctx.Err() != nil {
			return min(wait, idle)
		}
		if s.deliver(ctx, p.event) {
			continue
		}
		if p.tries++; p.tries < maxTries {
			p.due = time.Now().Add(time.Second << (2 * p.tries))
			s.mu.Lock()
			s.posts = append(s.posts, p)
			s.mu.Unlock()
		}
	}
}

// next takes a post that is due; else it says when one will be.
func (s *Sim) next(now time.Time) (post, bool, time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	at, wait := -1, time.Hour
	for i, p := range s.posts {
		if p.due.After(now) {
			wait = min(wait, p.due.Sub(now))
		} else if at < 0 || s.mood.Shuffle {
			at = i
		}
	}
	if at < 0 {
		return post{}, false, wait
	}
	p := s.posts[at]
	s.posts = append(s.posts[:at], s.posts[at+1:]...)
	return p, true, 0
}

func (s *Sim) deliver(ctx context.Context, e event) bool {
	header, body := s.sign(e, time.Now())
	ctx, cancel := context.WithTimeout(ctx, postTime)
	defer cancel()
	q, err := http.NewRequestWithContext(ctx, http.MethodPost, s.o.Webhook, bytes.NewReader(body))
	if err != nil {
		s.o.Log.Error("simpay: a webhook cannot be posted", "url", s.o.Webhook, "err", err)
		return true
	}
	q.Header = header
	a, err := s.o.Client.Do(q)
	if err != nil {
		return false
	}
	defer a.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(a.Body, 4<<10)) // the status is the answer
	return a.StatusCode < 300
}
