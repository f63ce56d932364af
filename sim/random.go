package sim

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"time"
)

// stream returns the random stream number counter of an actor. Equal arguments
// give equal streams; a stream is not shared between goroutines.
func stream(seed uint64, actor string, counter uint64) *rand.Rand {
	h := sha256.New()
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], seed)
	binary.BigEndian.PutUint64(b[8:], counter)
	h.Write(b[:])
	h.Write([]byte(actor))
	sum := h.Sum(nil)
	return rand.New(rand.NewPCG(binary.BigEndian.Uint64(sum), binary.BigEndian.Uint64(sum[8:])))
}

// newID returns an identifier of the form of a UUID (36 characters).
func newID(r *rand.Rand) string {
	a, b := r.Uint64(), r.Uint64()
	return fmt.Sprintf("%08x-%04x-4%03x-%04x-%012x", uint32(a>>32), uint16(a>>16), a&0xfff, 0x8000|b>>50, b&0xffffffffffff)
}

// between returns a duration in [low, high], to the millisecond.
func between(r *rand.Rand, low, high time.Duration) time.Duration {
	if high <= low {
		return low
	}
	return low + time.Duration(r.Int64N(int64((high-low)/time.Millisecond)+1))*time.Millisecond
}
