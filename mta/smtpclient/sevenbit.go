package smtpclient

import (
	"io"
	"strings"

	"github.com/hawser-mta/hawser/mta/message"
)

// narrow re-encodes the content for a peer without 8BITMIME (spec mta 6.2). The header
// keeps its raw text: only SMTPUTF8 could ask for that.
func (t *transaction) narrow() error {
	body, err := sevenBit(t.m.Content, 0)
	if err != nil {
		return err
	}
	t.body = body
	t.f, err = look(body)
	return err
}

const (
	maxNested = 20       // messages in messages that are looked into
	maxBody   = 32 << 20 // larger parts are sent as they are: encoding holds them in memory
)

// sevenBit returns a message whose 8-bit parts are quoted-printable (RFC 6152 section
// 3). One with a DKIM signature stays as it is, and so do parts below multipart/signed:
// the signature would break (RFC 1847 section 2.1).
func sevenBit(src message.Source, level int) (message.Source, error) {
	m := message.Parse(src)
	if _, signed := m.Field("dkim-signature", 0); signed || level > maxNested {
		return src, nil
	}
	e := m.Edit()
	changed, err := narrowPart(m, e, m.Part, level)
	if err != nil || !changed {
		return src, err
	}
	if _, ok := m.Field("mime-version", 0); !ok {
		e.AddField(m.Part, "MIME-Version", []byte("MIME-Version: 1.0\r\n"))
	}
	return e.Result()
}

// narrowPart re-encodes a part and those below it; changed tells whether any was.
func narrowPart(m *message.Message, e *message.Editor, p *message.Part, level int) (changed bool, err error) {
	ct, _ := m.ContentType(p)
	children := m.Parts(p)
	switch {
	case ct.Type == "multipart/signed":
		return false, nil
	case len(children) > 0:
		for _, c := range children {
			x, err := narrowPart(m, e, c, level)
			if err != nil {
				return false, err
			}
			changed = changed || x
		}
		// What is around 7-bit parts must not say that they are wider.
		if enc := m.Encoding(p); changed && (enc == message.EightBit || enc == message.Binary) {
			e.SetField(p, "Content-Transfer-Encoding", 0, []byte("Content-Transfer-Encoding: 7bit\r\n"))
		}
		return changed, nil
	}
	if enc := m.Encoding(p); enc == message.Base64 || enc == message.QuotedPrintable || p.End-p.BodyStart > maxBody {
		return false, nil
	}
	if wide, err := eightBit(m.Source(), p.BodyStart, p.End); err != nil || !wide {
		return false, err
	}
	body, err := m.Content(p, false)
	if err != nil {
		return false, err
	}
	if ct.Type == "message/rfc822" {
		inner, err := sevenBit(message.Bytes(body), level+1)
		if err != nil {
			return false, err
		}
		raw, err := message.ReadRange(inner, 0, inner.Size())
		if err != nil || !ascii(raw) {
			return false, err // signed, or 8-bit in its header: it must not be encoded as a whole
		}
		e.SetBody(p, raw, message.SevenBit)
		return true, nil
	}
	if strings.HasPrefix(ct.Type, "message/") && !strings.HasPrefix(ct.Type, "message/global") || strings.HasPrefix(ct.Type, "multipart/") {
		return false, nil // never encoded (RFC 2046 section 5.2); those of RFC 6533 may be
	}
	e.SetBody(p, body, message.QuotedPrintable)
	return true, nil
}

// eightBit reports whether some byte of a range is above ASCII.
func eightBit(src message.Source, from, to int64) (bool, error) {
	r := io.NewSectionReader(src, from, to-from)
	for buf := make([]byte, 32<<10); ; {
		n, err := r.Read(buf)
		if !ascii(buf[:n]) {
			return true, nil
		}
		if err == io.EOF {
			return false, nil
		}
		if err != nil {
			return false, err
		}
	}
}
