package message_test

import (
	"bytes"
	"encoding/json"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hawser-mta/hawser/mta/message"
)

// node is a part as testdata/judge.py prints it.
type node struct {
	Fields [][2]string
	Type   string
	Parts  []node
	Body   string
	Nested bool
}

// differs are messages that Python's email package reads in another way, with
// the reason why this package does not follow.
var differs = map[string]string{
	"attachment_message_rfc822_inline_image.eml": "white space at the end of quoted-printable lines is no content (RFC 2045 section 6.7)",
	"raw_email4.eml":                 "the last line end of an unclosed multipart is content",
	"raw_email_incorrect_header.eml": "a line without a colon does not end a header",
	"example13.eml":                  "white space before the colon of a field is allowed (RFC 5322 section 4.5)",
}

// latin1 shows bytes as JSON can carry them.
func latin1(b []byte) string {
	r := make([]rune, len(b))
	for i, c := range b {
		r[i] = rune(c)
	}
	return string(r)
}

func describe(t *testing.T, m *message.Message, p *message.Part) node {
	n := node{Fields: [][2]string{}, Parts: []node{}}
	for _, f := range p.Fields {
		if f.Name != "" {
			n.Fields = append(n.Fields, [2]string{f.Name, latin1([]byte(m.Body(f)))})
		}
	}
	ct, _ := m.ContentType(p)
	n.Type = ct.Type
	for _, c := range m.Parts(p) {
		n.Parts = append(n.Parts, describe(t, m, c))
	}
	switch {
	case strings.HasPrefix(ct.Type, "message/"):
		n.Nested = true
	case !m.Multipart(p):
		b, err := m.Content(p, true)
		if err != nil {
			t.Error(err)
		}
		n.Body = latin1(b)
	}
	return n
}

// TestJudge compares fields, types, structure and decoded bodies of every message
// of testdata with what Python's email package reads.
func TestJudge(t *testing.T) {
	t.Parallel()
	ours := map[string]node{}
	args := []string{"testdata/judge.py"}
	corpus(t, func(t *testing.T, name string, raw []byte) {
		m := message.Parse(message.Bytes(raw))
		ours[name] = describe(t, m, m.Part)
		args = append(args, name)
	})
	var errs bytes.Buffer
	cmd := exec.Command("python3", args...)
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err, errs.String())
	}
	same := 0
	for line := range bytes.SplitSeq(bytes.TrimSpace(out), []byte("\n")) {
		var judged struct {
			Path string
			Root node
		}
		if err := json.Unmarshal(line, &judged); err != nil {
			t.Fatal(err)
		}
		d := cmp.Diff(judged.Root, ours[judged.Path])
		reason, known := differs[filepath.Base(judged.Path)]
		switch {
		case d != "" && !known:
			t.Errorf("%s: (-python +got)\n%s", judged.Path, d)
		case d == "" && known:
			t.Errorf("%s: no difference, though %s", judged.Path, reason)
		case d == "":
			same++
		}
	}
	if same < 80 {
		t.Errorf("only %d messages are read alike", same)
	}
}
