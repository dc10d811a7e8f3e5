package x509

import (
	"fmt"
	"math/big"
	"time"

	"github.com/hawser-mta/hawser/lang/sig"
	"github.com/hawser-mta/hawser/runtime/foreign"
	"github.com/hawser-mta/hawser/runtime/pki"
	"github.com/hawser-mta/hawser/runtime/registry"
	"github.com/hawser-mta/hawser/runtime/value"
	"github.com/hawser-mta/hawser/runtime/vm"
)

// Options that several declarations have.
var (
	asPEM = sig.Opt("pem: boolean = false", "PEM text instead of DER")
	texts = []sig.Option{
		sig.Opt("pem: boolean = false", "the data is PEM text, not DER"),
		sig.Opt("multiple: boolean = false", "with pem: a list of all blocks, instead of the first"),
	}
)

// Register declares the domain.
func Register(b *registry.Builder) {
	c := &form{name: "X509", resource: pki.X509Resource, block: "CERTIFICATE",
		parse: func(der []byte) (state, bool) { return pki.ParseCertificate(der) }}
	l := &form{name: "X509CRL", resource: pki.X509CRLResource, block: "X509 CRL",
		parse: func(der []byte) (state, bool) { return pki.ParseCRL(der) }}
	certificateClass(b, c)
	crlClass(b, l)
	b.Loader(registry.DataLoader{Name: "crt", Ext: []string{".crt"},
		Options: map[string]sig.Type{"resource": sig.Boolean}, Load: c.load})
}

func certificateClass(b *registry.Builder, f *form) {
	ctor := sig.New("X509(x509resource: X509Resource) -> X509",
		"Makes an object of a certificate resource, such as that of a peer.")
	f.class = b.Class(sig.Class{
		Name: "X509", Constructor: &ctor, Text: "A certificate. It never changes.",
		Methods: []*sig.Func{
			sig.New("String(data: string, options?: array) -> X509|array|none",
				"Reads a certificate; none when the data is no certificate, or none of the blocks or one of them is.",
				texts...).Show(`echo X509::String("no certificate", ["pem" => true]);`, "").StaticMethod(),
			sig.New("subject() -> array", `Whom it is for: a list of pairs such as ["CN", "example.com"], in the order of the certificate.`).Method(),
			sig.New("issuer() -> array", "Who issued it, as subject().").Method(),
			sig.New("subject_alt_name() -> array", "Alternative names: lists under DNS, IP, email and URI, as far as there are some.").Method(),
			sig.New("version() -> number", "The version, 3 for all of today.").Method(),
			sig.New("serial_number() -> string", "The serial number in upper-case hexadecimal digits.").Method(),
			sig.New("not_valid_before() -> number", "Unix time from which it is valid.").Method(),
			sig.New("not_valid_after() -> number", "Unix time until which it is valid.").Method(),
			sig.New("public_key(options?: array) -> string", "The key as SubjectPublicKeyInfo in DER or PEM.", asPEM).Method(),
			sig.New("export(options?: array) -> string", "The certificate in DER or PEM; sha2() of the DER is its fingerprint.", asPEM).Method(),
			sig.New("extensions(options?: array) -> array",
				"The extensions: a list of arrays with oid, name (the oid when unknown), critical and value, which is raw DER.").Method(),
			sig.New("verify(calist: array, intermediates?: array, revokelist?: array) -> array",
				"Whether it chains to one of the self-signed certificates of calist now: result, and error and code of OpenSSL "+
					"when not. Lists hold objects or resources. A revokelist that is not empty must cover the certificate itself.").Method(),
			sig.New("toResource() -> X509Resource", "The handle, for functions that take one.").Method(),
			sig.New("toFFIValue() -> FFIValue", "The certificate as an X509 of OpenSSL for FFI; throws where FFI is off or the library libcrypto is not there.").Method(),
		},
	}, map[string]vm.Impl{
		"X509":             f.construct,
		"String":           f.fromString,
		"subject":          list(func(c *pki.Certificate) value.Value { return name(c.RawSubject) }),
		"issuer":           list(func(c *pki.Certificate) value.Value { return name(c.RawIssuer) }),
		"subject_alt_name": list(func(c *pki.Certificate) value.Value { return altNames(c.Certificate) }),
		"version":          get(func(c *pki.Certificate) value.Value { return value.Int(c.Version) }),
		"serial_number":    get(func(c *pki.Certificate) value.Value { return serial(c.SerialNumber) }),
		"not_valid_before": get(func(c *pki.Certificate) value.Value { return unix(c.NotBefore) }),
		"not_valid_after":  get(func(c *pki.Certificate) value.Value { return unix(c.NotAfter) }),
		"public_key": on(func(_ *vm.Thread, c *pki.Certificate, a []value.Value) (value.Value, error) {
			return encode("X509->public_key", a, 0, "PUBLIC KEY", c.RawSubjectPublicKeyInfo)
		}),
		"export": on(func(_ *vm.Thread, c *pki.Certificate, a []value.Value) (value.Value, error) {
			return encode("X509->export", a, 0, f.block, c.Raw)
		}),
		"extensions": list(func(c *pki.Certificate) value.Value { return extensions(c.Extensions) }),
		"verify":     on(verify),
		"toResource": toResource,
		"toFFIValue": on(func(t *vm.Thread, c *pki.Certificate, _ []value.Value) (value.Value, error) {
			return foreign.Certificate(t, "X509->toFFIValue", c.Raw)
		}),
	})
}

