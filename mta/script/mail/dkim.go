package mail

import (
	"context"
	"crypto"
	"fmt"
	"strings"
	"time"

	"github.com/hawser-mta/hawser/lang/sig"
	"github.com/hawser-mta/hawser/mta/dkim"
	"github.com/hawser-mta/hawser/mta/message"
	"github.com/hawser-mta/hawser/runtime/pki"
	"github.com/hawser-mta/hawser/runtime/registry"
	"github.com/hawser-mta/hawser/runtime/value"
	"github.com/hawser-mta/hawser/runtime/vm"
)

func signSig(returns string) *sig.Func {
	return sig.New("signDKIM(selector: string, domain: string, key: RSAPrivateKey|ECPrivateKey|ED25519PrivateKey|string, options?: array) -> "+returns,
		"Adds DKIM signatures over the message as changed so far; none when the key or a name is not usable.",
		sig.Opt("algorithm: string", "rsa-sha256, rsa-sha1 or ed25519-sha256"),
		sig.Opt(`canonicalization_header: string = "relaxed"`, "or simple"),
		sig.Opt(`canonicalization_body: string = "relaxed"`, "or simple"),
		sig.Opt("headers: array", "fields to sign instead of the usual ones; []: all"),
		sig.Opt("additional_headers: array", "fields to sign besides"),
		sig.Opt("exclude_headers: array", "fields not to sign"),
		sig.Opt(`oversign_headers: array = ["from"]`, "fields of which no further one may be added"),
		sig.Opt("timestamp: boolean|number = false", "t=; true: now"),
		sig.Opt("expiration: number", "x=, Unix time"),
		sig.Opt("expiration_relative: number", "x= so many seconds from now"),
		sig.Opt("identity: string", "i="),
		sig.Opt("body_length: number", "l=, bytes of the canonical body"),
		sig.Opt("id: boolean", "the key is the id of a configured one"),
		sig.Opt("return_header: boolean = false", "return the value instead of adding the field"),
		sig.Opt("arc: boolean|number = false", "make an ARC-Message-Signature of this instance"),
		sig.Opt("additional_signatures: array", "list of [selector, domain, key, algorithm, id] over the same canonical data"),
	).Method()
}

// signArgs reads a signDKIM call. fail is the reason for returning none.
func signArgs(t *vm.Thread, a []value.Value) (s signature, header bool, fail, err error) {
	o := registry.OptionsAt("signDKIM", a, 3)
	s.o, err = dkimOptions(t, o)
	if err != nil {
		return s, false, nil, err
	}
	header = o.Bool("return_header", false)
	first, fail := signer(t, o, a[0].Str(), a[1].Str(), a[2])
	list := []dkim.Signer{first}
	if more := o.Array("additional_signatures"); more != nil {
		for v := range more.Values() {
			x := registry.OptionsOf("signDKIM", v)
			key, _ := x.Get("key")
			extra, bad := signer(t, x, x.Str("selector", ""), x.Str("domain", ""), key)
			if fail == nil {
				fail = bad
			}
			if err := x.Err(); err != nil {
				return s, false, nil, err
			}
			list = append(list, extra)
		}
	}
	s.s = list
	return s, header, fail, o.Err()
}

// Signing is a signature to be made later, over a message that the server makes: the
// option dkim of notifications (spec hooks 12.4).
type Signing struct{ s signature }

// ReadSigning reads an array of selector, domain, key and the options of signDKIM. It is
// nil, with a line in the log, when the key or a name is not usable.
func ReadSigning(t *vm.Thread, v value.Value) (*Signing, error) {
	o := registry.OptionsOf("dkim", v)
	selector, domain := o.Str("selector", ""), o.Str("domain", "")
	key, _ := o.Get("key")
	if err := o.Err(); err != nil {
		return nil, err
	}
	s, _, fail, err := signArgs(t, []value.Value{value.Str(selector), value.Str(domain), key, v})
	if err != nil {
		return nil, err
	}
	x := &Signing{s}
	if fail == nil {
		_, fail = x.Fields(message.Bytes([]byte("From: a@b\r\n\r\n")))
	}
	if fail != nil {
		_, _ = refuse(t, fail)
		return nil, nil
	}
	return x, nil
}

