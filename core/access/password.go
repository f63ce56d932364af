package access

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"

	"chargewright/base/fail"
)

// Bounds of a password.
const (
	MinPassword = 10  // characters
	MaxPassword = 200 // characters
)

// The cost of a new password: argon2id, memory in KiB. A stored one says its
// own in PHC form, so that these may change.
const (
	hashMemory  = 19 * 1024
	hashTime    = 2
	hashThreads = 1
	hashSalt    = 16
	hashSize    = 32
)

// Bounds of hashing: how many at once, and how long one may wait for its turn.
const (
	hashesAtOnce = 4
	hashWait     = 5 * time.Second
)

// CheckPassword returns an Invalid error for a password that is too short, too
// long, or easily guessed from whose it is.
func CheckPassword(password, email string) error {
	n := utf8.RuneCountInString(password)
	low := strings.ToLower(password)
	name, _, _ := strings.Cut(strings.ToLower(email), "@")
	switch {
	case n < MinPassword || n > MaxPassword:
		return fail.Field("access.CheckPassword", "password", "it has %d characters, not %d to %d", n, MinPassword, MaxPassword)
	case !utf8.ValidString(password):
		return fail.Field("access.CheckPassword", "password", "it is not UTF-8")
	case strings.Count(low, low[:1]) == len(low), low == strings.ToLower(email), len(name) > 3 && strings.Trim(strings.TrimPrefix(low, name), "0123456789!") == "":
		return fail.Field("access.CheckPassword", "password", "it is too easy to guess")
	}
	return nil
}

// HashPassword returns the PHC form to keep. It takes tens of milliseconds:
// call it outside of Do. Busy when too many wait.
func (s *SignIn) HashPassword(ctx context.Context, password string) (string, error) {
	release, err := s.turn(ctx)
	if err != nil {
		return "", err
	}
	defer release()
	return hashPassword(password), nil
}

func hashPassword(password string) string {
	salt := make([]byte, hashSalt)
	if _, err := rand.Read(salt); err != nil {
		panic(err)
	}
	sum := argon2.IDKey([]byte(norm.NFC.String(password)), salt, hashTime, hashMemory, hashThreads, hashSize)
	enc := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, hashMemory, hashTime, hashThreads, enc(salt), enc(sum))
}

// checkPassword reports whether the password is the one kept. For none kept it
// does the work all the same and says no.
func (s *SignIn) checkPassword(ctx context.Context, kept, password string) (bool, error) {
	release, err := s.turn(ctx)
	if err != nil {
		return false, err
	}
	defer release()
	h, ok := parseHash(kept)
	if !ok {
		h, _ = parseHash(s.dummy)
	}
	got := argon2.IDKey([]byte(norm.NFC.String(password)), h.salt, h.time, h.memory, h.threads, uint32(len(h.sum)))
	return subtle.ConstantTimeCompare(got, h.sum) == 1 && ok, nil
}

// turn waits for one of the few places to hash at.
func (s *SignIn) turn(ctx context.Context) (release func(), err error) {
	ctx, cancel := context.WithTimeout(ctx, hashWait)
	defer cancel()
	select {
	case s.hashing <- struct{}{}:
		return func() { <-s.hashing }, nil
	case <-ctx.Done():
		return nil, fail.New(fail.Busy, "access.hash", "too many people sign in at this moment")
	}
}

type hash struct {
	memory, time uint32
	threads      uint8
	salt, sum    []byte
}

// parseHash reads a PHC form; one whose cost is beyond reason is refused.
func parseHash(phc string) (h hash, ok bool) {
	parts := strings.Split(phc, "$")
	if len(parts) != 6 || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return h, false
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &h.memory, &h.time, &h.threads); err != nil {
		return h, false
	}
	var err error
	if h.salt, err = base64.RawStdEncoding.DecodeString(parts[4]); err != nil {
		return h, false
	}
	if h.sum, err = base64.RawStdEncoding.DecodeString(parts[5]); err != nil {
		return h, false
	}
	return h, h.memory <= 256*1024 && h.time >= 1 && h.time <= 16 && h.threads >= 1 && h.threads <= 16 && len(h.salt) >= 8 && len(h.sum) >= 16 && len(h.sum) <= 64
}
