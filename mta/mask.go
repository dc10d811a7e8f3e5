package mta

import (
	"context"
	"log/slog"
)

// priorities of syslog that levels of the log stand for (RFC 5424 section 6.2.1).
func priority(l slog.Level) int {
	switch {
	case l >= slog.LevelError:
		return 3
	case l >= slog.LevelWarn:
		return 4
	case l >= slog.LevelInfo:
		return 6
	}
	return 7
}

// masked is a log without the priorities that a mask, as that of setlogmask(3), does not
// have.
type masked struct {
	slog.Handler
	mask int
}

// mask returns a log with the priorities of a mask; 0 has all.
func mask(l *slog.Logger, bits int) *slog.Logger {
	if bits == 0 || bits&255 == 255 {
		return l
	}
	return slog.New(masked{l.Handler(), bits})
}

// Enabled implements slog.Handler.
func (m masked) Enabled(ctx context.Context, l slog.Level) bool {
	return m.mask>>priority(l)&1 == 1 && m.Handler.Enabled(ctx, l)
}

// WithAttrs implements slog.Handler.
func (m masked) WithAttrs(a []slog.Attr) slog.Handler { return masked{m.Handler.WithAttrs(a), m.mask} }

// WithGroup implements slog.Handler.
func (m masked) WithGroup(name string) slog.Handler { return masked{m.Handler.WithGroup(name), m.mask} }
