package device

import (
	"crypto/sha256"
	"encoding/hex"
	"time"

	"chargewright/base/store"
)

// Notice is a message of a device that is kept as it came for those who work
// with it: reports in parts, firmware and log progress, security events,
// charging needs and limits, requests for certificates.
type Notice struct {
	Action     string
	Body       string // the JSON payload
	ReceivedAt time.Time
}

// Note keeps a notice. The same notice of the same device within a day is one.
func Note(tx *store.Tx, device string, n Notice) error {
	sum := sha256.Sum256([]byte(n.Body))
	_, err := tx.Exec(`INSERT INTO device_notice (device_id, action, day, digest, body, received_at) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (device_id, action, day, digest) DO NOTHING`,
		device, n.Action, n.ReceivedAt.UTC().Format(time.DateOnly), hex.EncodeToString(sum[:12]), n.Body, n.ReceivedAt)
	return err
}

// Notices lists a device's notices of an action ("" for any), newest first.
func Notices(tx *store.Tx, device, action string, limit int) ([]Notice, error) {
	return store.All(tx, func(r *store.Row) Notice { return Notice{r.Text(0), r.Text(1), r.Time(2)} },
		`SELECT action, body, received_at FROM device_notice WHERE device_id = $1 AND ($2 = '' OR action = $2)
		ORDER BY received_at DESC, action, digest LIMIT $3`, device, action, limit)
}

// Forget deletes notices that are over their term of 400 days.
func Forget(tx *store.Tx) {
	tx.Write(`DELETE FROM device_notice WHERE received_at < $1`, tx.Now().AddDate(0, 0, -400))
}
