//go:build linux && cgo

package native

/*
#include "host.h"
*/
import "C"

import (
	"unsafe"

	"github.com/hawser-mta/hawser/mta/config"
	"github.com/hawser-mta/hawser/mta/plugin"
)

// start is what a plugin can ask while it starts.
type start struct{ config, app *tree }

// live is the configuration of smtpd-app.yaml that a library may look at.
type live struct {
	memory
	tree *tree
}

func newLive(t config.Tree) *live {
	x := &live{}
	x.tree = x.memory.tree(t)
	return x
}

// init calls Halon_early_init or Halon_init. The configuration of smtpd.yaml stays valid
// while the process runs, that of smtpd-app.yaml until a reload of it returns.
func (l *library) init(f unsafe.Pointer, s *plugin.Start) bool {
	if l.app == nil {
		l.config, l.app = l.forever.tree(s.Config), newLive(s.App)
	}
	var call memory
	defer call.free()
	return bool(C.call_init(f, (*C.HalonInitContext)(call.ref(&start{l.config, l.app.tree}))))
}

// reload calls Halon_config_reload.
func (l *library) reload(f unsafe.Pointer, t config.Tree) {
	old := l.app
	l.app = newLive(t)
	C.call_reload(f, l.app.tree.c())
	if old != nil {
		old.free()
	}
}

//export HalonMTA_init_getinfo
func HalonMTA_init_getinfo(p *C.HalonInitContext, kind C.int, in C.cdata, inlen C.size_t, out unsafe.Pointer, outlen *C.size_t) C.bool {
	s, ok := deref[*start](unsafe.Pointer(p))
	if !ok {
		return false
	}
	switch kind {
	case C.HALONMTA_INIT_CONFIG:
		return C.bool(store(out, s.config.c()))
	case C.HALONMTA_INIT_APPCONFIG:
		return C.bool(store(out, s.app.c()))
	}
	return false
}
