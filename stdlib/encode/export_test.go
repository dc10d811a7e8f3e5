package encode

import "github.com/hawser-mta/hawser/runtime/value"

// Compress is compress by a windowbits number.
func Compress(s string, level, bits int) string {
	f, _ := window(bits, false)
	return compress(s, level, f)
}

// Uncompress is uncompress by a windowbits number.
func Uncompress(s string, bits, limit int, grow func(n int) error) ([]byte, error) {
	f, _ := window(bits, true)
	return uncompress(s, f, limit, grow)
}

// PackedSize is how much room scripts are asked for before Pack.
func PackedSize(format string, args []value.Value) int {
	items, ok := parseFormat(format)
	if !ok {
		return 0
	}
	return int(packedSize(items, args))
}
