package loadgen

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"sync"
	"text/tabwriter"
	"time"
)

// Names of what is timed, in the order of a session. Connect is the TCP handshake;
// a stage lasts from the end of writing its command to the end of its reply, where
// commands that go out in one write begin together; Transaction lasts from MAIL to
// the last reply.
const (
	Connect     = "connect"
	Banner      = "banner"
	Helo        = "helo"
	StartTLS    = "starttls" // command and handshake
	Mail        = "mail"
	Rcpt        = "rcpt"
	Data        = "data"
	EOD         = "eod"
	Transaction = "transaction" // of accepted messages
)

var timed = []string{Connect, Banner, Helo, StartTLS, Mail, Rcpt, Data, EOD, Transaction}

// Result is what a run measured.
type Result struct {
	Messages    int                `json:"messages"`           // accepted, by one recipient at least
	Failed      int                `json:"failed"`             // messages that were not
	Refused     int                `json:"recipients_refused"` // of accepted messages
	Connections int                `json:"connections"`        // TCP connections made
	Bytes       int64              `json:"bytes"`              // of accepted messages, as their content
	Seconds     float64            `json:"seconds"`            // from the start to the last answer
	PerSecond   float64            `json:"per_second"`         // accepted messages
	Failures    map[string]int     `json:"failures"`           // by stage and code, "rcpt 550", or stage and "lost"
	Latency     map[string]Latency `json:"latency"`
}

// OK reports whether every message was accepted by each of its recipients.
func (r *Result) OK() bool { return r.Failed == 0 && r.Refused == 0 }

// Text writes the result for readers.
func (r *Result) Text(w io.Writer) error {
	fmt.Fprintf(w, "messages     %d accepted, %d failed, %d recipients refused\n", r.Messages, r.Failed, r.Refused)
	fmt.Fprintf(w, "rate         %.1f messages/s, %.2f MB/s over %.2f s\n", r.PerSecond, float64(r.Bytes)/1e6/max(r.Seconds, 1e-9), r.Seconds)
	fmt.Fprintf(w, "connections  %d\n", r.Connections)
	for _, name := range slices.Sorted(maps.Keys(r.Failures)) {
		fmt.Fprintf(w, "failure      %s: %d\n", name, r.Failures[name])
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "\nms\tcount\tp50\tp90\tp99\tp99.9\tmax\t")
	for _, name := range timed {
		if l, ok := r.Latency[name]; ok {
			fmt.Fprintf(t, "%s\t%d\t%.3f\t%.3f\t%.3f\t%.3f\t%.3f\t\n", name, l.Count, l.P50, l.P90, l.P99, l.P999, l.Max)
		}
	}
	return t.Flush()
}

// tally is what the clients of a run count together.
type tally struct {
	mu sync.Mutex
	r  Result
	h  map[string]*histogram
}

func newTally() *tally {
	return &tally{r: Result{Failures: map[string]int{}}, h: map[string]*histogram{}}
}

// count changes the counters.
func (t *tally) count(change func(*Result)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	change(&t.r)
}

func (t *tally) failure(name string) { t.count(func(r *Result) { r.Failures[name]++ }) }

func (t *tally) time(name string, d time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	h := t.h[name]
	if h == nil {
		h = &histogram{}
		t.h[name] = h
	}
	h.add(d)
}

// result completes the counts after a run of d.
func (t *tally) result(d time.Duration) *Result {
	r := t.r
	r.Seconds = d.Seconds()
	r.PerSecond = float64(r.Messages) / max(r.Seconds, 1e-9)
	r.Latency = map[string]Latency{}
	for name, h := range t.h {
		r.Latency[name] = h.latency()
	}
	return &r
}
