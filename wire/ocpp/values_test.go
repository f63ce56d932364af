package ocpp

import (
	"encoding/json"
	"math/big"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestParseTime(t *testing.T) {
	for _, c := range []struct {
		in     string
		want   string // RFC 3339 with nanoseconds, "" if refused
		strict bool
	}{
		{"2024-02-29T23:59:59Z", "2024-02-29T23:59:59Z", true},
		{"2024-02-29T23:59:59.123456789+05:30", "2024-02-29T18:29:59.123456789Z", true},
		{"2024-01-01T00:00:00-00:30", "2024-01-01T00:30:00Z", true},
		{"2024-02-29T23:59:59", "2024-02-29T23:59:59Z", false},
		{"2024-02-29 23:59:59", "2024-02-29T23:59:59Z", false},
		{"2024-02-29t23:59:59z", "2024-02-29T23:59:59Z", false},
		{"2024-02-29T23:59:59,5Z", "2024-02-29T23:59:59.5Z", false},
		{"2024-02-29T23:59:59.1234567891Z", "2024-02-29T23:59:59.123456789Z", true},
		{"2024-02-29T23:59Z", "2024-02-29T23:59:00Z", false},
		{"2024-02-29T23:59:59+0100", "2024-02-29T22:59:59Z", false},
		{"2024-02-29T23:59:59+01", "2024-02-29T22:59:59Z", false},
		{"2016-12-31T23:59:60Z", "2017-01-01T00:00:00Z", false},
		{"2023-02-29T00:00:00Z", "", false},
		{"2024-13-01T00:00:00Z", "", false},
		{"2024-01-01T24:00:00Z", "", false},
		{"2024-01-01T00:00:00.Z", "", false},
		{"2024-01-01", "", false},
		{"0000-01-01T00:00:00Z", "", false},
		{"2024-01-01T00:00:00Zjunk", "", false},
		{"", "", false},
	} {
		got, strict, ok := ParseTime(c.in)
		if ok != (c.want != "") || strict != c.strict {
			t.Errorf("%q: strict %v, ok %v", c.in, strict, ok)
		} else if ok && got.Format(time.RFC3339Nano) != c.want {
			t.Errorf("%q: %s, want %s", c.in, got.Format(time.RFC3339Nano), c.want)
		}
	}
}

// What we call strict the standard library reads too, as the same instant.
func FuzzParseTime(f *testing.F) {
	f.Add("2024-02-29T23:59:59.5+05:30")
	f.Add("2024-02-29 23:59:59")
	f.Fuzz(func(t *testing.T, in string) {
		got, strict, ok := ParseTime(in)
		if strict && !ok {
			t.Fatalf("%q: strict and refused", in)
		}
		if ok && (got.Year() < 1 || got.Year() > 9999) {
			t.Fatalf("%q: %v cannot be written", in, got)
		}
		var std time.Time
		if err := std.UnmarshalText([]byte(in)); strict && (err != nil || !got.Equal(std)) {
			t.Errorf("%q: %v; the standard library says %v, %v", in, got, std, err)
		}
	})
}

func TestTimeWritten(t *testing.T) {
	zone := time.FixedZone("", 3600)
	b, err := json.Marshal(At(time.Date(2024, 1, 2, 3, 4, 5, 6_999_999, zone)))
	if err != nil || string(b) != `"2024-01-02T02:04:05.006Z"` {
		t.Errorf("%s, %v", b, err)
	}
	if b, err := json.Marshal(Time{}); err == nil {
		t.Errorf("an unset time is written as %s", b)
	}
}

func TestNumber(t *testing.T) {
	for _, c := range []struct {
		in      string
		micro   int64
		exact   bool
		rounded int64 // to thousandths
	}{
		{"0", 0, true, 0}, {"-0.5", -500_000, true, -500}, {"16.1", 16_100_000, true, 16_100},
		{"0.0005", 500, true, 1}, {"-0.0005", -500, true, -1}, {"0.00049999", 0, false, 0},
		{"1e3", 1_000_000_000, true, 1_000_000}, {"12.5E-1", 1_250_000, true, 1250},
		{"5e-7", 0, false, 0}, {"99999999999999999999", 0, false, 0},
	} {
		n, err := ParseNumber(c.in)
		if err != nil {
			t.Fatal(err)
		}
		if got, ok := n.Micro(); ok != c.exact || ok && got != c.micro {
			t.Errorf("%s: %d, %v", c.in, got, ok)
		}
		if got, ok := n.Rounded(3); ok && got != c.rounded {
			t.Errorf("%s: rounded %d, want %d", c.in, got, c.rounded)
		}
	}
	for _, in := range []string{"", "-", "01", "1.", ".5", "+1", "1e", "1e1000", "0x1", "NaN", " 1", "1 ", "--1"} {
		if n, err := ParseNumber(in); err == nil {
			t.Errorf("%q is read as %s", in, n)
		}
	}
}

// Scaled and Rounded agree with exact arithmetic; Decimal is their inverse.
func TestNumberAgreesWithRationals(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`-?(0|[1-9][0-9]{0,20})(\.[0-9]{1,12})?([eE][+-]?[0-9]{1,2})?`).Draw(t, "text")
		digits := rapid.IntRange(0, 18).Draw(t, "digits")
		n, err := ParseNumber(text)
		if err != nil {
			t.Fatal(err)
		}
		scale := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(digits)), nil)
		want := new(big.Rat).Mul(n.Rat(), new(big.Rat).SetInt(scale))
		got, ok := n.Scaled(digits)
		if fits := want.IsInt() && want.Num().IsInt64(); ok != fits || ok && got != want.Num().Int64() {
			t.Fatalf("Scaled(%d) = %d, %v; want %s", digits, got, ok, want)
		}
		if ok && Decimal(got, digits).Rat().Cmp(n.Rat()) != 0 {
			t.Fatalf("Decimal(%d, %d) = %s", got, digits, Decimal(got, digits))
		}
		half := big.NewRat(1, 2)
		if want.Sign() < 0 {
			half.Neg(half)
		}
		sum := half.Add(half, want)
		near := new(big.Int).Quo(sum.Num(), sum.Denom())
		got, ok = n.Rounded(digits)
		if ok != near.IsInt64() || ok && got != near.Int64() {
			t.Fatalf("Rounded(%d) = %d, %v; want %s", digits, got, ok, near)
		}
	})
}
