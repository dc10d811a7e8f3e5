package spool_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
	"github.com/hawser-mta/hawser/mta/message"
	"github.com/hawser-mta/hawser/mta/spool"
)

// onDisk opens a spool of one path on the disk, and counts the syncs of its files.
func onDisk(b *testing.B) (*spool.Spool, *atomic.Int64) {
	var syncs atomic.Int64
	count := errorfs.InjectorFunc(func(op errorfs.Op) error {
		switch op.Kind {
		case errorfs.OpFileSync, errorfs.OpFileSyncData, errorfs.OpFileSyncTo:
			syncs.Add(1)
		}
		return nil
	})
	s := open(b, spool.Options{
		Paths: []spool.Path{{Path: b.TempDir()}}, Logger: quiet, FS: func(string) vfs.FS { return errorfs.Wrap(vfs.Default, count) },
	})
	b.Cleanup(func() { closed(b, s) })
	return s, &syncs
}

// spread calls f with 0 … n-1 from so many goroutines.
func spread(b *testing.B, goroutines, n int, f func(i int) error) {
	var next atomic.Int64
	var all sync.WaitGroup
	for range goroutines {
		all.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				if err := f(i); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	all.Wait()
}

// real is a unit as a server makes them.
func real(tx string, n int) *spool.Unit {
	u := unit(tx, n)
	u.Sender.Local, u.Sender.Domain = "bounces+1234567", "news.example.org"
	u.Recipient.Local, u.Recipient.Domain = fmt.Sprint("some.person.", n), "mail.example.net"
	u.ServerID, u.TransportID, u.JobID, u.TenantID = "in", "out", "campaign-2031", "customer-17"
	u.RemoteIP, u.RemotePTR, u.Helo, u.AuthUser = "192.0.2.17", "mx.example.org", "mx.example.org", "customer-17"
	u.Quotas, u.Size = []string{"customer-17"}, 4400
	u.Patch = message.Patch{{Start: 0, Data: []byte("Received: from mx.example.org (mx.example.org [192.0.2.17])\r\n\tby mail.example.com with ESMTPSA id 4f2c; Fri, 1 Mar 2030 10:00:00 +0000\r\n")}}
	return u
}

// name is a transaction id in the form of a UUID, spread like one.
func name(i int) string {
	h := uint64(i) * 0x9e3779b97f4a7c15
	return fmt.Sprintf("%08x-%04x-4%03x-8%03x-%012x", uint32(h>>32), uint16(h>>16), i&0xfff, h&0xfff, i)
}

// filled stores n messages of one unit each.
func filled(b *testing.B, s *spool.Spool, n, size int) []*spool.Unit {
	content, units := message.Bytes(make([]byte, size)), make([]*spool.Unit, n)
	spread(b, 200, n, func(i int) error {
		units[i] = real(name(i), 1)
		return s.Put(b.Context(), content, units[i:i+1])
	})
	return units
}

// BenchmarkPut is acceptance of 4 KiB: fsyncs per message fall with the writers.
func BenchmarkPut(b *testing.B) {
	content := message.Bytes(make([]byte, 4096))
	for _, writers := range []int{1, 4, 20, 100} {
		b.Run(fmt.Sprint(writers), func(b *testing.B) {
			s, syncs := onDisk(b)
			before := syncs.Load()
			b.ResetTimer()
			spread(b, writers, b.N, func(i int) error { return s.Put(b.Context(), content, []*spool.Unit{real(name(i), 1)}) })
			b.StopTimer()
			report(b, syncs.Load()-before)
		})
	}
}

func report(b *testing.B, syncs int64) {
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "units/s")
	b.ReportMetric(float64(syncs)/float64(b.N), "syncs/unit")
}

// BenchmarkChange is what an update and a removal cost.
func BenchmarkChange(b *testing.B) {
	for _, op := range []struct {
		name string
		f    func(*spool.Spool, *spool.Unit) error
	}{{"update", (*spool.Spool).Update}, {"remove", (*spool.Spool).Remove}} {
		for _, goroutines := range []int{1, 20, 200} {
			b.Run(fmt.Sprint(op.name, "/", goroutines), func(b *testing.B) {
				s, syncs := onDisk(b)
				units := filled(b, s, b.N, 4096)
				before := syncs.Load()
				b.ResetTimer()
				spread(b, goroutines, b.N, func(i int) error { return op.f(s, units[i]) })
				b.StopTimer()
				report(b, syncs.Load()-before)
			})
		}
	}
}

// BenchmarkLoad reads a record, as the queue does twice for each delivery.
func BenchmarkLoad(b *testing.B) {
	s, _ := onDisk(b)
	units := filled(b, s, 10_000, 4096)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		u := units[i*7919%len(units)]
		if _, err := s.Load(u.Path, u.Transaction, u.Queue); err != nil {
			b.Fatal(err)
		}
	}
}
