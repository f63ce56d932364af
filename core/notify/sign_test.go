package notify_test

import (
	"testing"
	"time"

	"chargewright/base/fail"
	"chargewright/core/notify"
)

// The example of the Standard Webhooks specification; openssl agrees.
func TestSignatureOfTheStandard(t *testing.T) {
	const secret, id = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek"
	got, err := notify.Sign(secret, id, time.Unix(1614265330, 999_999_999), []byte(`{"test": 2432232314}`))
	if want := "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="; err != nil || got != want {
		t.Errorf("%s, %v; want %s", got, err, want)
	}
	for _, bad := range []string{"", "whsec_", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_%%%", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS"} {
		if _, err := notify.Sign(bad, id, time.Now(), nil); !fail.Is(err, fail.Invalid) {
			t.Errorf("%q signs: %v", bad, err)
		}
	}
}
