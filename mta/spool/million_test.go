package spool_test

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hawser-mta/hawser/mta/message"
	"github.com/hawser-mta/hawser/mta/queue"
	"github.com/hawser-mta/hawser/mta/spool"
	"github.com/hawser-mta/hawser/runtime/runtest"
)

// BenchmarkMillion starts with a million messages of 2 KiB on disk that are due
// later: how long until the queue knows all, what it needs of memory, and what a
// Put takes meanwhile, from the first moment. It starts right behind filling the store
// as fast as it goes, whose tables are merged meanwhile, and when they are merged.
func BenchmarkMillion(b *testing.B) {
	for _, c := range []struct {
		name   string
		merged bool
	}{{"filled", false}, {"merged", true}} {
		b.Run(c.name, func(b *testing.B) { million(b, c.merged) })
	}
}

func million(b *testing.B, merged bool) {
	const units = 1_000_000
	o := spool.Options{Paths: []spool.Path{{Path: b.TempDir()}}, Logger: quiet, Readers: 4}
	s := open(b, o)
	content := make([]byte, 2048)
	_, _ = rand.NewChaCha8([32]byte{}).Read(content) // it cannot be compressed
	due := time.Now().Add(time.Hour)
	spread(b, 500, units, func(i int) error {
		u := real(name(i), 1)
		u.Due = due
		return s.Put(b.Context(), message.Bytes(content), []*spool.Unit{u})
	})
	if merged {
		until(b, "merging", func() bool { return spool.Merged(s) })
	}
	closed(b, s)
	heap := func() int64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	defer debug.SetGCPercent(debug.SetGCPercent(400)) // as hawserd does
	for b.Loop() {
		before := heap()
		begin, cpu := time.Now(), runtest.Processor()
		s := open(b, o)
		opened := time.Since(begin)
		q := queue.New(s, nil, queue.Options{Logger: slog.New(slog.DiscardHandler)})
		ctx, stop := context.WithCancel(b.Context())
		var mail sync.WaitGroup
		var puts atomic.Int64
		var slowest time.Duration
		mail.Go(func() {
			for ctx.Err() == nil {
				start := time.Now()
				if err := s.Put(b.Context(), message.Bytes(content), []*spool.Unit{real(name(units+int(puts.Add(1))), 1)}); err != nil {
					b.Error(err)
					return
				}
				slowest = max(slowest, time.Since(start))
			}
		})
		if err := s.Recover(func(u []*spool.Unit) error { q.Add(u...); return nil }); err != nil {
			b.Fatal(err)
		}
		took, used := time.Since(begin), runtest.Processor()-cpu
		stop()
		mail.Wait()
		if n := q.Stats().Deferred; n != units {
			b.Fatal(n)
		}
		size := heap() - before
		runtime.KeepAlive(q)
		b.ReportMetric(took.Seconds(), "s/load")
		b.ReportMetric(used.Seconds(), "cpu-s/load")
		b.ReportMetric(opened.Seconds(), "s/open")
		b.ReportMetric(float64(size)/units, "B/unit")
		b.ReportMetric(float64(puts.Load())/took.Seconds(), "puts/s")
		b.ReportMetric(float64(slowest.Milliseconds()), "ms/slowest-put")
		closed(b, s)
		if b.Failed() {
			return
		}
	}
}
