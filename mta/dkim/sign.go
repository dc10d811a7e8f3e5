package dkim

import (
	"crypto"
	"crypto/rand"
	_ "crypto/sha1" // rsa-sha1, for those who still need it
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"hash"
	"io"
	"slices"
	"strings"

	"github.com/hawser-mta/hawser/mta/address"
	"github.com/hawser-mta/hawser/mta/message"
)

// Signer is one signature of a call.
type Signer struct {
	Selector, Domain string
	Key              crypto.Signer
	Algorithm        string // rsa-sha256, rsa-sha1, ed25519-sha256; "": that of the key with SHA-256
}

// Options shape the signatures of a call (spec stdlib 14.1).
type Options struct {
	Header, Body Canon    // "": relaxed
	Headers      []string // nil: DefaultHeaders; empty: every field
	Additional   []string
	Exclude      []string
	Oversign     []string // nil: from
	Timestamp    int64    // t=; 0: none
	Expiration   int64    // x=; 0: none
	Identity     string   // i=
	BodyLength   *int64   // l=
	Arc          int      // instance of an ARC-Message-Signature; 0: DKIM-Signature
}

// DefaultHeaders are the fields that are signed (spec stdlib 14.1).
var DefaultHeaders = strings.Fields(`from sender reply-to subject date message-id to cc mime-version content-type
	content-transfer-encoding content-id content-description resent-date resent-from resent-sender resent-to resent-cc
	resent-message-id in-reply-to references list-id list-help list-unsubscribe list-unsubscribe-post list-subscribe
	list-post list-owner list-archive cfbl-address cfbl-feedback-id`)

var algorithms = map[string]struct {
	key  string
	hash crypto.Hash
}{
	"rsa-sha256":     {"rsa", crypto.SHA256},
	"rsa-sha1":       {"rsa", crypto.SHA1},
	"ed25519-sha256": {"ed25519", crypto.SHA256},
}

// FieldName returns the name of the field that the options make.
func (o *Options) FieldName() string {
	if o.Arc > 0 {
		return "ARC-Message-Signature"
	}
	return "DKIM-Signature"
}

