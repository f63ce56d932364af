// Package secret holds the installation's one master key and derives named
// keys from it. The master key is a file of 32 random bytes, mode 0600; who
// reads that file can verify and sign what the installation does.
package secret

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"strings"

	"chargewright/base/fail"
)

// Keys derives keys from the master key.
type Keys struct{ master []byte }

// New returns Keys over a master key of exactly 32 bytes.
func New(master []byte) (Keys, error) {
	if len(master) != 32 {
		return Keys{}, fail.New(fail.Invalid, "secret.New", "the master key has %d bytes, not 32", len(master))
	}
	return Keys{append([]byte(nil), master...)}, nil
}

// Open reads the master key file at path, creating it with fresh random bytes
// when it does not exist. A file that others may read is refused.
func Open(path string) (Keys, error) {
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return create(path)
	}
	if err != nil {
		return Keys{}, fail.Wrap(fail.Unavailable, "secret.Open", err)
	}
	if info, err := os.Stat(path); err == nil && info.Mode().Perm()&0o077 != 0 {
		return Keys{}, fail.New(fail.Denied, "secret.Open", "%s may be read by others; run chmod 600 on it", path)
	}
	return New(b)
}

func create(path string) (Keys, error) {
	b := make([]byte, 32)
	if _, err := rand.Read(b); err != nil {
		return Keys{}, fail.Wrap(fail.Internal, "secret.Open", err)
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return Keys{}, fail.Wrap(fail.Unavailable, "secret.Open", err)
	}
	_, err = f.Write(b)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return Keys{}, fail.Wrap(fail.Unavailable, "secret.Open", err)
	}
	return New(b)
}

// Derive returns the 32-byte key of that name. It panics for the zero Keys,
// whose keys anybody could derive.
func (k Keys) Derive(name string) []byte {
	if len(k.master) == 0 {
		panic("secret: Keys that neither New nor Open made")
	}
	b, err := hkdf.Key(sha256.New, k.master, nil, name, 32)
	if err != nil {
		panic(err) // only for an impossible length
	}
	return b
}

// Verifier keeps what is needed to check machine-made secrets without keeping
// them: HMAC-SHA-256 over a random salt and the secret. It suits secrets of
// high entropy; people's passwords go through argon2id elsewhere.
type Verifier struct{ key []byte }

// Verifier returns the verifier whose key has that name.
func (k Keys) Verifier(name string) Verifier { return Verifier{k.Derive(name)} }

// keyID names the derivation in the stored form, so that it can change later.
const keyID = "k1"

const saltSize = 16

// Make returns the stored form "k1:salt:mac[:mac…]", one mac for each reading
// of the secret.
func (v Verifier) Make(readings ...[]byte) string {
	salt := make([]byte, saltSize)
	if _, err := rand.Read(salt); err != nil {
		panic(err)
	}
	parts := []string{keyID, hex.EncodeToString(salt)}
	for _, r := range readings {
		parts = append(parts, hex.EncodeToString(v.mac(salt, r)))
	}
	return strings.Join(parts, ":")
}

// Check reports whether given is one of the readings that stored was made of.
// It does the same work for an empty or malformed stored form and then says no.
func (v Verifier) Check(stored string, given []byte) bool {
	salt, macs := parse(stored)
	got, ok := v.mac(salt, given), false
	for _, m := range macs {
		want, err := hex.DecodeString(m)
		ok = hmac.Equal(got, want) && err == nil || ok
	}
	return ok
}

// parse splits a stored form. For a malformed one it returns a salt and a mac
// that fits no secret, so that the work is the same.
func parse(stored string) (salt []byte, macs []string) {
	parts := strings.Split(stored, ":")
	if len(parts) >= 3 && parts[0] == keyID {
		if salt, err := hex.DecodeString(parts[1]); err == nil && len(salt) == saltSize {
			return salt, parts[2:]
		}
	}
	return make([]byte, saltSize), []string{strings.Repeat("00", sha256.Size)}
}

func (v Verifier) mac(salt, secret []byte) []byte {
	m := hmac.New(sha256.New, v.key)
	m.Write(salt)
	m.Write(secret)
	return m.Sum(nil)
}
