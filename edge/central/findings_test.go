package central

import (
	"fmt"
	"testing"
	"time"

	"chargewright/base/store"
	"chargewright/core/device"
	"chargewright/wire/ocpp"
)

// A station that errs in every message costs one write in ten minutes.
func TestFindingsAreDueSeldom(t *testing.T) {
	var f findings
	noon := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	long := ocpp.Finding{Kind: ocpp.TooLong, Path: "/idTag", Detail: "a"}
	for _, c := range []struct {
		name    string
		station string
		action  string
		finding ocpp.Finding
		after   time.Duration
		due     int
	}{
		{"first", "S1", "Authorize", long, 0, 1},
		{"again", "S1", "Authorize", long, time.Second, 0},
		{"in other words", "S1", "Authorize", ocpp.Finding{Kind: ocpp.TooLong, Path: "/idTag", Detail: "b"}, time.Minute, 0},
		{"elsewhere in it", "S1", "Authorize", ocpp.Finding{Kind: ocpp.TooLong, Path: "/x"}, time.Minute, 1},
		{"another action", "S1", "StartTransaction", long, time.Minute, 1},
		{"another station", "S2", "Authorize", long, time.Minute, 1},
		{"just before", "S1", "Authorize", long, 10*time.Minute - 1, 0},
		{"ten minutes later", "S1", "Authorize", long, 10 * time.Minute, 1},
		{"and again", "S1", "Authorize", long, 15 * time.Minute, 0},
	} {
		if got := f.due(c.station, c.action, []ocpp.Finding{c.finding}, noon.Add(c.after)); len(got) != c.due {
			t.Errorf("%s: %d due", c.name, len(got))
		}
	}
	for i := range 3 * findingCache {
		f.due("S3", "Authorize", []ocpp.Finding{{Kind: ocpp.TooLong, Path: fmt.Sprint("/", i)}}, noon)
	}
	if len(f.seen) > findingCache+1 {
		t.Errorf("%d are remembered", len(f.seen))
	}
}

// What is strange in a message is on file, and the message is answered.
func TestStrangeMessagesAreAnsweredAndNoted(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		p := b.online("S1", ocpp.V16)
		for range 3 {
			b.say(p, "Authorize", `{"idTag":"CARD","extra":1}`)
		}
		for range 3 {
			b.say(p, "FirmwareStatusNotification", `{"status":"Installed"}`)
			b.say(p, "DataTransfer", `{"vendorId":"com.example","data":"1"}`)
		}
		b.do(func(tx *store.Tx) error {
			d, _, err := device.At(tx, "S1")
			if err != nil {
				return err
			}
			fs, err := device.Findings(tx, d.ID)
			if err != nil {
				return err
			}
			if len(fs) != 1 || fs[0].Action != "Authorize" || fs[0].Times != 1 {
				t.Errorf("findings %+v", fs)
			}
			for action, body := range map[string]string{"FirmwareStatusNotification": `{"status":"Installed"}`, "DataTransfer": `{"vendorId":"com.example","data":"1"}`} {
				ns, err := device.Notices(tx, d.ID, action, 10)
				if err != nil {
					return err
				}
				if len(ns) == 0 || len(ns) > 2 || ns[0].Body != body { // two around midnight
					t.Errorf("%s: notices %+v", action, ns)
				}
			}
			return nil
		})
	})
}
