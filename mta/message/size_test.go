package message_test

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/hawser-mta/hawser/mta/message"
	"golang.org/x/sys/unix"
)

// shapes are hostile messages of n elements.
var shapes = map[string]func(n int) string{
	"headers": func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "X-%d: value\r\n", i)
		}
		return b.String() + "\r\nbody"
	},
	"parts": func(n int) string {
		return "Content-Type: multipart/mixed; boundary=b\r\n\r\n" + strings.Repeat("--b\r\nContent-Type: text/plain\r\n\r\ntext\r\n", n/10) + "--b--\r\n"
	},
	"nesting": func(n int) string {
		var b strings.Builder
		for i := range n / 10 {
			fmt.Fprintf(&b, "Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n", i, i)
		}
		return b.String() + "\r\ntext"
	},
	"long header": func(n int) string { return "X: " + strings.Repeat("x ", 50*n) + "\r\n\r\nbody" },
	"boundary-like lines": func(n int) string {
		var b strings.Builder
		for i := range 100 {
			fmt.Fprintf(&b, "Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n", i, i)
		}
		return b.String() + "\r\n" + strings.Repeat("--bx\r\n", 10*n)
	},
	"encoded words":    func(n int) string { return "X: " + strings.Repeat("=?utf-8?Q?x?= ", n) + "\r\n\r\n" },
	"broken words":     func(n int) string { return "X: " + strings.Repeat("=?utf-8?", n) + "\r\n\r\n" },
	"parameters":       func(n int) string { return "Content-Type: a/b" + strings.Repeat("; a*0=b", n) + "\r\n\r\n" },
	"comments":         func(n int) string { return "Content-Type: a/b" + strings.Repeat("(", n) + "\r\n\r\n" },
	"folded lines":     func(n int) string { return "X: a" + strings.Repeat("\r\n b", n) + "\r\n\r\n" },
	"lines of no name": func(n int) string { return strings.Repeat("x\r\n", n) + "\r\n" },
}

// work reads everything of a message and changes it in many places.
func work(t testing.TB, raw string) {
	m := parse(raw)
	e := m.Edit()
	m.Walk(m.Part, func(p *message.Part) bool {
		m.ContentType(p)
		m.FileName(p)
		m.ByID(m.Part, p.ID())
		e.AddField(p, "X-New", []byte("X-New: 1\r\n"))
		return true
	})
	for i, f := range m.Fields {
		m.Field(f.Name, 0)
		m.Text(f, "", true)
		if i%2 == 0 {
			e.SetField(m.Part, f.Name, 0, []byte("X: 1\r\n"))
		} else {
			e.DeleteField(m.Part, f.Name, 0)
		}
	}
	if src, err := e.Result(); err != nil || src.Size() == 0 {
		t.Error(err)
	}
}

// linear reports cost that grows faster than its input: four times as much must not
// take much more than four times as long, in processor time of the thread, since a
// busy machine lets it wait. One whose caches others use gets more tries.
func linear(t *testing.T, n int, f func(n int)) {
	t.Helper()
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	spent := func() time.Duration {
		var now unix.Timespec
		if err := unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &now); err != nil {
			t.Fatal(err)
		}
		return time.Duration(now.Nano())
	}
	once := func(n int) time.Duration {
		best := time.Hour
		for range 3 {
			begin := spent()
			f(n)
			best = min(best, spent()-begin)
		}
		return best
	}
	var small, large time.Duration
	for range 5 {
		if small, large = once(n), once(4*n); large < 10*small+5*time.Millisecond {
			return
		}
	}
	t.Errorf("%d takes %s, %d takes %s", n, small, 4*n, large)
}

func TestLinear(t *testing.T) {
	for name, shape := range shapes {
		t.Run(name, func(t *testing.T) {
			small, large := shape(5_000), shape(20_000)
			linear(t, 5_000, func(n int) {
				if n == 5_000 {
					work(t, small)
				} else {
					work(t, large)
				}
			})
		})
	}
}

