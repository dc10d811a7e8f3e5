package sink

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestHeader: the header is found however the content is cut into pieces.
func TestHeader(t *testing.T) {
	t.Parallel()
	const text = "A: 1\r\nX-Id: 2\r\n\t3\r\n\r\nX-Id: body\r\n\r\nmore\r\n"
	for size := 1; size <= len(text); size++ {
		c := &content{}
		for i := 0; i < len(text); i += size {
			_, _ = c.Write([]byte(text[i:min(len(text), i+size)]))
		}
		if d := cmp.Diff("A: 1\r\nX-Id: 2\r\n\t3\r\n", string(c.header)); d != "" || c.size != int64(len(text)) {
			t.Errorf("pieces of %d: %s, %d bytes", size, d, c.size)
		}
		if d := cmp.Diff([]string{"2 3", "1", ""}, []string{c.field("x-id"), c.field("A"), c.field("B")}); d != "" {
			t.Errorf("pieces of %d: %s", size, d)
		}
	}
	long := &content{}
	for range 100 {
		_, _ = long.Write(make([]byte, 1000))
	}
	if len(long.header) != maxHeader || !long.ended {
		t.Errorf("a header of %d bytes is kept, want %d", len(long.header), maxHeader)
	}
}
