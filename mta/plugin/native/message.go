//go:build linux && cgo

package native

/*
#include "host.h"
*/
import "C"

import (
	"maps"
	"net/netip"
	"slices"
	"unsafe"

	"github.com/hawser-mta/hawser/mta/plugin"
	"github.com/hawser-mta/hawser/runtime/value"
)

// unit is a message that C may ask about.
type unit struct {
	*plugin.Message
	m     *memory
	texts map[C.int]*C.char // that C has
	meta  *node
}

func (m *memory) unit(x *plugin.Message) unsafe.Pointer {
	return m.ref(&unit{Message: x, m: m, texts: map[C.int]*C.char{}})
}

// text returns what is a text of a message; ok is false for other types.
func (u *unit) text(kind C.int) (s string, ok bool) {
	switch kind {
	case C.HALONMTA_MESSAGE_TRANSACTIONID:
		return u.Unit.Transaction, true
	case C.HALONMTA_MESSAGE_TRANSPORTID:
		return u.Unit.TransportID, true
	case C.HALONMTA_MESSAGE_LOCALIP:
		return address(u.Source.IP), true
	case C.HALONMTA_MESSAGE_REMOTEIP:
		return address(u.Facts.RemoteIP), true
	case C.HALONMTA_MESSAGE_REMOTEMX:
		return u.Facts.RemoteMX, true
	case C.HALONMTA_MESSAGE_RECIPIENTDOMAIN:
		return u.Facts.RecipientDomain, true
	case C.HALONMTA_MESSAGE_JOBID:
		return u.Unit.JobID, true
	case C.HALONMTA_MESSAGE_GROUPING:
		return u.Facts.Grouping, true
	case C.HALONMTA_MESSAGE_TENANTID:
		return u.Unit.TenantID, true
	case C.HALONMTA_MESSAGE_SENDER:
		return u.Unit.Sender.Lower(), true
	case C.HALONMTA_MESSAGE_RECIPIENT:
		return u.Unit.Recipient.Lower(), true
	}
	return "", false
}

func address(ip netip.Addr) string {
	if !ip.IsValid() {
		return ""
	}
	return ip.Unmap().String()
}

// number returns what is a number of a message; ok is false for other types.
func (u *unit) number(kind C.int) (n int64, ok bool) {
	switch kind {
	case C.HALONMTA_MESSAGE_QUEUEID:
		return int64(u.Unit.Queue), true
	case C.HALONMTA_MESSAGE_SIZE:
		return u.Unit.Size, true
	case C.HALONMTA_MESSAGE_PRIORITY:
		return int64(u.Unit.Priority), true
	case C.HALONMTA_MESSAGE_RETRY:
		return int64(u.Retry), true
	}
	return 0, false
}

// metadata returns the metadata as an array of texts.
func (u *unit) metadata() *node {
	if u.meta == nil {
		a := value.NewArray(len(u.Unit.Metadata))
		for _, k := range slices.Sorted(maps.Keys(u.Unit.Metadata)) {
			a.SetStr(k, value.Str(u.Unit.Metadata[k]))
		}
		u.meta = u.m.node(value.FromArray(a))
	}
	return u.meta
}

//export HalonMTA_message_getinfo
func HalonMTA_message_getinfo(p *C.HalonQueueMessage, kind C.int, in C.cdata, inlen C.size_t, out unsafe.Pointer, outlen *C.size_t) C.bool {
	u, ok := deref[*unit](unsafe.Pointer(p))
	if !ok {
		return false
	}
	if n, ok := u.number(kind); ok {
		return C.bool(store(out, C.size_t(n)))
	}
	if kind == C.HALONMTA_MESSAGE_METADATA {
		return C.bool(store(out, u.metadata().c()))
	}
	s, ok := u.text(kind)
	if !ok {
		return false
	}
	if u.texts[kind] == nil {
		u.texts[kind] = u.m.text(s)
	}
	length(outlen, len(s))
	return C.bool(store(out, u.texts[kind]))
}
