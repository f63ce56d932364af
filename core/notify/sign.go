package notify

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"
	"time"

	"chargewright/base/fail"
)

// secretPrefix begins every signing secret (Standard Webhooks, "Signature scheme").
const secretPrefix = "whsec_"

// secretSize is the size of a signing key in bytes; the standard asks for 24 to 64.
const secretSize = 24

func newSecret() string {
	b := make([]byte, secretSize)
	_, _ = rand.Read(b) // never fails
	return secretPrefix + base64.StdEncoding.EncodeToString(b)
}

// Sign returns the webhook-signature of a message: "v1," and the base64 of
// HMAC-SHA-256 over id.timestamp.body, the timestamp in whole seconds. A secret
// that is not whsec_ and base64 is Invalid.
func Sign(secret, messageID string, at time.Time, body []byte) (string, error) {
	text, ok := strings.CutPrefix(secret, secretPrefix)
	key, err := base64.StdEncoding.DecodeString(text)
	if !ok || err != nil || len(key) == 0 {
		return "", fail.Field("notify.Sign", "secret", "it is not %s and base64", secretPrefix)
	}
	m := hmac.New(sha256.New, key)
	m.Write([]byte(messageID + "." + strconv.FormatInt(at.Unix(), 10) + "."))
	m.Write(body)
	return "v1," + base64.StdEncoding.EncodeToString(m.Sum(nil)), nil
}

// signedHeader is the header of a message (Standard Webhooks, "Webhook headers").
func signedHeader(secret, messageID string, at time.Time, body []byte) (http.Header, error) {
	signature, err := Sign(secret, messageID, at, body)
	if err != nil {
		return nil, err
	}
	h := http.Header{}
	h.Set("Content-Type", "application/json")
	h.Set("webhook-id", messageID)
	h.Set("webhook-timestamp", strconv.FormatInt(at.Unix(), 10))
	h.Set("webhook-signature", signature)
	return h, nil
}
