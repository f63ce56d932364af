package store

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

// Panic is what Do panics with if its function did.
type Panic struct {
	Value any
	Stack string // of the function, which may have run on another goroutine
}

// Error implements error.
func (p *Panic) Error() string {
	return fmt.Sprintf("panic in store.Do: %v\n\n%s", p.Value, p.Stack)
}

// outcome is how one run of an atom's function ended.
type outcome struct {
	err    error
	panic  *Panic
	exited bool // by runtime.Goexit, as t.FailNow does
}

// settle returns o.err, or ends the calling goroutine as the function wanted to.
func (o outcome) settle() error {
	if o.panic != nil {
		panic(o.panic)
	}
	if o.exited {
		runtime.Goexit()
	}
	return o.err
}

// invoke runs run and reports into o how it ended. If run calls runtime.Goexit,
// invoke does not return.
func invoke(run func(*Tx) error, tx *Tx, o *outcome) {
	*o = outcome{exited: true}
	defer func() {
		tx.ended = true
		if !o.exited {
			return
		}
		if v := recover(); v != nil {
			*o = outcome{panic: &Panic{Value: v, Stack: string(debug.Stack())}}
		}
	}()
	err := run(tx)
	if err == nil {
		err = tx.err
	}
	*o = outcome{err: err}
}

// goroutineID returns the number of the calling goroutine.
func goroutineID() uint64 {
	var b [40]byte
	n := runtime.Stack(b[:], false)
	var id uint64
	for _, c := range b[len("goroutine "):n] {
		if c < '0' || c > '9' {
			break
		}
		id = id*10 + uint64(c-'0')
	}
	return id
}
