package message_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hawser-mta/hawser/mta/message"
)

// outline lists all parts with their places and fields.
func outline(src message.Source) []string {
	m := message.Parse(src)
	var out []string
	m.Walk(m.Part, func(p *message.Part) bool {
		out = append(out, fmt.Sprint(p.ID(), p.HeaderEnd, p.BodyStart, p.End, p.BadHeader, p.Fields))
		return true
	})
	return out
}

// TestSources: a message is read the same from memory, where it is looked at in place, and
// from elsewhere, block by block.
func TestSources(t *testing.T) {
	t.Parallel()
	texts := map[string]string{}
	corpus(t, func(_ *testing.T, name string, raw []byte) { texts[name] = string(raw) })
	for name, shape := range shapes {
		texts[name] = shape(5000)
	}
	for name, text := range texts {
		if diff := cmp.Diff(outline(elsewhere{message.Bytes([]byte(text))}), outline(message.Bytes([]byte(text)))); diff != "" {
			t.Errorf("%s (-elsewhere +memory):\n%.2000s", name, diff)
		}
	}
}

// elsewhere hides where a source lies.
type elsewhere struct{ message.Source }
