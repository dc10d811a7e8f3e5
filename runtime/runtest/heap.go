package runtest

import (
	"runtime/metrics"
	"time"
)

// Grows runs a function and tells by how many bytes the Go heap, with garbage that
// waits for the collector, was larger meanwhile than before.
func Grows(f func()) uint64 {
	before, most := heap(), uint64(0)
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for {
			most = max(most, heap())
			select {
			case <-stop:
				return
			case <-time.After(200 * time.Microsecond):
			}
		}
	}()
	f()
	close(stop)
	<-done
	return most - min(most, before)
}

func heap() uint64 {
	s := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(s)
	return s[0].Value.Uint64()
}
