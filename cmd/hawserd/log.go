package main

import (
	"io"
	"sync"
	"time"
)

const (
	logDelay = 5 * time.Millisecond // that a line waits for others
	logSize  = 1 << 20              // bytes that wait before who writes waits, too
)

// logWriter writes lines of the log together, those of logDelay with one call: under load
// a call for each line is most of what a line costs. Lines of the last moment are lost
// when the process is killed.
type logWriter struct {
	w     io.Writer
	timer *time.Timer

	mu    sync.Mutex
	lines []byte

	out   chan struct{} // has room for who writes to w
	spare []byte        // of who writes
}

func newLogWriter(w io.Writer) *logWriter {
	l := &logWriter{w: w, out: make(chan struct{}, 1)}
	l.timer = time.AfterFunc(time.Hour, l.Flush)
	l.timer.Stop()
	return l
}

// Write implements io.Writer. The text should end with a line end. An error of the log is
// nobody's matter: it would have to be logged.
func (l *logWriter) Write(text []byte) (int, error) {
	l.mu.Lock()
	first := len(l.lines) == 0
	l.lines = append(l.lines, text...)
	full := len(l.lines) >= logSize
	l.mu.Unlock()
	switch {
	case full:
		l.Flush()
	case first:
		l.timer.Reset(logDelay)
	}
	return len(text), nil
}

// Flush writes the lines that wait.
func (l *logWriter) Flush() {
	l.out <- struct{}{}
	defer func() { <-l.out }()
	l.mu.Lock()
	lines := l.lines
	l.lines, l.spare = l.spare, nil
	l.mu.Unlock()
	if len(lines) > 0 {
		_, _ = l.w.Write(lines)
	}
	l.spare = lines[:0]
}
