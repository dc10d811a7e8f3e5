package file

import (
	"errors"
	"io"
	"io/fs"
	"runtime"
	"strings"
	"sync"

	"github.com/hawser-mta/hawser/runtime/registry"
	"github.com/hawser-mta/hawser/runtime/value"
)

// Resource is the name of the resource type.
const Resource = "FileResource"

// Handle is the state of File objects and of a FileResource: an open stream of a known
// size. Its methods may be called at once.
type Handle struct {
	path string // on disk, "" for others
	held value.Value

	mu     sync.Mutex
	src    io.ReadSeeker // nil when closed
	close  func() error
	size   int64
	pos    int64  // of the next byte that a script gets
	buffer []byte // read ahead for lines; begins at pos
}

// openSize is what an open file counts as, in bytes.
const openSize = 64 << 10

// weight is what an object counts beside itself.
type weight int

// Size implements value.Sized.
func (w weight) Size() int { return int(w) }

// NewHandle returns the handle of a stream whose position is its beginning. It is
// closed when nothing reaches the handle any more.
func NewHandle(src io.ReadSeekCloser, size int64) *Handle {
	h := &Handle{src: src, size: size, held: value.FromResource(&value.Resource{Native: weight(openSize)})}
	unreachable := runtime.AddCleanup(h, func(c io.Closer) { c.Close() }, io.Closer(src))
	h.close = func() error {
		unreachable.Stop()
		return src.Close()
	}
	return h
}

// inMemory returns a handle over a string.
func inMemory(s string) *Handle {
	return &Handle{src: strings.NewReader(s), size: int64(len(s)), close: func() error { return nil }, held: value.Str(s)}
}

// New returns a File object over a stream of size bytes, at its beginning. class is
// the class File: (*registry.Builder).NativeClass("File").
func New(class *value.Class, src io.ReadSeekCloser, size int64) value.Value {
	return value.Native(class, NewHandle(src, size))
}

// Of returns the handle of a File object or FileResource.
func Of(v value.Value) (*Handle, bool) {
	if v.IsObject() {
		h, ok := v.Object().Native.(*Handle)
		return h, ok
	}
	return registry.Resource[*Handle](v)
}

// Resource returns the handle as a value.
func (h *Handle) Resource() value.Value {
	return value.FromResource(&value.Resource{Type: Resource, Native: h})
}

// Held implements value.Holder: the text of a file in memory, a weight for others.
func (h *Handle) Held(yield func(value.Value)) { yield(h.held) }

// Size is the number of bytes of the whole stream.
func (h *Handle) Size() int64 { return h.size }

// Close closes the stream; closing twice is no error.
func (h *Handle) Close() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.src == nil {
		return nil
	}
	h.src, h.buffer, h.held = nil, nil, value.None
	return h.close()
}

// Read implements io.Reader, from the position that scripts see.
func (h *Handle) Read(p []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.read(p)
}

func (h *Handle) read(p []byte) (int, error) {
	if h.src == nil {
		return 0, fs.ErrClosed
	}
	if len(p) == 0 {
		return 0, nil
	}
	if rest := h.size - h.pos; rest <= 0 {
		return 0, io.EOF
	} else if int64(len(p)) > rest {
		p = p[:rest]
	}
	var n int
	var err error
	if len(h.buffer) > 0 {
		n = copy(p, h.buffer)
		h.buffer = h.buffer[n:]
	} else if n, err = h.src.Read(p); n > 0 {
		err = nil // comes again
	}
	h.pos += int64(n)
	return n, err
}

// errRange is the error of a position outside the stream.
var errRange = errors.New("position outside the file")

// Seek implements io.Seeker. Unlike others it refuses positions beyond the end.
func (h *Handle) Seek(offset int64, whence int) (int64, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.src == nil {
		return 0, fs.ErrClosed
	}
	base := int64(0)
	switch whence {
	case io.SeekCurrent:
		base = h.pos
	case io.SeekEnd:
		base = h.size
	}
	// Both are within the file's size or offset is absurd: no sum overflows.
	if offset < -h.size || offset > h.size {
		return 0, errRange
	}
	to := base + offset
	if to < 0 || to > h.size {
		return 0, errRange
	}
	if _, err := h.src.Seek(to, io.SeekStart); err != nil {
		return 0, err
	}
	h.pos, h.buffer = to, nil
	return to, nil
}

// ReadAt implements io.ReaderAt; the position that scripts see stays.
func (h *Handle) ReadAt(p []byte, off int64) (n int, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.src == nil {
		return 0, fs.ErrClosed
	}
	rest := h.size - off
	if off < 0 || rest <= 0 {
		return 0, io.EOF
	}
	short := int64(len(p)) > rest
	if short {
		p = p[:rest]
	}
	if at, ok := h.src.(io.ReaderAt); ok {
		n, err = at.ReadAt(p, off)
	} else {
		if _, err := h.src.Seek(off, io.SeekStart); err != nil {
			return 0, err
		}
		n, err = io.ReadFull(h.src, p)
		if _, back := h.src.Seek(h.pos+int64(len(h.buffer)), io.SeekStart); back != nil {
			return n, back
		}
	}
	if err == nil && short {
		err = io.EOF
	}
	return n, err
}
