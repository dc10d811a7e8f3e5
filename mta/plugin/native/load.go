//go:build linux && cgo

package native

/*
#cgo CFLAGS: -I${SRCDIR}/include
#include "host.h"
*/
import "C"

import (
	"fmt"
	"log/slog"
	"strings"
	"unsafe"

	"github.com/hawser-mta/hawser/mta/config"
	"github.com/hawser-mta/hawser/mta/plugin"
)

// library is a loaded shared library. It stays for as long as the process runs.
type library struct {
	id      string
	handle  unsafe.Pointer
	log     *slog.Logger
	forever memory
	config  *tree // of smtpd.yaml
	app     *live
}

// Load loads the library at a path and asks for the version of its interface. The error
// is worded for operators.
func Load(id, path string, log *slog.Logger) (*plugin.Plugin, error) {
	name := C.CString(path)
	defer C.free(unsafe.Pointer(name))
	// Global, because some look up their own functions as those of the program.
	h := C.dlopen(name, C.RTLD_NOW|C.RTLD_GLOBAL)
	if h == nil {
		return nil, fmt.Errorf("plugin '%s' cannot be loaded: %s", id, fault(path))
	}
	l := &library{id: id, handle: h, log: log}
	version := l.symbol("Halon_version")
	if version == nil {
		return nil, fmt.Errorf("plugin '%s' cannot be loaded: %s has no Halon_version", id, path)
	}
	if v := C.call_version(version); v != C.HALONMTA_PLUGIN_VERSION {
		return nil, fmt.Errorf("plugin '%s' cannot be loaded: it is made for version %d of the interface, want %d; compile it with this version's HalonMTA.h", id, v, C.HALONMTA_PLUGIN_VERSION)
	}
	return l.plugin(), nil
}

// fault is what the system says about a library, without its path twice.
func fault(path string) string {
	text := C.GoString(C.dlerror())
	if strings.Contains(text, "undefined symbol: HalonMTA_") {
		return fmt.Sprintf("%s; this version does not have that function", text)
	}
	return text
}

// symbol returns a function of the library, nil when it has none of that name.
func (l *library) symbol(name string) unsafe.Pointer {
	s := C.CString(name)
	defer C.free(unsafe.Pointer(s))
	return C.dlsym(l.handle, s)
}

// plugin makes a function of each that the library exports.
func (l *library) plugin() *plugin.Plugin {
	p := &plugin.Plugin{ID: l.id}
	begin := func(f unsafe.Pointer) func(*plugin.Start) bool {
		return func(s *plugin.Start) bool { return l.init(f, s) }
	}
	plain := func(f unsafe.Pointer) func() { return func() { C.call_plain(f) } }
	for name, take := range map[string]func(f unsafe.Pointer){
		"Halon_early_init":            func(f unsafe.Pointer) { p.EarlyInit = begin(f) },
		"Halon_init":                  func(f unsafe.Pointer) { p.Init = begin(f) },
		"Halon_ready":                 func(f unsafe.Pointer) { p.Ready = func() { C.call_ready(f) } },
		"Halon_early_cleanup":         func(f unsafe.Pointer) { p.EarlyCleanup = plain(f) },
		"Halon_cleanup":               func(f unsafe.Pointer) { p.Cleanup = plain(f) },
		"Halon_config_reload":         func(f unsafe.Pointer) { p.Reload = func(t config.Tree) { l.reload(f, t) } },
		"Halon_deliver":               func(f unsafe.Pointer) { p.Deliver = func(d *plugin.Delivery) { l.deliver(f, d) } },
		"Halon_queue_insert_callback": func(f unsafe.Pointer) { p.Insert = l.insert(f) },
		"Halon_queue_pickup_acquire2": func(f unsafe.Pointer) { p.Pick = l.pick(f) },
		"Halon_plugin_command":        func(f unsafe.Pointer) { p.Command = l.oldCommand(f) },
	} {
		if f := l.symbol(name); f != nil {
			take(f)
		}
	}
	if f := l.symbol("Halon_command_execute"); f != nil { // instead of the old form
		p.Command = l.command(f)
	}
	return p
}
