//go:build unix

package app

import (
	"syscall"
	"time"
)

// cpuMicroseconds returns the CPU time this process has used, user and system.
func cpuMicroseconds() int64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return (time.Duration(u.Utime.Nano()) + time.Duration(u.Stime.Nano())).Microseconds()
}
