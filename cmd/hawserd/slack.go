package main

import (
	"os"
	"runtime"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// slack is by how much timers of the process may ring late (prctl(2), PR_SET_TIMERSLACK),
// and how long the runtime lets a thread that is in a system call keep its processor.
//
// The runtime's monitor looks every 20 µs for such threads, as far as the slack lets it,
// and at the second look gives their processor to another thread. With the kernel's slack
// that happens in nearly every fdatasync of the journal, although fast disks are done
// soon after: the looks, the handing over and the threads that wake for it took a tenth of
// the time of accepting mail (docs/benchmarks.md). Timers of mail are not that exact.
const slack = time.Millisecond

// kernelSlack is what a process has unless somebody chose another: that counts.
const kernelSlack = 50 * time.Microsecond

// relax starts the program anew, as the same process, with the slack: a thread has that of
// the one that made it, and the monitor is there already. With one processor the mail
// would stand still meanwhile; there, and where the system refuses, all stays as it is.
func relax() {
	if runtime.GOMAXPROCS(0) == 1 {
		return
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	now, err := unix.PrctlRetInt(unix.PR_GET_TIMERSLACK, 0, 0, 0, 0)
	if err != nil || time.Duration(now) != kernelSlack {
		return
	}
	path, err := os.Executable()
	if err != nil || unix.Prctl(unix.PR_SET_TIMERSLACK, uintptr(slack), 0, 0, 0) != nil {
		return
	}
	_ = syscall.Exec(path, os.Args, os.Environ())
}
