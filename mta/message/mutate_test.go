package message_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/hawser-mta/hawser/mta/message"
)

// mutator makes changes that bytes choose and remembers what they leave alone.
type mutator struct {
	e        *message.Editor
	parts    []*message.Part
	header   map[*message.Part]bool // its fields were changed
	gone     map[*message.Part]bool // content replaced or removed
	modified bool
	n        int
}

const mark = "=_mutated_"

func newMutator(m *message.Message) *mutator {
	x := &mutator{e: m.Edit(), header: map[*message.Part]bool{}, gone: map[*message.Part]bool{}}
	m.Walk(m.Part, func(p *message.Part) bool {
		x.parts = append(x.parts, p)
		return true
	})
	return x
}

// change carries out one change.
func (x *mutator) change(kind, where, what byte) {
	p := x.parts[int(where)%len(x.parts)]
	m := x.e.Message()
	x.n++
	part := []byte("Content-Type: text/plain\r\n\r\nnew")
	boundary := fmt.Sprintf("%s%d", mark, x.n)
	name := "x-none"
	if len(p.Fields) > 0 {
		if f := p.Fields[int(what)%len(p.Fields)]; f.Name != "" && !strings.HasPrefix(f.Name, "content-") {
			name = f.Name
		}
	}
	touch := func() { x.header[p] = true }
	switch kind % 14 {
	case 0:
		touch()
		x.e.AddField(p, "X-New", []byte("X-New: 1\r\n"))
	case 1:
		touch()
		x.e.SetField(p, name, int(what%3)-1, []byte("X-Set: 1\r\n"))
	case 2:
		touch()
		x.e.DeleteField(p, name, int(what%3)-1)
	case 3:
		touch()
		if _, err := x.e.RenameField(p, name, "X-Renamed"); err != nil {
			panic(err)
		}
	case 4:
		touch()
		x.gone[p] = true
		x.e.SetBody(p, bytes.Repeat([]byte{what}, int(what%4)), []message.Encoding{"", message.Base64, message.QuotedPrintable}[what%3])
	case 5:
		x.header[p] = true
		_ = x.e.SetPreamble(p, []byte("pre"))
	case 6:
		x.header[p] = true
		_ = x.e.SetEpilogue(p, []byte("epi"))
	case 7:
		if x.e.Remove(p) == nil {
			x.gone[p] = true
		}
	case 8:
		x.gone[p] = true
		x.e.Replace(p, part)
	case 9, 10:
		touch()
		x.e.Insert(p, part, kind%14 == 9, []string{"multipart/mixed", "multipart/alternative", "multipart/related; x=y"}[what%3], boundary)
	case 11:
		touch()
		x.e.SetDate(p, func() time.Time { return time.Unix(0, 0) })
	case 12:
		size := m.Source().Size()
		at := size * int64(what) / 256
		if x.e.Modify(at, min(3, size-at), []byte("mod")) == nil {
			x.modified = true
		}
	case 13:
		id := x.e.Snapshot()
		x.e.AddField(p, "X-Gone", []byte("X-Gone: 1\r\n"))
		x.e.Restore(id)
	}
}

func (x *mutator) lost(p *message.Part) bool {
	for ; p != nil; p = p.Parent {
		if x.gone[p] {
			return true
		}
	}
	return false
}

// check compares the result with the original: what no change touched is there
// byte for byte and in order, and the bodies of parts are bodies of parts again.
func (x *mutator) check(t testing.TB) {
	t.Helper()
	m := x.e.Message()
	patch, err := x.e.Patch()
	if err != nil {
		t.Fatal(err)
	}
	at := int64(0)
	for _, s := range patch {
		if s.Start < at || s.Count < 0 || s.Start+s.Count > m.Source().Size() {
			t.Fatalf("bad patch %+v", patch)
		}
		at = s.Start + s.Count
	}
	out := all(t, patch.Apply(m.Source()))
	if len(x.gone) == 0 && len(x.header) == 0 && !x.modified && out != all(t, m.Source()) {
		t.Fatalf("changed without a change: %q", out)
	}
	fresh := parse(out)
	bodies := map[string]bool{}
	fresh.Walk(fresh.Part, func(p *message.Part) bool {
		b, err := fresh.Content(p, false)
		if err != nil {
			t.Fatal(err)
		}
		bodies[string(b)] = true
		return true
	})
	if x.modified {
		return
	}
	rest := out
	strict := unambiguous(m, x.parts)
	for _, p := range x.parts {
		if x.lost(p) {
			continue
		}
		if raw := span(t, m, p.Start, p.HeaderEnd); !x.header[p] {
			_, after, ok := strings.Cut(rest, raw)
			if !ok {
				t.Fatalf("header of part %s is not in %q: %q", p.ID(), rest, raw)
			}
			rest = after
		}
		if m.Multipart(p) {
			continue
		}
		body := span(t, m, p.BodyStart, p.End)
		_, after, ok := strings.Cut(rest, body)
		if !ok {
			t.Fatalf("body of part %s is not in %q: %q", p.ID(), rest, body)
		}
		rest = after
		if strict && !bodies[body] && body != "" {
			t.Fatalf("body of part %s is no body in %q: %q", p.ID(), out, body)
		}
	}
}

func span(t testing.TB, m *message.Message, from, to int64) string {
	b, err := message.ReadRange(m.Source(), from, to)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// unambiguous reports whether no boundary is used twice or deep down, so that new
// parts cannot be taken for those of another multipart.
func unambiguous(m *message.Message, parts []*message.Part) bool {
	seen := map[string]bool{}
	for _, p := range parts {
		ct, _ := m.ContentType(p)
		b := strings.TrimRight(ct.Params["boundary"], " \t")
		if b == "" {
			continue
		}
		if seen[b] || seen[b+"--"] || seen[strings.TrimSuffix(b, "--")] || strings.Contains(b, mark) || strings.Count(p.ID(), ".") > 80 || strings.Contains(b, "\n") {
			return false
		}
		seen[b] = true
	}
	return true
}

// TestMutations changes every message of testdata in many ways.
func TestMutations(t *testing.T) {
	t.Parallel()
	corpus(t, func(t *testing.T, name string, raw []byte) {
		t.Run(name[len("../../testdata/mail/eml/"):], func(t *testing.T) {
			t.Parallel()
			seed := uint64(len(raw))
			next := func() byte { // a generator that gives the same changes in every run
				seed = seed*6364136223846793005 + 1442695040888963407
				return byte(seed >> 33)
			}
			m := message.Parse(message.Bytes(raw))
			for range 60 {
				x := newMutator(m)
				for range 1 + next()%6 {
					x.change(next(), next(), next())
				}
				x.check(t)
			}
		})
	})
}