// Sign returns the field values of the signatures, each as it stands behind
// "DKIM-Signature: ", with its folding and without a final line end.
func Sign(src message.Source, o Options, signers ...Signer) ([]string, error) {
	if o.Header == "" {
		o.Header = Relaxed
	}
	if o.Body == "" {
		o.Body = Relaxed
	}
	for i := range signers {
		if err := signers[i].check(o.Identity); err != nil {
			return nil, err
		}
	}
	m := message.Parse(src)
	hashes := map[crypto.Hash]*sums{}
	for _, s := range signers {
		h := algorithms[s.Algorithm].hash
		if hashes[h] == nil {
			hashes[h] = &sums{header: h.New(), body: h.New()}
		}
	}
	if err := o.bodies(m, hashes); err != nil {
		return nil, err
	}
	names := o.headers(m, hashes)
	out := make([]string, 0, len(signers))
	for _, s := range signers {
		v, err := o.field(s, names, hashes[algorithms[s.Algorithm].hash])
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, nil
}

// sums are the hashes that signatures share.
type sums struct{ header, body hash.Hash }

// check completes a signer and tells what is wrong with it.
func (s *Signer) check(identity string) error {
	if s.Algorithm == "" {
		s.Algorithm = keyType(s.Key) + "-sha256"
	}
	a, ok := algorithms[s.Algorithm]
	switch {
	case !ok:
		return fmt.Errorf("unknown algorithm '%s'", s.Algorithm)
	case a.key != keyType(s.Key):
		return fmt.Errorf("algorithm %s does not fit the key", s.Algorithm)
	case !validName(s.Selector, true):
		return fmt.Errorf("invalid selector '%s'", s.Selector)
	case !validName(s.Domain, false):
		return fmt.Errorf("invalid domain '%s'", s.Domain)
	}
	if identity != "" {
		_, domain, _ := cutLast(identity)
		if !within(address.ASCIIDomain(domain), address.ASCIIDomain(s.Domain)) {
			return fmt.Errorf("identity '%s' is not in domain %s", identity, s.Domain)
		}
	}
	return nil
}

func cutLast(s string) (before, after string, ok bool) {
	i := strings.LastIndexByte(s, '@')
	if i < 0 {
		return "", s, false
	}
	return s[:i], s[i+1:], true
}

// within reports whether a domain is another or lies below it.
func within(sub, domain string) bool {
	return sub == domain || strings.HasSuffix(sub, "."+domain)
}

func validName(s string, underscore bool) bool {
	if s == "" || len(s) > 253 {
		return false
	}
	for label := range strings.SplitSeq(s, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		for _, c := range []byte(label) {
			if !('0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z' || c == '-' || c == '_' && underscore) {
				return false
			}
		}
	}
	return true
}

// bodies hashes the canonical body, once for all hashes.
func (o *Options) bodies(m *message.Message, hashes map[crypto.Hash]*sums) error {
	var ws []io.Writer
	for _, h := range hashes {
		ws = append(ws, h.body)
	}
	w := ws[0]
	if len(ws) > 1 {
		w = io.MultiWriter(ws...)
	}
	n, err := canonBody(m, o.Body, o.BodyLength, w)
	if err == nil && o.BodyLength != nil && *o.BodyLength > n {
		err = errors.New("body_length is more than the body has")
	}
	return err
}

// canonBody writes the canonical body, at most length bytes of it, and returns
// its whole size.
func canonBody(m *message.Message, c Canon, length *int64, w io.Writer) (int64, error) {
	if length != nil {
		w = &limited{w, *length}
	}
	cw := &bodyWriter{w: w, relaxed: c == Relaxed}
	src := m.Source()
	buf := make([]byte, min(64<<10, src.Size()-m.BodyStart+1))
	r := io.NewSectionReader(src, m.BodyStart, src.Size()-m.BodyStart)
	for {
		n, err := r.Read(buf)
		cw.Write(buf[:n])
		if err == io.EOF {
			cw.close()
			return cw.n, nil
		}
		if err != nil {
			return 0, fmt.Errorf("read the message: %w", err)
		}
	}
}

// headers hashes the canonical header fields and returns the names for h=.
func (o *Options) headers(m *message.Message, hashes map[crypto.Hash]*sums) []string {
	wanted := o.wanted()
	var names []string
	for i := len(m.Fields) - 1; i >= 0; i-- {
		f := m.Fields[i]
		if f.Name == "" || wanted != nil && !wanted[f.Name] || o.excluded(f.Name) {
			continue
		}
		c := canonField(o.Header, m.Raw(f))
		for _, h := range hashes {
			h.header.Write(c)
		}
		names = append(names, f.Name)
	}
	over := o.Oversign
	if over == nil {
		over = []string{"from"}
	}
	for _, n := range over {
		if n = strings.ToLower(n); !o.excluded(n) {
			names = append(names, n)
		}
	}
	return names
}

// wanted returns the fields to sign, nil for all.
func (o *Options) wanted() map[string]bool {
	list := o.Headers
	if list == nil {
		list = DefaultHeaders
	} else if len(list) == 0 {
		return nil
	}
	out := map[string]bool{}
	for _, n := range slices.Concat(list, o.Additional) {
		out[strings.ToLower(n)] = true
	}
	return out
}

// excluded: an ARC message signature never covers what ARC adds itself (RFC 8617
// section 4.1.2); no signature covers its own field by name.
func (o *Options) excluded(name string) bool {
	if o.Arc > 0 && (strings.HasPrefix(name, "arc-") || name == "authentication-results") {
		return true
	}
	return slices.ContainsFunc(o.Exclude, func(n string) bool { return strings.EqualFold(n, name) })
}

// field makes one signature.
func (o *Options) field(s Signer, names []string, h *sums) (string, error) {
	a := algorithms[s.Algorithm]
	var b strings.Builder
	if o.Arc > 0 {
		fmt.Fprintf(&b, "i=%d; ", o.Arc)
	} else {
		b.WriteString("v=1; ")
	}
	fmt.Fprintf(&b, "a=%s; c=%s/%s;", s.Algorithm, o.Header, o.Body)
	if o.Timestamp > 0 {
		fmt.Fprintf(&b, " t=%d;", o.Timestamp)
	}
	if o.Expiration > 0 {
		fmt.Fprintf(&b, " x=%d;", o.Expiration)
	}
	fmt.Fprintf(&b, "\r\n\td=%s; s=%s;", s.Domain, s.Selector)
	if o.Identity != "" && o.Arc == 0 {
		fmt.Fprintf(&b, " i=%s;", quotedPrintable(o.Identity))
	}
	if o.BodyLength != nil {
		fmt.Fprintf(&b, " l=%d;", *o.BodyLength)
	}
	b.WriteString("\r\n\t" + wrapList("h=", names) + ";")
	bh := base64.StdEncoding.EncodeToString(h.body.Sum(nil))
	b.WriteString("\r\n\tbh=" + bh + ";\r\n\tb=")
	value := b.String()
	state, err := h.header.(hash.Cloner).Clone()
	if err != nil {
		return "", fmt.Errorf("copy the hash: %w", err)
	}
	c := canonField(o.Header, []byte(o.FieldName()+": "+value))
	state.Write(c[:len(c)-2])
	opts := crypto.SignerOpts(a.hash)
	if a.key == "ed25519" {
		opts = crypto.Hash(0)
	}
	sig, err := s.Key.Sign(rand.Reader, state.Sum(nil), opts)
	if err != nil {
		return "", fmt.Errorf("sign: %w", err)
	}
	return value + wrapText(base64.StdEncoding.EncodeToString(sig), len("\tb=")+7), nil
}

// columns is the width at which fields are wrapped.
const columns = 80

// wrapList joins names with colons, wrapped before the last column.
func wrapList(head string, names []string) string {
	var b strings.Builder
	b.WriteString(head)
	col := 8 + len(head)
	for i, n := range names {
		if i > 0 {
			b.WriteByte(':')
			col++
		}
		if i > 0 && col+len(n)+1 >= columns {
			b.WriteString("\r\n\t ")
			col = 9
		}
		b.WriteString(n)
		col += len(n)
	}
	return b.String()
}

// wrapText wraps base64; used is the column it begins at.
func wrapText(s string, used int) string {
	var b strings.Builder
	room := columns - used
	for len(s) > room {
		b.WriteString(s[:room] + "\r\n\t ")
		s = s[room:]
		room = columns - 9
	}
	return b.String() + s
}

// quotedPrintable encodes a value as dkim-quoted-printable (RFC 6376 section
// 2.11).
func quotedPrintable(s string) string {
	const digits = "0123456789ABCDEF"
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if c := s[i]; c > ' ' && c < 0x7f && c != ';' && c != '=' {
			b.WriteByte(c)
		} else {
			b.Write([]byte{'=', digits[c>>4], digits[c&15]})
		}
	}
	return b.String()
}

var _ hash.Cloner = sha256.New().(hash.Cloner)
