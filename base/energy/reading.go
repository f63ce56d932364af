package energy

import (
	"encoding/binary"
	"strconv"
	"strings"
	"time"

	"chargewright/base/fail"
)

// Reading is one value a meter gave: any measurand, in the words of OCPP.
type Reading struct {
	At        time.Time
	EVSE      int64  // 0: the station's own meter
	Measurand string // "" is Energy.Active.Import.Register
	Phase     string
	Location  string
	Context   string
	Unit      string
	Value     string // a decimal number, as it was sent
	Signed    string // the signed original, byte for byte
}

// packing is the version of the packed form.
const packing = 1

// maxReadings bounds one packed message.
const maxReadings = 100_000

// Pack writes readings in a compact form: a table of the texts in use, then
// each reading as the time since the one before and numbers into the table. A
// value with up to three decimals takes its digits as a number; any other, and
// one that would not come back letter for letter, stays text.
func Pack(rs []Reading) []byte {
	var table []string
	at := map[string]uint64{}
	number := func(s string) uint64 {
		n, ok := at[s]
		if !ok {
			n = uint64(len(table))
			at[s], table = n, append(table, s)
		}
		return n
	}
	var body []byte
	last := int64(0)
	for _, r := range rs {
		us := r.At.UnixMicro()
		body = binary.AppendVarint(body, us-last)
		last = us
		body = binary.AppendVarint(body, r.EVSE)
		for _, s := range []string{r.Measurand, r.Phase, r.Location, r.Context, r.Unit, r.Signed} {
			body = binary.AppendUvarint(body, number(s))
		}
		if digits, decimals, ok := small(r.Value); ok {
			body = binary.AppendVarint(append(body, byte(decimals)), digits)
		} else {
			body = binary.AppendUvarint(append(body, asText), number(r.Value))
		}
	}
	b := binary.AppendUvarint([]byte{packing}, uint64(len(table)))
	for _, s := range table {
		b = append(binary.AppendUvarint(b, uint64(len(s))), s...)
	}
	return append(binary.AppendUvarint(b, uint64(len(rs))), body...)
}

// asText marks a value that is a text of the table; 0 to 3 are decimals.
const asText = 4

// small splits "-12.34" into −1234 and 2 decimals, if it comes back the same.
func small(value string) (digits int64, decimals int, ok bool) {
	whole, frac, point := strings.Cut(value, ".")
	if point && (len(frac) == 0 || len(frac) > 3) || len(value) > 16 {
		return 0, 0, false
	}
	n, err := strconv.ParseInt(whole+frac, 10, 64)
	if err != nil || plainDecimal(n, len(frac)) != value {
		return 0, 0, false
	}
	return n, len(frac), true
}

func plainDecimal(n int64, decimals int) string {
	sign := ""
	if n < 0 {
		sign, n = "-", -n
	}
	s := strconv.FormatInt(n, 10)
	if decimals == 0 {
		return sign + s
	}
	if len(s) <= decimals {
		s = strings.Repeat("0", decimals-len(s)+1) + s
	}
	return sign + s[:len(s)-decimals] + "." + s[len(s)-decimals:]
}

// Unpack is the inverse of Pack. Bytes that Pack did not write are Internal.
func Unpack(b []byte) ([]Reading, error) {
	u := unpacker{b: b}
	if u.byte() != packing {
		u.bad = true
	}
	table := make([]string, 0, 8)
	for range u.count(len(b)) {
		table = append(table, u.text())
	}
	word := func() string {
		if n := u.uint(); n < uint64(len(table)) {
			return table[n]
		}
		u.bad = true
		return ""
	}
	var out []Reading
	us := int64(0)
	for range u.count(maxReadings) {
		if u.bad {
			break
		}
		us += u.int()
		r := Reading{At: time.UnixMicro(us).UTC(), EVSE: u.int()}
		for _, s := range []*string{&r.Measurand, &r.Phase, &r.Location, &r.Context, &r.Unit, &r.Signed} {
			*s = word()
		}
		switch kind := u.byte(); {
		case kind < asText:
			r.Value = plainDecimal(u.int(), int(kind))
		case kind == asText:
			r.Value = word()
		default:
			u.bad = true
		}
		out = append(out, r)
	}
	if u.bad || len(u.b) > 0 {
		return nil, fail.New(fail.Internal, "energy.Unpack", "these are no packed readings")
	}
	return out, nil
}

// unpacker reads packed bytes; after the first fault it gives zeros.
type unpacker struct {
	b   []byte
	bad bool
}

func (u *unpacker) byte() byte {
	if len(u.b) == 0 {
		u.bad = true
		return 0
	}
	c := u.b[0]
	u.b = u.b[1:]
	return c
}

func (u *unpacker) uint() uint64 {
	n, size := binary.Uvarint(u.b)
	if size <= 0 {
		u.bad = true
		return 0
	}
	u.b = u.b[size:]
	return n
}

func (u *unpacker) int() int64 {
	n, size := binary.Varint(u.b)
	if size <= 0 {
		u.bad = true
		return 0
	}
	u.b = u.b[size:]
	return n
}

// count reads how many follow; more than most is a fault.
func (u *unpacker) count(most int) int {
	n := u.uint()
	if n > uint64(most) {
		u.bad = true
		return 0
	}
	return int(n)
}

func (u *unpacker) text() string {
	n := u.uint()
	if n > uint64(len(u.b)) {
		u.bad = true
		return ""
	}
	s := string(u.b[:n])
	u.b = u.b[n:]
	return s
}
