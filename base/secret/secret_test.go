package secret_test

import (
	"bytes"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"chargewright/base/fail"
	"chargewright/base/secret"
)

func keysOf(t *testing.T, fill byte) secret.Keys {
	t.Helper()
	k, err := secret.New(bytes.Repeat([]byte{fill}, 32))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestNewWantsThirtyTwoBytes(t *testing.T) {
	for _, n := range []int{0, 1, 16, 31, 33, 64} {
		if _, err := secret.New(make([]byte, n)); !fail.Is(err, fail.Invalid) {
			t.Errorf("%d bytes: %v", n, err)
		}
	}
	master := bytes.Repeat([]byte{7}, 32)
	k, err := secret.New(master)
	if err != nil {
		t.Fatal(err)
	}
	before := k.Derive("x")
	clear(master)
	if !bytes.Equal(before, k.Derive("x")) {
		t.Error("the keys change with the caller's slice")
	}
}

func TestOpenMakesOneKeyFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "master.key")
	first, err := secret.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 || info.Size() != 32 {
		t.Fatalf("%v %v", info, err)
	}
	again, err := secret.Open(path)
	if err != nil || !bytes.Equal(first.Derive("x"), again.Derive("x")) {
		t.Errorf("opened again it is another key, %v", err)
	}
	other, err := secret.Open(filepath.Join(t.TempDir(), "master.key"))
	if err != nil || bytes.Equal(first.Derive("x"), other.Derive("x")) {
		t.Errorf("two installations share a key, %v", err)
	}
}

func TestOpenRefuses(t *testing.T) {
	for _, c := range []struct {
		name string
		mode os.FileMode
		size int
		kind fail.Kind
	}{
		{"group may read", 0o640, 32, fail.Denied},
		{"all may read", 0o604, 32, fail.Denied},
		{"group may write", 0o620, 32, fail.Denied},
		{"all may execute", 0o601, 32, fail.Denied},
		{"empty", 0o600, 0, fail.Invalid},
		{"cut off", 0o600, 31, fail.Invalid},
		{"too long", 0o600, 33, fail.Invalid},
	} {
		path := filepath.Join(t.TempDir(), "master.key")
		text := bytes.Repeat([]byte{1}, c.size)
		if err := os.WriteFile(path, text, c.mode); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, c.mode); err != nil { // whatever the umask
			t.Fatal(err)
		}
		if _, err := secret.Open(path); !fail.Is(err, c.kind) {
			t.Errorf("%s: %v, want %s", c.name, err, c.kind)
		}
		if after, err := os.ReadFile(path); err != nil || !bytes.Equal(after, text) {
			t.Errorf("%s: the file was touched", c.name)
		}
	}
	if _, err := secret.Open(filepath.Join(t.TempDir(), "no", "such", "folder")); err == nil {
		t.Error("a key without a folder was made")
	}
	if _, err := secret.Open(t.TempDir()); err == nil {
		t.Error("a folder is no key")
	}
}

// Several processes may start at once: who gets a key gets the one on file.
func TestOpenAtOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "master.key")
	got := make([][]byte, 16)
	var wg sync.WaitGroup
	for i := range got {
		wg.Go(func() {
			if k, err := secret.Open(path); err == nil {
				got[i] = k.Derive("x")
			}
		})
	}
	wg.Wait()
	k, err := secret.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	for i, g := range got {
		if g != nil && !bytes.Equal(g, k.Derive("x")) {
			t.Errorf("opener %d has a key that is not on file", i)
		}
	}
}

func TestDerivedKeysAreApart(t *testing.T) {
	k := keysOf(t, 1)
	seen := map[string]string{}
	for _, name := range []string{"", "a", "b", "ab", "a b", "station password", "session"} {
		d := k.Derive(name)
		if len(d) != 32 {
			t.Errorf("%q has %d bytes", name, len(d))
		}
		if other, dup := seen[string(d)]; dup {
			t.Errorf("%q and %q are one key", name, other)
		}
		seen[string(d)] = name
		if !bytes.Equal(d, keysOf(t, 1).Derive(name)) || bytes.Equal(d, keysOf(t, 2).Derive(name)) {
			t.Errorf("%q does not follow the master key", name)
		}
	}
}