// Fields returns the header fields that belong above a message.
func (x *Signing) Fields(src message.Source) ([]byte, error) {
	fields, err := dkim.Sign(src, x.s.o, x.s.s...)
	if err != nil {
		return nil, err
	}
	var out []byte
	for _, f := range fields {
		out = append(out, x.s.o.FieldName()+": "+f+"\r\n"...)
	}
	return out, nil
}

// signer reads one signature of a call.
func signer(t *vm.Thread, o *registry.Options, selector, domain string, key value.Value) (dkim.Signer, error) {
	s := dkim.Signer{Selector: selector, Domain: domain, Algorithm: o.Str("algorithm", "")}
	if k, ok := registry.Resource[*pki.PrivateKey](key); ok {
		s.Key = k.Signer
		return s, nil
	}
	if !key.IsString() {
		return s, fmt.Errorf("the key is %s", key.TypeName())
	}
	if s.Algorithm == "" {
		s.Algorithm = "rsa-sha256"
	}
	var err error
	s.Key, err = findKey(t, o, key.Str(), s.Algorithm)
	return s, err
}

// findKey reads key text, or the entry of the key store that it names (spec
// stdlib 0.8).
func findKey(t *vm.Thread, o *registry.Options, text, algorithm string) (crypto.Signer, error) {
	id, stored := strings.CutPrefix(text, "pki:")
	if v, given := o.Get("id"); given {
		stored = v.Truth()
		if !stored {
			id = text
		}
	}
	if stored {
		store := t.Host().Keys
		if store == nil {
			return nil, fmt.Errorf("no key '%s'", id)
		}
		pem, ok := store.PrivateKey(id)
		if !ok {
			return nil, fmt.Errorf("no key '%s'", id)
		}
		text = pem
	}
	kind, _, _ := strings.Cut(algorithm, "-")
	if kind != "rsa" && kind != "ed25519" {
		kind = ""
	}
	return dkim.ParseKey(text, kind)
}

func dkimOptions(t *vm.Thread, o *registry.Options) (dkim.Options, error) {
	now := t.Host().Now().Unix()
	d := dkim.Options{
		Header: canon(o, "canonicalization_header"), Body: canon(o, "canonicalization_body"),
		Headers: o.Strings("headers"), Additional: o.Strings("additional_headers"), Exclude: o.Strings("exclude_headers"),
		Oversign: o.Strings("oversign_headers"), Identity: o.Str("identity", ""),
		Timestamp: moment(o, "timestamp", now), Expiration: int64(o.Num("expiration", 0)),
	}
	if rel := o.Num("expiration_relative", 0); rel > 0 {
		base := now
		if d.Timestamp > 0 {
			base = d.Timestamp
		}
		d.Expiration = base + int64(rel)
	}
	if _, ok := o.Get("body_length"); ok {
		n := int64(o.Num("body_length", 0))
		if n < 0 {
			o.Bad("body_length", "at least 0")
		}
		d.BodyLength = &n
	}
	d.Arc = int(moment(o, "arc", 1))
	return d, o.Err()
}

// moment reads an option that is a number, or true for a default.
func moment(o *registry.Options, key string, def int64) int64 {
	v, ok := o.Get(key)
	switch {
	case !ok:
		return 0
	case v.Kind() == value.KBool:
		if v.IsTrue() {
			return def
		}
		return 0
	}
	return int64(o.Num(key, 0))
}

func canon(o *registry.Options, key string) dkim.Canon {
	c := dkim.Canon(o.Str(key, "relaxed"))
	if c != dkim.Simple && c != dkim.Relaxed {
		o.Bad(key, "simple or relaxed")
	}
	return c
}

// logError is the syslog priority err.
const logError = 3

