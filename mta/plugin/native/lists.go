//go:build linux && cgo

package native

/*
#include "host.h"
*/
import "C"

import (
	"unsafe"

	"github.com/hawser-mta/hawser/mta/policy"
)

// fieldBits are the fields by their bits.
var fieldBits = [...]policy.Field{
	policy.TransportID, policy.LocalIP, policy.RemoteIP, policy.RemoteMX, policy.RecipientDomain, policy.JobID, policy.Grouping, policy.TenantID,
}

// fieldsOf returns the fields of a set of bits; ok is false for bits that are none.
func fieldsOf(bits C.int) (out []policy.Field, ok bool) {
	for i, f := range fieldBits {
		if bits&(1<<i) != 0 {
			out = append(out, f)
		}
	}
	return out, bits>>len(fieldBits) == 0
}

// fieldOf returns the name of one field, "" for none.
func fieldOf(bit C.int) string {
	if list, ok := fieldsOf(bit); ok && len(list) == 1 {
		return list[0].String()
	}
	return ""
}

func textOf(p C.ctext) string { return take(unsafe.Pointer(p), 0) }

//export HalonMTA_queue_list_add
func HalonMTA_queue_list_add(field C.int, list C.ctext) C.bool {
	q, ok := server()
	return C.bool(ok && q.AddList(fieldOf(field), textOf(list)))
}

//export HalonMTA_queue_list_item_add
func HalonMTA_queue_list_item_add(field C.int, list, item C.ctext) C.bool {
	q, ok := server()
	return C.bool(ok && q.AddItem(fieldOf(field), textOf(list), textOf(item)))
}

//export HalonMTA_queue_list_item_delete
func HalonMTA_queue_list_item_delete(field C.int, list, item C.ctext) C.bool {
	q, ok := server()
	return C.bool(ok && q.DeleteItem(fieldOf(field), textOf(list), textOf(item)))
}

//export HalonMTA_queue_list_reload
func HalonMTA_queue_list_reload(field C.int, list C.ctext) C.bool {
	q, ok := server()
	name := fieldOf(field)
	return C.bool(ok && (name != "" || field == 0) && q.ReloadLists(name, textOf(list)))
}
