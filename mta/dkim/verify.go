package dkim

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ed25519"
	"crypto/rsa"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hawser-mta/hawser/mta/address"
	"github.com/hawser-mta/hawser/mta/message"
)

// Result is the outcome of a verification: pass, fail, permerror or temperror.
type Result struct {
	Result string
	Error  string // reason unless pass
	Tags   Tags   // when the tag list could be read
}

// Errors that a Lookup may give.
var (
	ErrTemporary = errors.New("temporary DNS failure")
	ErrNoRecord  = errors.New("no key record")
)

// Lookup returns the TXT strings under a name, each joined.
type Lookup func(ctx context.Context, name string) ([]string, error)

// Verify checks one raw DKIM-Signature or ARC-Message-Signature field of a
// message (spec stdlib 14.2).
func Verify(ctx context.Context, src message.Source, field []byte, lookup Lookup, now time.Time) Result {
	v := &verifier{field: bytes.TrimRight(field, "\r\n")}
	name, value, _ := bytes.Cut(v.field, []byte{':'})
	v.arc = strings.EqualFold(strings.TrimSpace(string(name)), "ARC-Message-Signature")
	tags, err := DecodeTags(string(value))
	if err != nil {
		return Result{Result: "permerror", Error: "bad tag list"}
	}
	v.tags = tags
	r := v.run(ctx, message.Parse(src), lookup, now)
	r.Tags = tags
	return r
}

type verifier struct {
	field []byte
	arc   bool
	tags  Tags

	header, body     Canon
	key              string
	hash             crypto.Hash
	names            []string
	domain, identity string
	length           *int64
}

func permerror(format string, args ...any) Result {
	return Result{Result: "permerror", Error: fmt.Sprintf(format, args...)}
}

func (v *verifier) get(name string) string {
	s, _ := v.tags.Get(name)
	return s
}

func (v *verifier) run(ctx context.Context, m *message.Message, lookup Lookup, now time.Time) Result {
	if r := v.read(now); r.Result != "" {
		return r
	}
	key, r := v.record(ctx, lookup)
	if r.Result != "" {
		return r
	}
	h := v.hash.New()
	n, err := canonBody(m, v.body, v.length, h)
	if err != nil {
		return Result{Result: "temperror", Error: "the message cannot be read"}
	}
	if v.length != nil && *v.length > n {
		return permerror("l= is more than the body has")
	}
	want, err := base64.StdEncoding.DecodeString(compact(v.get("bh")))
	if err != nil {
		return permerror("bad bh=")
	}
	if !bytes.Equal(h.Sum(nil), want) {
		return Result{Result: "fail", Error: "body hash does not match"}
	}
	sig, err := base64.StdEncoding.DecodeString(compact(v.get("b")))
	if err != nil {
		return permerror("bad b=")
	}
	if !v.holds(key, v.digest(m), sig) {
		return Result{Result: "fail", Error: "signature does not verify"}
	}
	return Result{Result: "pass"}
}

// read checks the tags of the signature.
func (v *verifier) read(now time.Time) Result {
	required := []string{"a", "b", "bh", "d", "h", "s"}
	if !v.arc {
		required = append([]string{"v"}, required...)
	}
	for _, t := range required {
		if _, ok := v.tags.Get(t); !ok {
			return permerror("tag %s= is missing", t)
		}
	}
	if !v.arc && v.get("v") != "1" {
		return permerror("unknown version")
	}
	a, ok := algorithms[strings.ToLower(v.get("a"))]
	if !ok {
		return permerror("unknown algorithm")
	}
	v.key, v.hash = a.key, a.hash
	c, ok := v.tags.Get("c")
	if !ok {
		c = "simple/simple"
	}
	if v.header, v.body, ok = validCanon(c); !ok {
		return permerror("unknown canonicalization")
	}
	if q, ok := v.tags.Get("q"); ok && !slices.ContainsFunc(strings.Split(q, ":"), func(s string) bool { return strings.TrimSpace(s) == "dns/txt" }) {
		return permerror("unknown query method")
	}
	for n := range strings.SplitSeq(v.get("h"), ":") {
		v.names = append(v.names, strings.ToLower(strings.Trim(n, " \t\r\n")))
	}
	if !slices.Contains(v.names, "from") && !v.arc {
		return permerror("from is not signed")
	}
	return v.readRest(now)
}

