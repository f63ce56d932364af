package secret_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"chargewright/base/fail"
	"chargewright/base/secret"
)

func TestSealer(t *testing.T) {
	s := keysOf(t, 1).Sealer("totp")
	rapid.Check(t, func(t *rapid.T) {
		text, owner := rapid.String().Draw(t, "text"), rapid.String().Draw(t, "owner")
		sealed := s.Seal(text, owner)
		if got, err := s.Open(sealed, owner); err != nil || got != text {
			t.Fatalf("%q opens as %q, %v", text, got, err)
		}
		if len(text) > 4 && strings.Contains(sealed, text) || s.Seal(text, owner) == sealed {
			t.Fatalf("%q is sealed as %q", text, sealed)
		}
		if _, err := s.Open(sealed, owner+"x"); !fail.Is(err, fail.Internal) {
			t.Fatalf("it opens for another owner: %v", err)
		}
	})
	sealed := s.Seal("secret", "usr_1")
	for name, c := range map[string]struct {
		s    secret.Sealer
		text string
	}{
		"another name": {keysOf(t, 1).Sealer("other"), sealed}, "another master": {keysOf(t, 2).Sealer("totp"), sealed}, "empty": {s, ""}, "no key id": {s, sealed[3:]},
		"another key id": {s, "k2" + sealed[2:]}, "short": {s, "k1:AAAA"}, "cut off": {s, sealed[:len(sealed)-1]}, "no base64": {s, "k1:!!"},
		"changed": {s, sealed[:10] + string(sealed[10]^1) + sealed[11:]},
	} {
		if got, err := c.s.Open(c.text, "usr_1"); err == nil {
			t.Errorf("%s opens as %q", name, got)
		}
	}
}

func TestCode(t *testing.T) {
	seen := map[string]bool{}
	for range 200 {
		c := secret.Code(12)
		if len(c) != 12 || strings.Trim(c, "0123456789ABCDEFGHJKMNPQRSTVWXYZ") != "" || seen[c] {
			t.Errorf("%q", c)
		}
		seen[c] = true
	}
}