func refuse(t *vm.Thread, err error) (value.Value, error) {
	t.Host().Log(t, logError, "signDKIM: "+err.Error())
	return value.None, nil
}

func signMessage(t *vm.Thread, a []value.Value) (value.Value, error) {
	return on(func(t *vm.Thread, p *Part, rest []value.Value) (value.Value, error) {
		return signPart(t, p, a[0], rest)
	})(t, a)
}

func signPart(t *vm.Thread, p *Part, this value.Value, a []value.Value) (value.Value, error) {
	s, header, fail, err := signArgs(t, a)
	if err != nil {
		return value.None, err
	}
	if fail != nil {
		return refuse(t, fail)
	}
	// A date that were written later would break the signature.
	p.mail.Editor.FixDates(t.Host().Now())
	src, err := p.mail.Editor.Result()
	if err != nil {
		return value.None, err
	}
	fields, err := dkim.Sign(src, s.o, s.s...)
	if err != nil {
		return refuse(t, err)
	}
	if header {
		if len(fields) == 1 {
			return value.Str(fields[0]), nil
		}
		return value.FromArray(value.Strings(fields...)), nil
	}
	name := s.o.FieldName()
	for i := len(fields) - 1; i >= 0; i-- {
		p.mail.Editor.AddField(p.mail.Editor.Message().Part, name, []byte(name+": "+fields[i]+"\r\n"))
	}
	return this, nil
}

// signBuilder checks the arguments now and signs when the message is written.
func signBuilder(t *vm.Thread, a []value.Value) (value.Value, error) {
	x := a[0].Object().Native.(*Builder)
	s, _, fail, err := signArgs(t, a[1:])
	if err != nil {
		return value.None, err
	}
	if fail == nil {
		_, fail = dkim.Sign(message.Bytes([]byte("From: a@b\r\n\r\n")), dkim.Options{Identity: s.o.Identity}, s.s...)
	}
	if fail != nil {
		return refuse(t, fail)
	}
	x.signs = append(x.signs, s)
	return a[0], nil
}

// verify runs verifyDKIM.
func verify(t *vm.Thread, p *Part, a []value.Value) (value.Value, error) {
	o := registry.OptionsAt("verifyDKIM", a, 1)
	timeout := o.Num("timeout", 5)
	fn := o.Func("dns_function")
	if err := o.Err(); err != nil {
		return value.None, err
	}
	var thrown error
	lookup := func(ctx context.Context, name string) ([]string, error) {
		if fn.Kind() == value.KFunc {
			v, err := t.Call(fn, value.Str(name))
			if err != nil {
				thrown = err
				return nil, err
			}
			return answer(v)
		}
		r, ok := t.Host().Services["txt"].(TXTResolver)
		if !ok {
			return nil, dkim.ErrTemporary
		}
		ctx, cancel := context.WithTimeout(ctx, time.Duration(timeout*float64(time.Second)))
		defer cancel()
		return r.LookupTXT(ctx, name)
	}
	r := dkim.Verify(t.Context(), p.mail.Editor.Message().Source(), []byte(a[0].Str()), lookup, t.Host().Now())
	if thrown != nil {
		return value.None, thrown
	}
	out := value.Map("result", value.Str(r.Result))
	if r.Error != "" {
		out.SetStr("error", value.Str(r.Error))
	}
	if r.Tags != nil {
		out.SetStr("tags", Tags(r.Tags))
	}
	return value.FromArray(out), nil
}

// TXTResolver looks up key records; Host.Services["txt"] is one in the server.
// Its errors are those of package dkim.
type TXTResolver interface {
	LookupTXT(ctx context.Context, name string) ([]string, error)
}

// answer reads what a dns_function returned.
func answer(v value.Value) ([]string, error) {
	if v.IsArray() {
		if r := v.Array().GetStr("result"); r.IsString() {
			return []string{r.Str()}, nil
		}
		if e := v.Array().GetStr("error"); e.IsString() && e.Str() == "temperror" {
			return nil, dkim.ErrTemporary
		}
	}
	return nil, dkim.ErrNoRecord
}
