package file_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hawser-mta/hawser/runtime/module"
	"github.com/hawser-mta/hawser/runtime/registry"
	"github.com/hawser-mta/hawser/runtime/value"
	"github.com/hawser-mta/hawser/runtime/vm"
	"github.com/hawser-mta/hawser/stdlib/file"
	"github.com/hawser-mta/hawser/stdlib/types"
)

// run executes a program with the global $x over a host that the test sets up.
func run(t *testing.T, src string, x value.Value, limits vm.Limits, with func(*vm.Host)) (string, error) {
	t.Helper()
	b := registry.New()
	types.Register(b)
	file.Register(b)
	root := &module.Root{FS: fstest.MapFS{}}
	set, diags := module.NewLoader(b.Freeze()).Build(t.Context(), &module.Roots{Files: root},
		[]module.Entry{{ID: "main", Root: root, Path: "main", Source: []byte(src), Globals: []string{"x"}}})
	if set == nil {
		t.Fatal(diags.Err())
	}
	var out strings.Builder
	host := vm.DefaultHost(&out)
	with(host)
	thread := vm.New(set.Image("main"), host, limits)
	thread.SetGlobal("x", x)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	_, err := thread.Run(ctx)
	return strings.TrimSuffix(out.String(), "\n"), err
}

// disk allows what lies below a folder.
func disk(t *testing.T, dir string) func(*vm.Host) {
	t.Helper()
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { root.Close() })
	return func(h *vm.Host) { h.Disk = root }
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestNames: which file a name leads to, and that nothing leads out.
func TestNames(t *testing.T) {
	t.Parallel()
	base := t.TempDir()
	dir := filepath.Join(base, "root")
	write(t, filepath.Join(dir, "both.txt"), "disk")
	write(t, filepath.Join(dir, "sub/disk.txt"), "disk")
	write(t, filepath.Join(base, "secret"), "secret")
	for link, to := range map[string]string{"out": "../secret", "abs": filepath.Join(base, "secret"), "in": "sub/disk.txt"} {
		if err := os.Symlink(to, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	if err := syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o600); err != nil {
		t.Fatal(err)
	}
	store := &module.Roots{Files: &module.Root{FS: fstest.MapFS{"both.txt": {Data: []byte("virtual")}, "v/a.txt": {Data: []byte("virtual")}}}}
	allow := disk(t, dir)
	const src = `$f = File($x); if (!$f) { echo "none"; echo File::read($x); } else { echo $f->read(); echo $f->getPath(); $f->close(); echo $f->getPath(); }`
	for _, c := range []struct {
		name, file string
		allowed    bool
		want       string
	}{
		{"virtual first", "both.txt", true, "virtual\n\n"},
		{"scheme", "file://both.txt", true, "virtual\n\n"},
		{"short scheme", "file:v/a.txt", true, "virtual\n\n"},
		{"disk", "sub/disk.txt", true, "disk\n" + filepath.Join(dir, "sub/disk.txt") + "\n"},
		{"absolute", filepath.Join(dir, "sub/disk.txt"), true, "disk\n" + filepath.Join(dir, "sub/disk.txt") + "\n"},
		{"link inside", "in", true, "disk\n" + filepath.Join(dir, "in") + "\n"},
		{"scheme is virtual only", "file://sub/disk.txt", true, "none\n"},
		{"not allowed", "sub/disk.txt", false, "none\n"},
		{"not allowed but virtual", "both.txt", false, "virtual\n\n"},
		{"link out", "out", true, "none\n"},
		{"absolute link out", "abs", true, "none\n"},
		{"dots", "../secret", true, "none\n"},
		{"dots in the scheme", "file://../secret", true, "none\n"},
		{"absolute outside", filepath.Join(base, "secret"), true, "none\n"},
		{"folder", "sub", true, "none\n"},
		{"virtual folder", "file://v", true, "none\n"},
		{"pipe", "pipe", true, "none\n"},
		{"empty", "", true, "none\n"},
		{"NUL", "a\x00b", true, "none\n"},
		{"missing", "nope", true, "none\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := run(t, src, value.Str(c.file), vm.Limits{}, func(h *vm.Host) {
				h.Files = store
				if c.allowed {
					allow(h)
				}
			})
			if d := cmp.Diff(strings.TrimSuffix(c.want, "\n"), strings.TrimSuffix(got, "\n")); d != "" || err != nil {
				t.Errorf("(-want +got)\n%s%v", d, err)
			}
		})
	}
}

