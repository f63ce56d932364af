package device

import (
	"testing"

	"chargewright/base/store"
)

// What a cancelled job had under way when the process died is not sent again:
// nobody could cancel it any more.
func TestACancelledJobIsNotResumed(t *testing.T) {
	eachJob(t, func(b jobBench) {
		var j, other Job
		b.do(func(tx *store.Tx) (err error) {
			j, err = StartJob(tx, b.sc, ClearCache{}, []string{"A1", "A2"})
			return err
		})
		b.do(func(tx *store.Tx) error {
			if _, err := takeItems(tx, 1); err != nil {
				return err
			}
			_, err := CancelJob(tx, b.sc, j.ID)
			return err
		})
		to := &orders{}
		r, settled, _ := b.run(to)
		other = b.start(r, ClearCache{}, "A3")
		settled(other.ID, JobDone)
		if to.sent("A1") != 0 || to.sent("A2") != 0 {
			b.Errorf("sent after it was cancelled: %v", to.got)
		}
		if got := b.job(j.ID); got.State != JobCancelled || got.Count[ItemUnknown] != 1 || got.Count[ItemCancelled] != 1 {
			b.Errorf("%+v", got)
		}
	})
}

// A job that is cancelled before anything of it was asked leaves no secret.
func TestACancelledJobForgetsItsSecret(t *testing.T) {
	eachJob(t, func(b jobBench) {
		r := NewRunner(b.db, &orders{}, nil, nil)
		password := SetSettings{Values: []Value{{Setting: Setting{Variable: "AuthorizationKey"}, Value: "correct horse battery"}}}
		j := b.start(r, password, "B1")
		other := b.start(r, password, "B2")
		b.do(func(tx *store.Tx) error { _, err := CancelJob(tx, b.sc, j.ID); return err })
		if err := r.forget(b.Context()); err != nil {
			b.Fatal(err)
		}
		if _, kept := r.secrets[other.ID]; !kept || len(r.secrets) != 1 {
			b.Errorf("%d secrets are kept, that of the other job: %v", len(r.secrets), kept)
		}
	})
}
