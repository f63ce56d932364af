package app

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"time"

	"chargewright/base/fail"
)

// benchMachine is what the figures were taken on.
type benchMachine struct {
	Time   time.Time  `json:"time"`
	OS     string     `json:"os"`
	CPU    string     `json:"cpu"`
	Cores  int        `json:"cores"`
	Go     string     `json:"go"`
	Commit string     `json:"commit"`
	Fsync  benchFsync `json:"fsync"`
}

// benchFsync is the time that a write of 4 KiB takes to be durable, in µs.
type benchFsync struct {
	Median float64 `json:"median_us"`
	P99    float64 `json:"p99_us"`
}

func lookAtMachine() benchMachine {
	m := benchMachine{
		Time: time.Now().UTC().Truncate(time.Second), OS: runtime.GOOS + "/" + runtime.GOARCH, CPU: cpuModel(), Cores: runtime.NumCPU(), Go: runtime.Version(), Commit: "unknown",
	}
	if b, ok := debug.ReadBuildInfo(); ok {
		for _, s := range b.Settings {
			switch {
			case s.Key == "vcs.revision":
				m.Commit = s.Value[:min(len(s.Value), 12)]
			case s.Key == "vcs.modified" && s.Value == "true":
				m.Commit += " and changes"
			}
		}
	}
	return m
}

func cpuModel() string {
	b, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return "unknown"
	}
	for line := range strings.Lines(string(b)) {
		if k, v, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(k) == "model name" {
			return strings.TrimSpace(v)
		}
	}
	return "unknown"
}

// residentBytes returns the memory of this process that is in RAM.
func residentBytes() (int64, error) {
	b, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0, fail.New(fail.Unavailable, "bench", "memory is measured on Linux alone; leave it out by --idle=0")
	}
	fields := bytes.Fields(b)
	if len(fields) < 2 {
		return 0, fail.New(fail.Internal, "bench", "statm has %d fields", len(fields))
	}
	pages, err := strconv.ParseInt(string(fields[1]), 10, 64)
	return pages * int64(os.Getpagesize()), fail.Wrap(fail.Internal, "bench", err)
}

// Bounds of measureFsync.
const (
	fsyncs    = 300
	fsyncTime = 3 * time.Second
)

// measureFsync times durable writes in dir.
func measureFsync(dir string) (out benchFsync, err error) {
	f, err := os.Create(filepath.Join(dir, "fsync"))
	if err != nil {
		return out, fail.Wrap(fail.Unavailable, "bench", err)
	}
	defer func() { err = fail.Wrap(fail.Unavailable, "bench", firstError(err, f.Close(), os.Remove(f.Name()))) }()
	page := make([]byte, 4096)
	var took []time.Duration
	for end := time.Now().Add(fsyncTime); len(took) < fsyncs && time.Now().Before(end); {
		page[0]++
		if _, err := f.WriteAt(page, int64(len(took)%64)*4096); err != nil {
			return out, err
		}
		begun := time.Now()
		if err := f.Sync(); err != nil {
			return out, err
		}
		took = append(took, time.Since(begun))
	}
	slices.Sort(took)
	us := func(i int) float64 { return float64(took[i].Nanoseconds()) / 1000 }
	return benchFsync{Median: us(len(took) / 2), P99: us(len(took) * 99 / 100)}, nil
}
