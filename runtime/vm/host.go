package vm

import (
	"context"
	"crypto/x509"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"net/netip"
	"os"
	"sync"
	"time"

	"github.com/hawser-mta/hawser/runtime/value"
	"golang.org/x/sys/unix"
)

// Host is what built-ins reach of the world outside the machine. Every field
// has a working default (see DefaultHost); tests and mocks replace single ones.
type Host struct {
	// Echo receives the string form of each echo statement.
	Echo func(t *Thread, text string)
	// Log receives syslog() records and internal faults.
	Log func(t *Thread, priority int, text string)
	// Now is the wall clock; Started the moment the machine booted.
	Now     func() time.Time
	Started time.Time
	// Sleep waits or returns the context's error.
	Sleep func(ctx context.Context, d time.Duration) error
	// Random is the source of random numbers, Entropy that of random bytes.
	Random  func() uint64
	Entropy io.Reader
	// Hostname and UUIDVersion come from the configuration.
	Hostname    string
	UUIDVersion int
	// Files opens names of the virtual file store (spec stdlib 0.8).
	Files FileStore
	// Disk is the folder below which scripts may read files on disk that Files
	// does not have; nil: none.
	Disk *os.Root
	// Keys looks up entries of pki.private[].
	Keys KeyStore
	// Addresses looks up entries of addresses[]; nil: there are none.
	Addresses AddressStore
	// Shared is the process-wide memory, barrier and cache store.
	Shared *Shared
	// FFI allows scripts to call functions of C libraries, which can do all that
	// the process can.
	FFI bool
	// Mail is what package mta adds: resolver, queue, metrics. Its packages
	// know the type.
	Services map[string]any
}

// FileStore opens files that scripts may read.
type FileStore interface {
	ReadFile(name string) ([]byte, error)
	// Open opens a regular file to read it bit by bit.
	Open(name string) (fs.File, error)
}

// KeyStore finds key and certificate material by id.
type KeyStore interface {
	// PrivateKey returns the PEM text of the entry.
	PrivateKey(id string) (pem string, ok bool)
	// Certificate returns the PEM text of the entry's certificate and its chain.
	Certificate(id string) (pem string, ok bool)
	// Authorities are those that are trusted beside the system's, nil for none.
	Authorities() *x509.CertPool
}

// AddressStore finds local addresses by id.
type AddressStore interface {
	// SourceAddress returns the address of the entry.
	SourceAddress(id string) (netip.Addr, bool)
}

// DefaultHost returns a host over the real clock and random source, printing
// to w.
func DefaultHost(w io.Writer) *Host {
	return &Host{
		Echo:        func(_ *Thread, text string) { fmt.Fprintln(w, text) },
		Log:         func(*Thread, int, string) {},
		Now:         time.Now,
		Started:     booted(),
		Sleep:       sleep,
		Random:      rand.Uint64,
		Entropy:     entropy{},
		Hostname:    hostname(),
		UUIDVersion: 4,
		Shared:      NewShared(),
		Services:    map[string]any{},
	}
}

// booted is the moment the machine booted, with the monotonic reading of now, so
// that steps of the wall clock do not change the distance.
var booted = sync.OnceValue(func() time.Time {
	var up unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &up); err != nil {
		return time.Now()
	}
	return time.Now().Add(-time.Duration(up.Nano()))
})

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// Regexp is a compiled pattern as the machine needs it. Package pcre makes
// them; the interface keeps the machine independent of the engine.
type Regexp interface {
	// Match reports whether the subject contains a match; it fails when the
	// step limit is exceeded, or when done is closed.
	Match(done <-chan struct{}, subject string) (bool, error)
}

// RegexCompiler compiles the pattern of a literal or of a string (which may be
// /pattern/flags).
type RegexCompiler interface {
	Literal(pattern, flags string) (value.Value, error)
	String(pattern string) (value.Value, error)
}
