package runtest

import (
	"time"

	"golang.org/x/sys/unix"
)

// Processor returns the processor time that the process has used, of all threads: a
// measure that other work on the machine moves less than the clock, and which goes on
// inside a bubble of testing/synctest.
func Processor() time.Duration {
	var r unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &r); err != nil {
		panic(err) // it has no reason to fail
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}
