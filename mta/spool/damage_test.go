package spool_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"log/slog"
	"path"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/google/go-cmp/cmp"
	"github.com/hawser-mta/hawser/mta/message"
	"github.com/hawser-mta/hawser/mta/spool"
)

// segmentFile returns the first file of the journal and what it holds.
func segmentFile(t testing.TB, fs vfs.FS) (string, []byte) {
	t.Helper()
	name := path.Join("s", "journal", "00000001.log")
	f, err := fs.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	b := make([]byte, info.Size())
	if _, err := f.ReadAt(b, 0); err != nil && err != io.EOF {
		t.Fatal(err)
	}
	return name, b
}

func overwrite(t testing.TB, fs vfs.FS, name string, b []byte) {
	t.Helper()
	f, err := fs.Create(name, vfs.WriteCategoryUnspecified)
	if err == nil {
		_, err = f.Write(b)
	}
	if err == nil {
		err = errors.Join(f.Sync(), f.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
}

// TestDamagedJournal: a power cut leaves messages in the journal that the index has not
// kept. One that the disk has damaged there costs no other and is told of; one that the
// header is how many bytes stand before the content of an entry.
const header = 20

// place changes where an entry believes to lie: its segment, and how far before it its
// TestDamagedBefore: what is damaged in the last group of a segment costs no other of the
// power cut has cut off is nothing to tell of.
func TestDamagedJournal(t *testing.T) {
	t.Parallel()
	find := func(b []byte, what string) int { return bytes.Index(b, []byte(what)) }
	for name, c := range map[string]struct {
		harm func([]byte) []byte
		gone []string
		told bool
	}{
		"content": {func(b []byte) []byte { b[find(b, "t2\r\n")+100] ^= 1; return b }, []string{"t2"}, true},
		"text":    {func(b []byte) []byte { b[find(b, "\x04t2")+2] ^= 1; return b }, []string{"t2"}, true},
		"length":  {func(b []byte) []byte { b[find(b, "t2\r\n")-12] ^= 1; return b }, []string{"t2"}, true},
		"two":     {func(b []byte) []byte { clear(b[find(b, "t2\r\n"):find(b, "\x04t3")]); return b }, []string{"t2", "t3"}, true},
		"group": {func(b []byte) []byte {
			second := find(b, "t5\r\n") - header
			place(b[second:], 1, second-(find(b, "t4\r\n")-header))
			b[find(b, "t4\r\n")+100] ^= 1
			return b
		}, []string{"t4", "t5"}, false},
		"first": {func(b []byte) []byte { b[5] ^= 1; return b }, []string{"t0"}, true},
		"tail":  {func(b []byte) []byte { return b[:find(b, "\x04t5")] }, []string{"t5"}, false},
		"none":  {func(b []byte) []byte { return b }, nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			disk := vfs.NewCrashableMem()
			s := open(t, oneSegment(disk))
			want := map[string]*spool.Unit{}
			for i := range 6 {
				tx := fmt.Sprint("t", i)
				u := put(t, s, tx, body(tx))
				want[u.ID()] = u
			}
			cut := disk.CrashClone(vfs.CrashCloneCfg{})
			closed(t, s)
			file, b := segmentFile(t, cut)
			overwrite(t, cut, file, c.harm(b))
			for _, tx := range c.gone {
				delete(want, tx+":1")
			}
			var log logs
			o := options(cut)
			o.Logger = slog.New(slog.NewTextHandler(&log, nil))
			for range 2 {
				s = open(t, o)
				got := recovered(t, s)
				if d := cmp.Diff(want, got); d != "" {
					t.Errorf("(-want +got)\n%s", d)
				}
				for _, u := range got {
					if text(t, s, u) != body(u.Transaction) {
						t.Errorf("content of %s is broken", u.ID())
					}
				}
				closed(t, s)
			}
			if n := strings.Count(log.text(), `msg="corrupt spool journal"`); n != map[bool]int{true: 1}[c.told] {
				t.Errorf("told of damage %d times:\n%s", n, log.text())
			}
		})
	}
}

// group begins.
func place(b []byte, segment, back int) {
	binary.BigEndian.PutUint32(b[4:], uint32(segment))
	binary.BigEndian.PutUint32(b[16:], uint32(back))
	text := b[header+binary.BigEndian.Uint32(b[8:]):][:binary.BigEndian.Uint32(b[12:])]
	table := crc32.MakeTable(crc32.Castagnoli)
	binary.BigEndian.PutUint32(b, crc32.Update(crc32.Checksum(text, table), table, b[4:header]))
}

// group when a later segment tells that the group was synced.
func TestDamagedBefore(t *testing.T) {
	t.Parallel()
	disk := vfs.NewCrashableMem()
	s := open(t, oneSegment(disk))
	for i := range 3 {
		tx := fmt.Sprint("t", i)
		put(t, s, tx, body(tx))
	}
	cut := disk.CrashClone(vfs.CrashCloneCfg{})
	closed(t, s)
	name, b := segmentFile(t, cut)
	var at []int
	for i := range 3 {
		at = append(at, bytes.Index(b, fmt.Appendf(nil, "t%d\r\n", i))-header)
	}
	place(b[at[1]:], 1, at[1]) // t0 and t1 are one group
	place(b[at[2]:], 2, 0)     // t2 is in the next segment
	overwrite(t, cut, path.Join(path.Dir(name), "00000002.log"), b[at[2]:])
	b[at[0]+header+100] ^= 1
	overwrite(t, cut, name, b[:at[2]])
	s = open(t, options(cut))
	defer closed(t, s)
	got := recovered(t, s)
	if d := cmp.Diff(map[string]*spool.Unit{"t1:1": unit("t1", 1), "t2:1": unit("t2", 1)}, got); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
}

// TestDamagedContent: content that the disk has damaged cannot be read, its neighbours
// can, also when they have to move.
func TestDamagedContent(t *testing.T) {
	t.Parallel()
	fs := vfs.NewMem()
	s := open(t, oneSegment(fs))
	var units []*spool.Unit
	for i := range 3 {
		tx := fmt.Sprint("t", i)
		units = append(units, put(t, s, tx, body(tx)))
	}
	closed(t, s)
	file, b := segmentFile(t, fs)
	b[bytes.Index(b, []byte("t1\r\n"))+100] ^= 1
	overwrite(t, fs, file, b)
	s = open(t, options(fs))
	defer closed(t, s)
	check := func() {
		for i, u := range units {
			src, err := s.Content(u)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := io.ReadAll(message.Reader(src)); errors.Is(err, spool.ErrCorrupt) != (i == 1) {
				t.Errorf("content of %s: %v", u.ID(), err)
			}
		}
	}
	check()
	for i := range 300 { // so much that it is worth to move what is left of the first segment
		tx := fmt.Sprint("more", i)
		if u := put(t, s, tx, body(tx)); s.Remove(u) != nil {
			t.Fatal("not removed")
		}
	}
	check()
}

// FuzzJournal: whatever stands in a file of the journal, with right checksums or wrong
// ones, is read to its end, without a panic or a large allocation.
func FuzzJournal(f *testing.F) {
	fs := vfs.NewCrashableMem()
	s := open(f, oneSegment(fs))
	put(f, s, "t0", "some content")
	if err := s.Update(unit("t0", 1)); err != nil {
		f.Fatal(err)
	}
	if err := s.Remove(unit("t0", 1)); err != nil {
		f.Fatal(err)
	}
	cut := fs.CrashClone(vfs.CrashCloneCfg{})
	closed(f, s)
	_, b := segmentFile(f, cut)
	for rest := bytes.TrimRight(b, "\x00"); len(rest) > header; {
		content, text := binary.BigEndian.Uint32(rest[8:]), binary.BigEndian.Uint32(rest[12:])
		f.Add(rest[header:header+content], rest[header+content:header+content+text], rest)
		rest = rest[header+content+text:]
	}
	f.Fuzz(func(t *testing.T, content, text, rest []byte) {
		b := append(make([]byte, header), content...)
		b = append(b, text...)
		binary.BigEndian.PutUint32(b[8:], uint32(len(content)))
		binary.BigEndian.PutUint32(b[12:], uint32(len(text)))
		place(b, 1, 0)
		b = append(b, rest...)
		n, held, err := spool.Scan(b)
		if err != nil || n > len(b)/header || held > int64(len(b)) {
			t.Errorf("%d entries with %d bytes of content in %d bytes: %v", n, held, len(b), err)
		}
	})
}