func crlClass(b *registry.Builder, f *form) {
	ctor := sig.New("X509CRL(x509CRLresource: X509CRLResource) -> X509CRL", "Makes an object of a resource.")
	f.class = b.Class(sig.Class{
		Name: "X509CRL", Constructor: &ctor, Text: "A list of revoked certificates. It never changes.",
		Methods: []*sig.Func{
			sig.New("String(data: string, options?: array) -> X509CRL|array|none",
				"Reads a list of version 2; none when the data is no such list, or none of the blocks or one of them is.", texts...).
				Show(`echo X509CRL::String("no list", ["pem" => true]);`, "").StaticMethod(),
			sig.New("issuer() -> array", "Who issued it: a list of pairs, as of X509.").Method(),
			sig.New("revoked() -> array", "The entries: a list of arrays with serial_number, reason (if given) and revocation_date.").Method(),
			sig.New("version() -> number", "The version, which is 2.").Method(),
			sig.New("last_update() -> number", "Unix time of this list.").Method(),
			sig.New("next_update() -> number", "Unix time when the next list comes at the latest, 0 when it does not say.").Method(),
			sig.New("export(options?: array) -> string", "The list in DER or PEM.", asPEM).Method(),
			sig.New("extensions(options?: array) -> array", "The extensions of the list, as of X509.").Method(),
			sig.New("toResource() -> X509CRLResource", "The handle, for functions that take one.").Method(),
		},
	}, map[string]vm.Impl{
		"X509CRL":     f.construct,
		"String":      f.fromString,
		"issuer":      list(func(l *pki.CRL) value.Value { return name(l.RawIssuer) }),
		"revoked":     on(revoked),
		"version":     get(func(*pki.CRL) value.Value { return value.Int(2) }),
		"last_update": get(func(l *pki.CRL) value.Value { return unix(l.ThisUpdate) }),
		"next_update": get(func(l *pki.CRL) value.Value { return unix(l.NextUpdate) }),
		"export": on(func(_ *vm.Thread, l *pki.CRL, a []value.Value) (value.Value, error) {
			return encode("X509CRL->export", a, 0, f.block, l.Raw)
		}),
		"extensions": list(func(l *pki.CRL) value.Value { return extensions(l.Extensions) }),
		"toResource": toResource,
	})
}

// serial writes a serial number as whole bytes.
func serial(n *big.Int) value.Value {
	sign := ""
	if n.Sign() < 0 {
		sign = "-"
	}
	b := new(big.Int).Abs(n).Bytes()
	if len(b) == 0 {
		b = []byte{0}
	}
	return value.Str(fmt.Sprintf("%s%X", sign, b))
}

// unix returns the time in seconds, 0 for none.
func unix(t time.Time) value.Value {
	if t.IsZero() {
		return value.Int(0)
	}
	return value.Num(float64(t.Unix()))
}
