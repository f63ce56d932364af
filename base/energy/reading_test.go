package energy

import (
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestReadingsArePackedLetterForLetter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.SampledFrom([]string{"", "Power.Active.Import", "L1", "Outlet", "Sample.Periodic", "W", "é", "OCMF|{}|x"})
		value := rapid.OneOf(
			rapid.SampledFrom([]string{"0", "-0", "0.0", "00.5", "+1", ".5", "5.", "-0.5", "1e3", "", "n/a", "9223372036854775807", "123456789012.345", "0.001"}),
			rapid.StringMatching(`-?[0-9]{1,9}(\.[0-9]{1,4})?`))
		var in []Reading
		for range rapid.IntRange(0, 12).Draw(t, "n") {
			in = append(in, Reading{
				At: time.UnixMicro(rapid.Int64Range(-1e15, 4e15).Draw(t, "at")).UTC(), EVSE: rapid.Int64Range(0, 9).Draw(t, "evse"), Measurand: word.Draw(t, "measurand"),
				Phase: word.Draw(t, "phase"), Location: word.Draw(t, "location"), Context: word.Draw(t, "context"), Unit: word.Draw(t, "unit"),
				Value: value.Draw(t, "value"), Signed: word.Draw(t, "signed"),
			})
		}
		out, err := Unpack(Pack(in))
		if err != nil || !reflect.DeepEqual(in, out) {
			t.Fatalf("%+v comes back as %+v, %v", in, out, err)
		}
	})
}

func TestPackedReadingsAreSmall(t *testing.T) {
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	var rs []Reading
	for i := range 20 {
		rs = append(rs, Reading{At: at.Add(time.Duration(i) * time.Minute), EVSE: 1, Measurand: "Power.Active.Import", Unit: "W", Context: "Sample.Periodic", Value: "11000.5"})
	}
	if n := len(Pack(rs)); n > 20*18+60 {
		t.Errorf("20 readings take %d bytes", n)
	}
}

func FuzzUnpack(f *testing.F) {
	f.Add(Pack([]Reading{{At: time.Unix(1e9, 0), Value: "1.5", Unit: "W"}, {At: time.Unix(1e9+60, 0), Value: "x"}}))
	f.Add([]byte{1, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1})
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		rs, err := Unpack(b)
		if err != nil {
			return
		}
		again, err := Unpack(Pack(rs))
		if err != nil || !reflect.DeepEqual(rs, again) {
			t.Errorf("%+v comes back as %+v, %v", rs, again, err)
		}
	})
}