// TestLarge: nothing of a huge file is kept, and what does not fit says so.
func TestLarge(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "huge"), "first\r\nsecond\n")
	if err := os.Truncate(filepath.Join(dir, "huge"), 1<<40); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "lines"), strings.Repeat(strings.Repeat("x", 99)+"\n", 200_000))
	limits := vm.Limits{Memory: 1 << 20, Time: 20 * time.Second}
	for _, c := range []struct{ name, src, want, fails string }{
		{"ends", `$f = File("huge"); echo $f->readline(); echo $f->tell(); echo $f->seek(-3, "SEEK_END"); echo length($f->read(10)); echo length($f->read(10));`,
			"first\n7\n1099511627773\n3\n0", ""},
		{"whole", `File("huge")->read();`, "", "memory limit"},
		{"static", `File::read("huge");`, "", "memory limit"},
		{"line", `$f = File("huge"); $f->readline(); $f->readline(); $f->readline();`, "", "memory limit"},
		{"some", `echo length(File("huge")->read(500000));`, "500000", ""},
		{"too many", `echo length(File("huge")->read(2000000));`, "", "memory limit"},
		{"walk", `$f = File("lines"); $n = 0; while (is_string($l = $f->readline())) $n += length($l); echo $n; echo $f->readline(); echo $f->tell();`, "19800000\nfalse\n20000000", ""},
		{"blocks", `$f = File("lines"); $n = 0; while ($b = $f->read(100001)) $n += length($b); echo $n;`, "20000000", ""},
		{"descriptors", `$a = []; for ($i = 0; $i < 1000; $i++) $a[] = File("lines");`, "", "memory limit"},
		{"in memory", `$a = []; $s = "x" * 10000; for ($i = 0; $i < 1000; $i++) $a[] = File::String($s . $i);`, "", "memory limit"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := run(t, c.src, value.None, limits, disk(t, dir))
			if c.fails == "" && err != nil || c.fails != "" && (err == nil || !strings.Contains(err.Error(), c.fails)) {
				t.Errorf("ended with %v, want %q", err, c.fails)
			}
			if got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// TestGrows: a file has the size that it had when it was opened; one that shrinks ends
// early.
func TestGrows(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "log")
	write(t, path, "one\n")
	change := func(h *vm.Host) {
		disk(t, dir)(h)
		n := 0
		h.Echo = func(*vm.Thread, string) {
			if n++; n == 1 {
				write(t, path, "one\ntwo\n")
			} else if n == 2 {
				write(t, path, "")
			}
		}
	}
	if _, err := run(t, `$f = File("log"); echo "grow"; $a = $f->read(); echo "shrink"; $g = File("log"); $f->seek(0);
		if ($a !== "one\n" or $f->read() !== "" or $f->readline() !== false) throw Exception("got $a");`, value.None, vm.Limits{}, change); err != nil {
		t.Error(err)
	}
}

// stream is a source that fails where it is told to.
type stream struct {
	*bytes.Reader
	fail   int64
	closed chan struct{}
}

func (s *stream) Read(p []byte) (int, error) {
	at := s.Reader.Size() - int64(s.Len())
	if at >= s.fail {
		return 0, errors.New("no such disk")
	}
	return s.Reader.Read(p[:min(int64(len(p)), s.fail-at, 3)])
}

func (s *stream) Close() error { close(s.closed); return nil }

func newStream(text string, fail int) *stream {
	return &stream{bytes.NewReader([]byte(text)), int64(fail), make(chan struct{})}
}

// TestResource: objects over one resource share the stream, whose reader may be slow,
// fail, and be read by other domains.
func TestResource(t *testing.T) {
	t.Parallel()
	s := newStream("one\r\ntwo\rthree\n\nfour", 100)
	h := file.NewHandle(s, s.Size())
	got, err := run(t, `$f = File($x); echo $f->readline(); echo File($x)->readline(); echo File($x)->tell(); echo $f;`, h.Resource(), vm.Limits{}, func(*vm.Host) {})
	if want := "one\ntwo\rthree\n15\nobject"; got != want || err != nil {
		t.Errorf("got %q, %v, want %q", got, err, want)
	}
	var reader interface {
		io.Reader
		io.Seeker
		Size() int64
	} = h
	rest, err := io.ReadAll(reader)
	if string(rest) != "\nfour" || err != nil || reader.Size() != 20 {
		t.Errorf("got %q, %v of %d bytes", rest, err, reader.Size())
	}
	if _, err := run(t, `File($x)->close(); File($x)->close(); if (File($x)->read() !== none) throw Exception("open");`, h.Resource(), vm.Limits{}, func(*vm.Host) {}); err != nil {
		t.Error(err)
	}
	<-s.closed
	if _, err := h.Read(make([]byte, 1)); err == nil {
		t.Error("reads after it was closed")
	}
}

func TestFailure(t *testing.T) {
	t.Parallel()
	s := newStream("one\ntwo\nthree", 6)
	got, err := run(t, `$f = File($x); echo $f->readline(); echo $f->readline() === none; $f->seek(0); echo $f->read(5); echo $f->read() === none;`,
		file.NewHandle(s, s.Size()).Resource(), vm.Limits{}, func(*vm.Host) {})
	if want := "one\ntrue\none\nt\ntrue"; got != want || err != nil {
		t.Errorf("got %q, %v, want %q", got, err, want)
	}
}

// seeker is a stream that can be read at the place where it stands only, six bytes at a
// time; it refuses to seek when told so.
type seeker struct {
	io.ReadSeeker
	refuse func(offset int64) bool
}

func (s *seeker) Close() error { return nil }

func (s *seeker) Read(p []byte) (int, error) { return s.ReadSeeker.Read(p[:min(len(p), 6)]) }

func (s *seeker) Seek(offset int64, whence int) (int64, error) {
	if s.refuse != nil && s.refuse(offset) {
		return 0, errors.New("refused")
	}
	return s.ReadSeeker.Seek(offset, whence)
}

// TestReadAt: reading elsewhere leaves the place where scripts read, with or without the
// help of the stream.
func TestReadAt(t *testing.T) {
	t.Parallel()
	const text = "one\ntwo\nthree\nfour\n"
	bare := &seeker{ReadSeeker: strings.NewReader(text)}
	for _, h := range []*file.Handle{file.NewHandle(newStream(text, 100), int64(len(text))), file.NewHandle(bare, int64(len(text)))} {
		if got, err := run(t, `echo File($x)->readline();`, h.Resource(), vm.Limits{}, func(*vm.Host) {}); got != "one" || err != nil {
			t.Fatalf("got %q, %v", got, err)
		}
		for _, c := range []struct {
			n    int
			at   int64
			want string
			err  error
		}{
			{5, 8, "three", nil}, {3, 0, "one", nil}, {100, 14, "four\n", io.EOF}, {5, 14, "four\n", nil},
			{1, 19, "", io.EOF}, {1, -1, "", io.EOF}, {1, 1 << 40, "", io.EOF}, {0, 0, "", nil},
		} {
			b := make([]byte, c.n)
			n, err := h.ReadAt(b, c.at)
			if string(b[:n]) != c.want || !errors.Is(err, c.err) {
				t.Errorf("%d bytes at %d: got %q, %v", c.n, c.at, b[:n], err)
			}
		}
		if got, err := run(t, `$f = File($x); echo $f->tell(); echo $f->readline(); echo $f->read();`, h.Resource(), vm.Limits{}, func(*vm.Host) {}); got != "4\ntwo\nthree\nfour\n" || err != nil {
			t.Errorf("got %q, %v", got, err)
		}
	}
	h := file.NewHandle(bare, int64(len(text)))
	for _, offset := range []int64{8, 0} { // there, and back
		bare.refuse = func(to int64) bool { return to == offset }
		if _, err := h.ReadAt(make([]byte, 1), 8); err == nil {
			t.Errorf("no error when the stream does not seek to %d", offset)
		}
	}
	if _, err := h.Seek(0, io.SeekStart); err == nil {
		t.Error("no error when the stream does not seek")
	}
	bare.refuse = nil
	if err := h.Close(); err != nil {
		t.Error(err)
	}
	if _, err := h.ReadAt(make([]byte, 1), 0); err == nil {
		t.Error("reads after it was closed")
	}
	if _, err := h.Seek(0, io.SeekStart); err == nil {
		t.Error("seeks after it was closed")
	}
}

// TestUnreachable: a stream that nothing reaches is closed.
func TestUnreachable(t *testing.T) {
	t.Parallel()
	b := registry.New()
	file.Register(b)
	s := newStream("text", 100)
	v := file.New(b.NativeClass("File"), s, s.Size())
	if h, ok := file.Of(v); !ok || h.Size() != 4 {
		t.Error("the object has no handle")
	}
	runtime.KeepAlive(v)
	v = value.None
	for deadline := time.After(30 * time.Second); ; {
		runtime.GC()
		select {
		case <-s.closed:
			return
		case <-deadline:
			t.Fatal("still open")
		case <-time.After(time.Millisecond):
		}
	}
}