func TestVerifier(t *testing.T) {
	v := keysOf(t, 1).Verifier("station password")
	secretText := "0123456789abcdef0123456789ABCDEF"
	raw, _ := hex.DecodeString(secretText)
	stored := v.Make([]byte(secretText), raw)
	if strings.Contains(strings.ToLower(stored), strings.ToLower(secretText)) {
		t.Errorf("the stored form shows the secret: %s", stored)
	}
	if parts := strings.Split(stored, ":"); len(parts) != 4 || parts[0] != "k1" || len(parts[1]) != 32 {
		t.Errorf("the stored form is %q", stored)
	}
	if again := v.Make([]byte(secretText), raw); again == stored {
		t.Error("two stations with one password have one stored form")
	}
	for name, c := range map[string]struct {
		v     secret.Verifier
		given string
		want  bool
	}{
		"first reading":            {v, secretText, true},
		"second reading":           {v, string(raw), true},
		"other case":               {v, strings.ToLower(secretText), false},
		"empty":                    {v, "", false},
		"beginning":                {v, secretText[:31], false},
		"longer":                   {v, secretText + "0", false},
		"zero byte after":          {v, secretText + "\x00", false},
		"the stored form itself":   {v, stored, false},
		"key of another name":      {keysOf(t, 1).Verifier("other"), secretText, false},
		"key of another master":    {keysOf(t, 2).Verifier("station password"), secretText, false},
		"the same key made afresh": {keysOf(t, 1).Verifier("station password"), secretText, true},
	} {
		if got := c.v.Check(stored, []byte(c.given)); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// No stored form that Make did not make lets anyone in, whatever is given.
func TestMalformedVerifiers(t *testing.T) {
	v := keysOf(t, 1).Verifier("station password")
	good := v.Make([]byte("secret"))
	parts := strings.Split(good, ":")
	for _, stored := range []string{
		"", ":", "::", "k1", "k1:", "k1::", "k1:" + parts[1], "k1:" + parts[1] + ":", "k1:" + parts[1] + "::::",
		"k2:" + parts[1] + ":" + parts[2], "K1:" + parts[1] + ":" + parts[2], parts[1] + ":" + parts[2],
		"k1:zz:" + parts[2], "k1:" + parts[1] + ":zz", "k1:" + parts[1] + ":" + parts[2][:62], "k1:" + parts[1] + ":" + parts[2] + "00",
		"k1:00" + parts[1] + ":" + parts[2], "k1:" + parts[1] + ":" + strings.Repeat("0", 64), "k1::" + parts[2], " " + good, good[:len(good)-1],
	} {
		for _, given := range []string{"", "secret", stored} {
			if v.Check(stored, []byte(given)) {
				t.Errorf("%q lets %q in", stored, given)
			}
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		stored := rapid.OneOf(
			rapid.String(), rapid.StringMatching(`k1(:[0-9a-f]{0,64}){0,4}`), rapid.StringMatching(`k1:[0-9a-f]{32}:[0-9a-f]{64}`),
		).Draw(t, "stored")
		if v.Check(stored, rapid.SliceOf(rapid.Byte()).Draw(t, "given")) {
			t.Fatalf("%q lets somebody in", stored)
		}
	})
}

func TestVerifierAgreesWithItself(t *testing.T) {
	v := keysOf(t, 1).Verifier("station password")
	rapid.Check(t, func(t *rapid.T) {
		readings := rapid.SliceOfN(rapid.SliceOf(rapid.Byte()), 1, 3).Draw(t, "readings")
		given := rapid.OneOf(rapid.SliceOf(rapid.Byte()), rapid.SampledFrom(readings)).Draw(t, "given")
		want := false
		for _, r := range readings {
			want = want || bytes.Equal(r, given)
		}
		if got := v.Check(v.Make(readings...), given); got != want {
			t.Fatalf("%v, want %v", got, want)
		}
	})
}

func TestNoMasterKeyDerivesNothing(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("the zero Keys derived a key")
		}
	}()
	secret.Keys{}.Derive("x")
}