func (v *verifier) readRest(now time.Time) Result {
	v.domain = address.ASCIIDomain(v.get("d"))
	v.identity = v.domain
	if i, ok := v.tags.Get("i"); ok && v.arc {
		if n, err := strconv.Atoi(i); err != nil || n < 1 || n > 50 {
			return permerror("bad instance")
		}
	} else if ok {
		_, domain, _ := cutLast(i)
		if v.identity = address.ASCIIDomain(domain); !within(v.identity, v.domain) {
			return permerror("identity is not in the domain")
		}
	}
	if l, ok := v.tags.Get("l"); ok {
		n, err := strconv.ParseInt(l, 10, 64)
		if err != nil || n < 0 {
			return permerror("bad l=")
		}
		v.length = &n
	}
	if x, ok := v.tags.Get("x"); ok {
		n, err := strconv.ParseInt(x, 10, 64)
		if err != nil {
			return permerror("bad x=")
		}
		if n < now.Unix() {
			return permerror("signature expired")
		}
	}
	return Result{}
}

// record looks up the key (RFC 6376 section 3.6.2).
func (v *verifier) record(ctx context.Context, lookup Lookup) (crypto.PublicKey, Result) {
	texts, err := lookup(ctx, v.get("s")+"._domainkey."+v.domain)
	switch {
	case errors.Is(err, ErrTemporary):
		return nil, Result{Result: "temperror", Error: "key look-up failed"}
	case err != nil || len(texts) == 0:
		return nil, permerror("no key record")
	}
	r := Result{}
	for _, text := range texts {
		var key crypto.PublicKey
		if key, r = v.usable(text); r.Result == "" {
			return key, r
		}
	}
	return nil, r
}

func (v *verifier) usable(text string) (crypto.PublicKey, Result) {
	tags, err := DecodeTags(text)
	if err != nil {
		return nil, permerror("bad key record")
	}
	value := func(name, missing string) string {
		if s, ok := tags.Get(name); ok {
			return s
		}
		return missing
	}
	has := func(list, item string) bool {
		return slices.ContainsFunc(strings.Split(list, ":"), func(s string) bool { return strings.TrimSpace(s) == item })
	}
	p, ok := tags.Get("p")
	hash := map[crypto.Hash]string{crypto.SHA256: "sha256", crypto.SHA1: "sha1"}[v.hash]
	switch {
	case value("v", "DKIM1") != "DKIM1":
		return nil, permerror("unknown key version")
	case !ok:
		return nil, permerror("the key record has no key")
	case compact(p) == "":
		return nil, permerror("key revoked")
	case value("k", "rsa") != v.key:
		return nil, permerror("key type does not fit the algorithm")
	case !has(value("h", hash), hash):
		return nil, permerror("the key does not allow the hash")
	case !has(value("s", "*"), "*") && !has(value("s", "*"), "email"):
		return nil, permerror("the key is not for mail")
	case has(value("t", ""), "s") && v.identity != v.domain:
		return nil, permerror("the key does not allow identities in subdomains")
	}
	key := publicKey(v.key, p)
	if key == nil {
		return nil, permerror("bad key")
	}
	if r, ok := key.(*rsa.PublicKey); ok && r.N.BitLen() < 1024 {
		return nil, permerror("the key has less than 1024 bits")
	}
	return key, Result{}
}

// digest hashes the signed header fields, the lowest unused occurrence of each
// name first (RFC 6376 section 5.4.2), and the signature without its b=.
func (v *verifier) digest(m *message.Message) []byte {
	h := v.hash.New()
	at := map[string][]message.Field{}
	for _, f := range m.Fields {
		at[f.Name] = append(at[f.Name], f)
	}
	for _, n := range v.names {
		list := at[n]
		if n == "" || len(list) == 0 {
			continue
		}
		at[n] = list[:len(list)-1]
		h.Write(canonField(v.header, m.Raw(list[len(list)-1])))
	}
	c := canonField(v.header, withoutSignature(v.field))
	h.Write(c[:len(c)-2])
	return h.Sum(nil)
}

// withoutSignature empties the value of b=.
func withoutSignature(field []byte) []byte {
	start := bytes.IndexByte(field, ':') + 1
	for start < len(field) {
		end := bytes.IndexByte(field[start:], ';')
		if end < 0 {
			end = len(field)
		} else {
			end += start
		}
		name, value, ok := bytes.Cut(field[start:end], []byte{'='})
		if ok && string(bytes.Trim(name, " \t\r\n")) == "b" {
			return slices.Concat(field[:end-len(value)], field[end:])
		}
		start = end + 1
	}
	return field
}

func (v *verifier) holds(key crypto.PublicKey, digest, sig []byte) bool {
	switch k := key.(type) {
	case ed25519.PublicKey:
		return ed25519.Verify(k, digest, sig)
	case *rsa.PublicKey:
		return rsa.VerifyPKCS1v15(k, v.hash, digest, sig) == nil
	}
	return false
}