// TestLinearEdits: many changes of one kind cost as much each as a few do.
func TestLinearEdits(t *testing.T) {
	raw := strings.Repeat("x", 100_000)
	part := []byte("\r\nx")
	for name, edit := range map[string]func(e *message.Editor, i int){
		"modify up":   func(e *message.Editor, i int) { _ = e.Modify(int64(i), 1, nil) },
		"modify down": func(e *message.Editor, i int) { _ = e.Modify(int64(99_000-i), 1, nil) },
		"prepend":     func(e *message.Editor, _ int) { e.Insert(e.Message().Part, part, true, "multipart/mixed", "b") },
		"append":      func(e *message.Editor, _ int) { e.Insert(e.Message().Part, part, false, "multipart/mixed", "b") },
		"set names":   func(e *message.Editor, i int) { e.SetField(e.Message().Part, fmt.Sprint("X", i), -1, part) },
		"add":         func(e *message.Editor, _ int) { e.AddField(e.Message().Part, "X", part) },
		"snapshots": func(e *message.Editor, _ int) {
			e.AddField(e.Message().Part, "X", part)
			e.Snapshot()
		},
	} {
		t.Run(name, func(t *testing.T) {
			linear(t, 5_000, func(n int) {
				e := parse("A: b\r\n\r\n" + raw).Edit()
				for i := range n {
					edit(e, i)
				}
				if _, err := e.Patch(); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

// TestLimits: beyond the limits the rest is text, and no byte is lost.
func TestLimits(t *testing.T) {
	t.Parallel()
	for name, raw := range map[string]string{
		"fields": strings.Repeat("a:\n", 600_000) + "\nbody",
		"parts":  "Content-Type: multipart/mixed; boundary=b\n\n" + strings.Repeat("--b\n", 120_000) + "--b--\nend",
		"levels": shapes["nesting"](100_000),
	} {
		m := parse(raw)
		e := m.Edit()
		m.Walk(m.Part, func(p *message.Part) bool {
			e.AddField(p, "X", nil)
			return true
		})
		if got := result(t, e); got != raw {
			t.Errorf("%s: %d bytes became %d", name, len(raw), len(got))
		}
		if m.Memory() < len(raw) {
			t.Errorf("%s: %d bytes of memory", name, m.Memory())
		}
	}
}

// TestLargeFile: a message of 100 MB in a file is read, changed and copied in
// little memory.
func TestLargeFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "m.eml")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	block := strings.Repeat(strings.Repeat("QUJD", 19)+"\r\n", 1000)
	write := func(s string) {
		if _, err := io.WriteString(f, s); err != nil {
			t.Fatal(err)
		}
	}
	write("Subject: large\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n")
	for range 10 {
		write("--b\r\nContent-Type: application/x\r\nContent-Transfer-Encoding: base64\r\n\r\n")
		for range 130 {
			write(block)
		}
	}
	write("--b--\r\n")
	size, err := f.Seek(0, io.SeekCurrent)
	if err != nil || size < 100_000_000 {
		t.Fatal(size, err)
	}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	m := message.Parse(io.NewSectionReader(f, 0, size))
	e := m.Edit()
	e.SetField(m.Part, "Subject", -1, []byte("Subject: small\r\n"))
	for i, p := range m.Parts(m.Part) {
		if i%2 == 0 {
			e.AddField(p, "X-Part", []byte("X-Part: 1\r\n"))
		}
	}
	e.Insert(m.Part, []byte("\r\nmore"), false, "multipart/mixed", "c")
	if err := e.Remove(m.Parts(m.Part)[3]); err != nil {
		t.Fatal(err)
	}
	src, err := e.Result()
	if err != nil {
		t.Fatal(err)
	}
	n, err := io.Copy(io.Discard, message.Reader(src))
	if err != nil || n != src.Size() || n < 90_000_000 {
		t.Fatalf("%d of %d bytes, %v", n, src.Size(), err)
	}
	// What was allocated in all, freed or not, bounds the peak.
	runtime.ReadMemStats(&after)
	if got := after.TotalAlloc - before.TotalAlloc; got > 8<<20 {
		t.Errorf("%d bytes were allocated for a message of %d", got, size)
	}
}

// TestMemory: a hostile message of 1 MB takes at most 64 MB, with all of its parts
// read and changed.
func TestMemory(t *testing.T) {
	for name, raw := range map[string]string{
		"fields":  strings.Repeat("a:\n", 1<<20/3),
		"parts":   "Content-Type: multipart/mixed; boundary=b\n\n" + strings.Repeat("--b\n", 1<<18),
		"headers": "Content-Type: multipart/mixed; boundary=b\n\n" + strings.Repeat("--b\na:\n", 1<<20/7),
	} {
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		m := parse(raw)
		e := m.Edit()
		m.Parts(m.Part)
		e.AddField(m.Part, "X", []byte("X: 1\n"))
		runtime.GC()
		runtime.ReadMemStats(&after)
		if got := int64(after.HeapAlloc) - int64(before.HeapAlloc); got > 64<<20 {
			t.Errorf("%s: %d bytes", name, got)
		}
		if src, err := e.Result(); err != nil || src.Size() != int64(len(raw)+5) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
