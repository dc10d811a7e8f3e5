package foreign

import (
	"bytes"
	"errors"
	"reflect"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"unsafe"

	"github.com/hawser-mta/hawser/runtime/value"
	"github.com/hawser-mta/hawser/runtime/vm"
)

// libc are the functions of C that the package itself needs.
var libc = sync.OnceValue(func() (c struct{ calloc, free, self uintptr }) {
	c.calloc, c.free, c.self = symbol(process, "calloc"), symbol(process, "free"), symbol(process, "pthread_self")
	return c
})

// memory is a piece of C's memory that goes when nothing refers to it any more.
type memory struct {
	addr    uintptr
	size    int // 0 when unknown
	cleanup runtime.Cleanup
}

// own takes an address over; a nil destructor is free.
func own(addr uintptr, size int, destructor *Function) *memory {
	m := &memory{addr: addr, size: size}
	m.cleanup = runtime.AddCleanup(m, func(f *Function) {
		if f == nil {
			raw(libc().free, addr)
			return
		}
		// The function may take its time; other cleanups must not wait.
		go f.destroy(addr)
	}, destructor)
	return m
}

// release gives the memory up without freeing it.
func (m *memory) release() { m.cleanup.Stop() }

// collectEvery is how many bytes of C's memory may be allocated until Go's
// collector is asked to look for what of them is free: it does not see them.
const collectEvery = 64 << 20

var allocated atomic.Int64

var errMemory = errors.New("out of memory")

// allocate returns size zero bytes.
func allocate(t *vm.Thread, size int) (*memory, error) {
	if err := t.Reserve(size); err != nil {
		return nil, err
	}
	if size > value.MaxString {
		return nil, value.ErrTooLong
	}
	m, err := zeroed(size)
	if err != nil {
		return nil, err
	}
	return m, t.Charge(size)
}

func zeroed(size int) (*memory, error) {
	if allocated.Add(int64(size)+64) > collectEvery {
		allocated.Store(0)
		runtime.GC()
	}
	addr := raw(libc().calloc, 1, uintptr(max(size, 1)))
	if addr == 0 {
		return nil, errMemory
	}
	return own(addr, size, nil), nil
}

// pointer makes an address one of Go's pointers. The detour is for checkptr and
// vet, which know only memory of Go.
func pointer(addr uintptr) unsafe.Pointer { return *(*unsafe.Pointer)(unsafe.Pointer(&addr)) }

// errAddress is the error of reading or writing where nothing is.
var errAddress = errors.New("bad address")

// access runs what reads or writes by address.
func access(f func()) (err error) {
	old := debug.SetPanicOnFault(true)
	defer func() {
		debug.SetPanicOnFault(old)
		if p := recover(); p != nil {
			if _, fault := p.(runtime.Error); !fault {
				panic(p)
			}
			err = errAddress
		}
	}()
	f()
	return nil
}

// load reads a value of a type at an address.
func load(addr uintptr, t *Type) (b uint64, err error) {
	err = access(func() { b = t.unreflected(reflect.NewAt(t.Go, pointer(addr)).Elem()) })
	return b, err
}

// store writes to C's memory, which must be there.
func store(addr uintptr, t *Type, b uint64) {
	reflect.NewAt(t.Go, pointer(addr)).Elem().Set(t.reflected(b))
}

// fill copies data to an address.
func fill(addr uintptr, data string) error {
	if data == "" {
		return nil
	}
	return access(func() { copy(unsafe.Slice((*byte)(pointer(addr)), len(data)), data) })
}

// read copies n bytes.
func read(addr uintptr, n int) (b []byte, err error) {
	if n == 0 {
		return nil, nil
	}
	b = make([]byte, n)
	err = access(func() { copy(b, unsafe.Slice((*byte)(pointer(addr)), n)) })
	return b, err
}

// page is a size that divides every page size: memory is there up to its end.
const page = 4096

// length counts the bytes to the first NUL, up to limit.
func length(addr uintptr, limit int) (n int, err error) {
	err = access(func() {
		for n <= limit {
			at := addr + uintptr(n)
			chunk := unsafe.Slice((*byte)(pointer(at)), page-int(at%page))
			if i := bytes.IndexByte(chunk, 0); i >= 0 {
				n += i
				return
			}
			n += len(chunk)
		}
	})
	if err == nil && n > limit {
		err = value.ErrTooLong
	}
	return n, err
}

// keepAlive marks the end of what C does with memory.
func keepAlive(list ...*memory) { runtime.KeepAlive(list) }
