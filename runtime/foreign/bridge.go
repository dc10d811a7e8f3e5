package foreign

import (
	"sync"

	"github.com/hawser-mta/hawser/runtime/value"
	"github.com/hawser-mta/hawser/runtime/vm"
)

// Descriptor returns a file descriptor as a sint32, for classes over one. It stays
// with its owner.
func Descriptor(t *vm.Thread, fd int) (value.Value, error) {
	if err := Allowed(t); err != nil {
		return value.None, err
	}
	return NewNumber(t, Sint32, float64(fd))
}

// stdio are the functions that streams need.
var stdio = sync.OnceValue(func() (c struct{ fmemopen, fwrite, fseek uintptr }) {
	c.fmemopen, c.fwrite, c.fseek = symbol(process, "fmemopen"), symbol(process, "fwrite"), symbol(process, "fseek")
	return c
})

// Stream returns a FILE* over a copy of data at a position, which the value owns and
// closes; none when the system makes none.
func Stream(t *vm.Thread, data string, position int) (value.Value, error) {
	if err := Allowed(t); err != nil {
		return value.None, err
	}
	if err := t.Reserve(2 * len(data)); err != nil {
		return value.None, err
	}
	copied, err := allocate(t, len(data)+1)
	if err != nil {
		return value.None, err
	}
	if err := fill(copied.addr, data); err != nil {
		return value.None, err
	}
	mode, err := allocate(t, 3)
	if err != nil {
		return value.None, err
	}
	if err := fill(mode.addr, "w+"); err != nil {
		return value.None, err
	}
	c := stdio()
	// Without a buffer of the caller the stream has its own.
	file := raw(c.fmemopen, 0, uintptr(len(data)+1), mode.addr)
	if file == 0 {
		return value.None, nil
	}
	v, err := NewPointer(t, file, nil)
	if err != nil {
		return value.None, err
	}
	Of(v).own = own(file, len(data), closer())
	const seekSet = 0
	if raw(c.fwrite, copied.addr, 1, uintptr(len(data)), file) != uintptr(len(data)) || int32(raw(c.fseek, file, uintptr(position), seekSet)) != 0 {
		return value.None, nil
	}
	keepAlive(copied, mode)
	return v, t.Charge(len(data))
}

var closer = sync.OnceValue(func() *Function {
	return NewFunction("fclose", symbol(process, "fclose"), []*Type{Pointer}, Sint32)
})

// libcrypto are the functions of OpenSSL that certificates need; nil when the
// library is not there.
var libcrypto = sync.OnceValue(func() *struct {
	d2i  uintptr
	free *Function
} {
	for _, name := range []string{"libcrypto.so.3", "libcrypto.so.1.1", "libcrypto.3.dylib"} {
		l, err := Open(name)
		if err != nil {
			continue
		}
		d2i, free := l.Symbol("d2i_X509"), l.Symbol("X509_free")
		if d2i != 0 && free != 0 {
			return &struct {
				d2i  uintptr
				free *Function
			}{d2i, NewFunction("X509_free", free, []*Type{Pointer}, Void)}
		}
	}
	return nil
})

// Certificate returns an X509* of OpenSSL's libcrypto that the value owns. Without
// that library it fails as name is not available.
func Certificate(t *vm.Thread, name string, der []byte) (value.Value, error) {
	if !t.Host().FFI || !Supported {
		return value.None, vm.NotAvailable(name)
	}
	c := libcrypto()
	if c == nil {
		return value.None, vm.NotAvailable(name)
	}
	data, err := allocate(t, len(der))
	if err != nil {
		return value.None, err
	}
	cursor, err := allocate(t, Pointer.Size)
	if err != nil {
		return value.None, err
	}
	if err := fill(data.addr, string(der)); err != nil {
		return value.None, err
	}
	store(cursor.addr, Pointer, uint64(data.addr))
	cert := raw(c.d2i, 0, cursor.addr, uintptr(len(der)))
	keepAlive(data, cursor)
	if cert == 0 {
		return value.None, vm.NotAvailable(name)
	}
	v, err := NewPointer(t, cert, nil)
	if err == nil {
		Of(v).own = own(cert, len(der), c.free)
	}
	return v, err
}
