package web

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"net/http"
	"net/textproto"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
)

// pretend is a connection that gives some bytes.
type pretend struct {
	net.Conn
	r io.Reader
}

func (p pretend) Read(b []byte) (int, error) { return p.r.Read(b) }

// FuzzHead: where net/http reads a response, the record of its head holds the same
// fields, however the bytes come.
func FuzzHead(f *testing.F) {
	for _, s := range []string{
		"HTTP/1.1 200 OK\r\nX-B: 1\r\nx-a:  2 \r\nX-B: 3\r\n\r\nbody", "HTTP/1.1 103 Early\r\nLink: x\r\n\r\nHTTP/1.1 404 No\r\nA: b\r\n c\r\n\r\n",
		"HTTP/1.0 200 OK\nA: b\n\n", "HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc",
	} {
		f.Add([]byte(s), true)
	}
	f.Fuzz(func(t *testing.T, b []byte, slow bool) {
		var src io.Reader = bytes.NewReader(b)
		if slow {
			src = iotest.OneByteReader(src)
		}
		rec := &recorder{Conn: pretend{r: src}}
		rec.record()
		r := bufio.NewReader(rec)
		resp, err := http.ReadResponse(r, nil)
		for err == nil && resp.StatusCode/100 == 1 && resp.StatusCode != 101 {
			resp, err = http.ReadResponse(r, nil)
		}
		if err != nil {
			return
		}
		head := rec.head()
		if head == nil {
			t.Fatalf("%q: no record", b)
		}
		_, list := fields(head)
		got := http.Header{}
		for _, x := range list {
			name := textproto.CanonicalMIMEHeaderKey(x.name)
			got[name] = append(got[name], x.value)
		}
		// net/http keeps these for itself, or makes one of equal ones.
		for _, name := range []string{"Transfer-Encoding", "Trailer", "Content-Length", "Cache-Control", "Connection"} {
			delete(got, name)
			delete(resp.Header, name)
		}
		// Folded lines of nothing but spaces leave more or fewer of them.
		spaces := cmp.Comparer(func(a, b string) bool { return slices.Equal(strings.Fields(a), strings.Fields(b)) })
		if d := cmp.Diff(resp.Header, got, spaces); d != "" {
			t.Errorf("%q (-net/http +record)\n%s", b, d)
		}
	})
}
