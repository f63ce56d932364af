package secret

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"strings"

	"chargewright/base/fail"
)

// Sealer encrypts short secrets that must be read again (AES-256-GCM).
type Sealer struct{ aead cipher.AEAD }

// Sealer returns the sealer whose key has that name.
func (k Keys) Sealer(name string) Sealer {
	block, err := aes.NewCipher(k.Derive(name))
	if err != nil {
		panic(err) // only for an impossible length
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic(err)
	}
	return Sealer{aead}
}

// Seal returns "k1:" and the sealed form of text. It opens for that owner alone:
// moved to another's row it is no longer good.
func (s Sealer) Seal(text, owner string) string {
	return keyID + ":" + base64.RawStdEncoding.EncodeToString(s.aead.Seal(nil, nil, []byte(text), []byte(owner)))
}

// Open returns the text of a sealed form. One that is malformed, made with
// another key or for another owner is Internal: it did not come from here.
func (s Sealer) Open(sealed, owner string) (string, error) {
	rest, ok := strings.CutPrefix(sealed, keyID+":")
	b, err := base64.RawStdEncoding.DecodeString(rest)
	if !ok || err != nil {
		return "", fail.New(fail.Internal, "secret.Open", "the sealed form is malformed")
	}
	text, err := s.aead.Open(nil, nil, b, []byte(owner))
	return string(text), fail.Wrap(fail.Internal, "secret.Open", err)
}

// Code returns n random characters of an alphabet without look-alikes
// (Crockford's base 32, upper case); each carries 5 bits.
func Code(n int) string {
	const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
	b := make([]byte, n)
	if _, err := rand.Read(b); err != nil {
		panic(err)
	}
	for i := range b {
		b[i] = alphabet[b[i]&31]
	}
	return string(b)
}
