package file

import (
	"errors"
	"fmt"
	"io"

	"github.com/hawser-mta/hawser/lang/sig"
	"github.com/hawser-mta/hawser/runtime/foreign"
	"github.com/hawser-mta/hawser/runtime/registry"
	"github.com/hawser-mta/hawser/runtime/value"
	"github.com/hawser-mta/hawser/runtime/vm"
)

// Register declares the domain.
func Register(b *registry.Builder) {
	ctor := sig.New("File(file: string|FileResource) -> File|none",
		"Opens a file to read: file://NAME of the configuration, or where the host allows it a path below the script folder; none when it cannot be opened.").
		Show(`echo File("file://missing.txt");`, "")
	var class *value.Class
	class = b.Class(sig.Class{
		Name: "File", Constructor: &ctor, Text: "A stream of bytes. It closes when unreachable; after that calls give none.",
		Methods: []*sig.Func{
			sig.New("String(data: string) -> File", "A file in memory.").
				Show(`$f = File::String("a\nb"); while (is_string($l = $f->readline())) echo $l;`, "a\nb").StaticMethod(),
			sig.New("read(filename: string) -> string|none", "The whole content of a file; none when it cannot be read.").
				Show(`echo File::read("file://missing.txt");`, "").StaticMethod(),
			sig.New("close() -> none", "Closes it now.").Method(),
			sig.New("read(length?: number) -> string|none", "Up to length bytes, or all that are left: fewer only at the end, where it is empty.").
				Show(`$f = File::String("abcdef"); echo $f->read(2); echo $f->read();`, "ab\ncdef").Method(),
			sig.New("readline() -> string|boolean|none", "The next line without its LF or CRLF; false at the end.").Method(),
			sig.New(`seek(offset: number, whence?: string = "SEEK_SET") -> number|none`,
				"Moves to a place from the start (SEEK_SET), from here (SEEK_CUR) or from the end (SEEK_END) and returns it; none when it lies outside.").
				Show(`$f = File::String("abcdef"); echo $f->seek(-2, "SEEK_END"); echo $f->read();`, "4\nef").Method(),
			sig.New("tell() -> number|none", "The position.").Method(),
			sig.New("getPath() -> string|none", "The path of a file on disk; none for others.").Method(),
			sig.New("toFFIValue() -> FFIValue|none", "A FILE* for FFI over a copy of the content, at the position; none when the file is closed.").Method(),
		},
	}, map[string]vm.Impl{
		"File": func(t *vm.Thread, a []value.Value) (value.Value, error) { return construct(class, t, a[0]) },
		"String": func(_ *vm.Thread, a []value.Value) (value.Value, error) {
			return value.Native(class, inMemory(a[0].Str())), nil
		},
		"::read": readAll,
		"read":   read,
		"readline": func(t *vm.Thread, a []value.Value) (value.Value, error) {
			line, err, fatal := of(a).line(t)
			switch {
			case fatal != nil:
				return value.None, fatal
			case err == io.EOF:
				return value.False, nil
			case err != nil:
				return value.None, nil
			}
			return value.Bytes(line), nil
		},
		"close": func(_ *vm.Thread, a []value.Value) (value.Value, error) {
			_ = of(a).Close() // was read only: nothing can be lost
			return value.None, nil
		},
		"seek": seek,
		"tell": func(_ *vm.Thread, a []value.Value) (value.Value, error) {
			h := of(a)
			h.mu.Lock()
			defer h.mu.Unlock()
			if h.src == nil {
				return value.None, nil
			}
			return value.Num(float64(h.pos)), nil
		},
		"getPath": func(_ *vm.Thread, a []value.Value) (value.Value, error) {
			h := of(a)
			h.mu.Lock()
			defer h.mu.Unlock()
			if h.src == nil || h.path == "" {
				return value.None, nil
			}
			return value.Str(h.path), nil
		},
		"toFFIValue": toFFIValue,
	})
}

// of returns the handle of the object that a method is called on.
func of(a []value.Value) *Handle { return a[0].Object().Native.(*Handle) }

func construct(class *value.Class, t *vm.Thread, v value.Value) (value.Value, error) {
	if !v.IsString() {
		h, ok := registry.Resource[*Handle](v)
		if !ok {
			return value.None, fmt.Errorf("File(): argument 1 (file) must be string|%s, got %s", Resource, v.TypeName())
		}
		return value.Native(class, h), nil
	}
	h, err := open(t, v.Str())
	if h == nil || err != nil {
		return value.None, err
	}
	return value.Native(class, h), nil
}

func readAll(t *vm.Thread, a []value.Value) (value.Value, error) {
	h, err := open(t, a[0].Str())
	if h == nil || err != nil {
		return value.None, err
	}
	defer h.Close()
	return text(content(t, h, h.Size()))
}

func read(t *vm.Thread, a []value.Value) (value.Value, error) {
	h := of(a)
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.src == nil {
		return value.None, nil
	}
	left := h.size - h.pos
	if len(a) > 1 && !a[1].IsNil() {
		n, err := registry.Count("File->read", a[1:], 0, 0)
		if err != nil {
			return value.None, err
		}
		if n < 0 {
			return value.None, errors.New("File->read(): argument 1 (length) must be 0 or more")
		}
		left = min(left, int64(n))
	}
	return text(content(t, locked{h}, left))
}

// locked reads a handle whose lock is held.
type locked struct{ h *Handle }

func (l locked) Read(p []byte) (int, error) { return l.h.read(p) }

func text(s *string, err error) (value.Value, error) {
	if s == nil || err != nil {
		return value.None, err
	}
	return value.Str(*s), nil
}

func seek(_ *vm.Thread, a []value.Value) (value.Value, error) {
	whence := io.SeekStart
	if len(a) > 2 && !a[2].IsNil() {
		switch a[2].Str() {
		case "SEEK_SET":
		case "SEEK_CUR":
			whence = io.SeekCurrent
		case "SEEK_END":
			whence = io.SeekEnd
		default:
			return value.None, errors.New("File->seek(): argument 2 (whence) must be SEEK_SET, SEEK_CUR or SEEK_END")
		}
	}
	n, err := registry.Count("File->seek", a[1:], 0, 0)
	if err != nil {
		return value.None, err
	}
	to, err := of(a).Seek(int64(n), whence)
	if err != nil {
		return value.None, nil
	}
	return value.Num(float64(to)), nil
}

func toFFIValue(t *vm.Thread, a []value.Value) (value.Value, error) {
	if !t.Host().FFI {
		return value.None, vm.NotAvailable("File->toFFIValue")
	}
	h := a[0].Object().Native.(*Handle)
	h.mu.Lock()
	open, pos := h.src != nil, h.pos
	h.mu.Unlock()
	if !open {
		return value.None, nil
	}
	s, err := content(t, io.NewSectionReader(h, 0, h.size), h.size)
	if s == nil || err != nil {
		return value.None, err
	}
	return foreign.Stream(t, *s, int(pos))
}
