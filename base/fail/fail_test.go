package fail_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"chargewright/base/fail"
)

var kinds = []fail.Kind{
	fail.Internal, fail.Invalid, fail.NotFound, fail.Conflict, fail.Denied, fail.Offline, fail.Busy, fail.Timeout, fail.Unavailable,
}

const nothingSaid = "the server could not complete the request"

// The names travel between processes of different versions: they are fixed.
func TestKindNames(t *testing.T) {
	names := []string{"internal", "invalid", "not_found", "conflict", "denied", "offline", "busy", "timeout", "unavailable"}
	for i, k := range kinds {
		if k.String() != names[i] {
			t.Errorf("kind %d is %q, want %q", i, k, names[i])
		}
		b, err := k.MarshalText()
		if err != nil || string(b) != names[i] {
			t.Errorf("%s marshals to %q, %v", names[i], b, err)
		}
		back := fail.Timeout
		if err := back.UnmarshalText(b); err != nil || back != k {
			t.Errorf("%s reads back as %s, %v", names[i], back, err)
		}
	}
	if s := fail.Kind(200).String(); s != "internal" {
		t.Errorf("a kind out of the set is %q", s)
	}
	k := fail.Busy
	if err := k.UnmarshalText([]byte("of_the_future")); err != nil || k != fail.Internal {
		t.Errorf("an unknown name reads as %s, %v", k, err)
	}
	if fail.KindOf(nil) != fail.Internal || fail.Is(nil, fail.Internal) {
		t.Error("no error is of a kind")
	}
	if !fail.Is(errors.New("x"), fail.Internal) {
		t.Error("a plain error is not Internal")
	}
}

func TestWrap(t *testing.T) {
	if err := fail.Wrap(fail.Busy, "room.verb", nil); err != nil {
		t.Errorf("Wrap(nil) = %v", err)
	}
	cause := fs.ErrPermission
	plain := fail.Wrap(fail.Busy, "room.verb", cause)
	if !fail.Is(plain, fail.Busy) || !errors.Is(plain, cause) {
		t.Errorf("%v is %s", plain, fail.KindOf(plain))
	}
	for _, k := range kinds {
		err := fail.Wrap(fail.Timeout, "outer.verb", fmt.Errorf("between: %w", fail.New(k, "inner.verb", "the text of %s", k)))
		if !fail.Is(err, k) {
			t.Errorf("wrapped %s became %s", k, fail.KindOf(err))
		}
		want := "the text of " + k.String()
		if k == fail.Internal {
			want = nothingSaid
		}
		if fail.Say(err) != want {
			t.Errorf("Say is %q, want %q", fail.Say(err), want)
		}
		if !strings.HasPrefix(err.Error(), "outer.verb: ") || !strings.Contains(err.Error(), "inner.verb: ") {
			t.Errorf("the log does not say where: %q", err)
		}
	}
}

func TestErrorText(t *testing.T) {
	for _, c := range []struct {
		err  error
		want string
	}{
		{fail.New(fail.NotFound, "room.verb", "there is no %q", "x"), `room.verb: there is no "x"`},
		{fail.Field("room.verb", "power", "it is %d", -1), "room.verb: power: it is -1"},
		{&fail.Error{Kind: fail.Busy}, "busy"},
		{&fail.Error{Kind: fail.Busy, Op: "a"}, "a: busy"},
		{fail.Wrap(fail.Busy, "a", errors.New("b")), "a: b"},
		{&fail.Error{Op: "a", Text: "t", Err: errors.New("b")}, "a: t: b"},
	} {
		if got := c.err.Error(); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
	if err := fail.Field("a", "b", "c"); err.Kind != fail.Invalid {
		t.Errorf("Field is %s", err.Kind)
	}
}

// What is internal never leaves, at whatever depth it sits and however it is wrapped.
func TestCausesStayInside(t *testing.T) {
	const secret = "password=hunter2"
	for name, err := range map[string]error{
		"plain":                 errors.New(secret),
		"wrapped plain":         fail.Wrap(fail.Unavailable, "a", errors.New(secret)),
		"internal text":         fail.New(fail.Internal, "a", secret),
		"internal under a kind": &fail.Error{Kind: fail.Invalid, Op: "a", Err: fail.New(fail.Internal, "b", secret)},
		"a kind under internal": &fail.Error{Kind: fail.Internal, Op: "a", Text: secret, Err: fail.New(fail.Invalid, "b", secret)},
		"wrapped twice":         fail.Wrap(fail.Busy, "a", fail.Wrap(fail.Internal, "b", errors.New(secret))),
		"joined":                errors.Join(errors.New(secret), fail.New(fail.Internal, "b", secret)),
		"field of internal":     &fail.Error{Kind: fail.Internal, Field: "f", Text: secret},
	} {
		if said := fail.Say(err); said != nothingSaid {
			t.Errorf("%s: said %q", name, said)
		}
		var e *fail.Error
		if !errors.As(err, &e) {
			continue
		}
		if b, err := json.Marshal(e); err != nil || strings.Contains(string(b), "hunter2") {
			t.Errorf("%s: marshals to %s, %v", name, b, err)
		}
	}
	sayable := &fail.Error{Kind: fail.Conflict, Text: "the session is closed", Err: errors.New(secret)}
	if said := fail.Say(fmt.Errorf("%s: %w", secret, sayable)); said != "the session is closed" {
		t.Errorf("said %q", said)
	}
}

func TestMarshalling(t *testing.T) {
	b, err := json.Marshal(fail.Field("room.verb", "power", "it is negative"))
	if want := `{"kind":"invalid","op":"room.verb","field":"power","text":"it is negative"}`; err != nil || string(b) != want {
		t.Errorf("%s, %v, want %s", b, err, want)
	}
	for _, bad := range []string{`[]`, `{"kind":1}`, `{"text":{}}`, ``} {
		e := *fail.New(fail.Busy, "a", "b")
		if err := json.Unmarshal([]byte(bad), &e); err == nil {
			t.Errorf("%s was read", bad)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`[ -~äß€]{1,30}`)
		e := &fail.Error{
			Kind: rapid.SampledFrom(kinds[1:]).Draw(t, "kind"), Op: text.Draw(t, "op"), Field: text.Draw(t, "field"),
			Text: text.Draw(t, "text"), Err: errors.New(text.Draw(t, "cause")),
		}
		b, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		var got fail.Error
		if err := json.Unmarshal(b, &got); err != nil {
			t.Fatal(err)
		}
		if want := (fail.Error{Kind: e.Kind, Op: e.Op, Field: e.Field, Text: e.Text}); got != want {
			t.Fatalf("%#v came back as %#v", want, got)
		}
		if fail.Say(&got) != fail.Say(e) || fail.KindOf(&got) != fail.KindOf(e) {
			t.Fatalf("after the journey it says %q", fail.Say(&got))
		}
	})
}
