// Package id makes the product's identifiers: a short prefix that names the
// kind of thing and a UUIDv7, so that ids of one kind sort by creation time.
package id

import (
	"crypto/rand"
	"encoding/binary"

	"github.com/google/uuid"
)

// New returns prefix + "_" + UUIDv7. It panics only if the system has no
// source of randomness, without which nothing here may go on.
func New(prefix string) string {
	return prefix + "_" + uuid.Must(uuid.NewV7()).String()
}

// Transaction returns a random OCPP 1.6 transaction id, 1…2³¹−1. The caller
// checks that it is unique at its station.
func Transaction() int64 {
	var b [4]byte
	for {
		if _, err := rand.Read(b[:]); err != nil {
			panic(err)
		}
		if n := int64(binary.BigEndian.Uint32(b[:]) >> 1); n > 0 {
			return n
		}
	}
}
