//go:build linux && cgo

package native

/*
#include "host.h"
*/
import "C"

import (
	"unsafe"

	"github.com/hawser-mta/hawser/stdlib/encode"
)

//export HalonMTA_hsl_value_to_json
func HalonMTA_hsl_value_to_json(p C.cvalue, out **C.char, outlen *C.size_t) C.bool {
	return HalonMTA_hsl_value_to_json2(p, out, outlen, 0)
}

//export HalonMTA_hsl_value_to_json2
func HalonMTA_hsl_value_to_json2(p C.cvalue, out **C.char, outlen *C.size_t, flags C.int) C.bool {
	n := nodeOf(p)
	if n == nil {
		give("there is no value", out, outlen)
		return false
	}
	text, err := encode.ToJSON(n.value(), encode.JSONOptions{ASCII: flags&C.HALONMTA_JSON_ENCODE_NO_ENSURE_ASCII == 0, Bytes: true})
	if err != nil {
		text = err.Error()
	}
	give(text, out, outlen)
	return err == nil
}

//export HalonMTA_hsl_value_from_json
func HalonMTA_hsl_value_from_json(p *C.HalonHSLValue, text C.ctext, fault **C.char, faultlen *C.size_t) C.bool {
	return HalonMTA_hsl_value_from_json2(p, text, fault, faultlen, 0)
}

//export HalonMTA_hsl_value_from_json2
func HalonMTA_hsl_value_from_json2(p *C.HalonHSLValue, text C.ctext, fault **C.char, faultlen *C.size_t, flags C.int) C.bool {
	n := nodeOf(p)
	if n == nil || n.thrown {
		give("there is no value", fault, faultlen)
		return false
	}
	v, err := encode.ReadJSON(take(unsafe.Pointer(text), 0), encode.JSONReadOptions{Bytes: flags&C.HALONMTA_JSON_DECODE_UNICODE_BYTE != 0})
	if err != nil {
		give(err.Error(), fault, faultlen)
		return false
	}
	n.set(v)
	return true
}
