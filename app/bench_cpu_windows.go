package app

import (
	"syscall"
	"time"
)

// cpuMicroseconds returns the CPU time this process has used, user and system.
func cpuMicroseconds() int64 {
	var created, ended, kernel, user syscall.Filetime
	self, err := syscall.GetCurrentProcess()
	if err == nil {
		err = syscall.GetProcessTimes(self, &created, &ended, &kernel, &user)
	}
	if err != nil {
		return 0
	}
	ticks := func(f syscall.Filetime) int64 { return int64(f.HighDateTime)<<32 | int64(f.LowDateTime) } // of 100 ns
	return (time.Duration(ticks(kernel)+ticks(user)) * 100).Microseconds()
}
