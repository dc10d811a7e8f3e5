package dkim_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	msgauth "github.com/emersion/go-msgauth/dkim"
	"github.com/hawser-mta/hawser/mta/dkim"
	"github.com/hawser-mta/hawser/mta/message"
	"pgregory.net/rapid"
)

var rsaKey = sync.OnceValue(func() *rsa.PrivateKey {
	k, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return k
})

var edKey = ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, 32))

func record(k crypto.Signer) string {
	if p, ok := k.Public().(ed25519.PublicKey); ok {
		return "v=DKIM1; k=ed25519; p=" + base64.StdEncoding.EncodeToString(p)
	}
	der, err := x509.MarshalPKIXPublicKey(k.Public())
	if err != nil {
		panic(err)
	}
	return "v=DKIM1; k=rsa; p=" + base64.StdEncoding.EncodeToString(der)
}

// records are the TXT records that all verifiers see.
func records() map[string]string {
	return map[string]string{"r._domainkey.example.org": record(rsaKey()), "e._domainkey.example.org": record(edKey)}
}

func lookup(_ context.Context, name string) ([]string, error) {
	if r, ok := records()[name]; ok {
		return []string{r}, nil
	}
	return nil, dkim.ErrNoRecord
}

func signers() []dkim.Signer {
	return []dkim.Signer{
		{Selector: "r", Domain: "example.org", Key: rsaKey()},
		{Selector: "e", Domain: "example.org", Key: edKey},
	}
}

// sign returns the message with both signatures on top.
func sign(t testing.TB, raw string, o dkim.Options) string {
	t.Helper()
	fields, err := dkim.Sign(message.Bytes([]byte(raw)), o, signers()...)
	if err != nil {
		t.Fatal(err)
	}
	out := raw
	for i := len(fields) - 1; i >= 0; i-- {
		out = "DKIM-Signature: " + fields[i] + "\r\n" + out
	}
	return out
}

var samples = map[string]string{
	"plain":           "From: a@example.org\r\nSubject: hi\r\n\r\nbody\r\n",
	"folded headers":  "From: a@example.org\r\nSubject: a\r\n\tfolded  \r\n  line\r\nTo: b@example.org,\r\n c@example.org\r\n\r\nbody\r\n",
	"empty body":      "From: a@example.org\r\n\r\n",
	"trailing spaces": "From: a@example.org  \r\n\r\nline \t \r\n  two  words\t\r\n \r\n\r\n\r\n",
	"no last line":    "From: a@example.org\r\n\r\nline\r\nlast",
	"8-bit text":      "From: a@example.org\r\nSubject: caf\xe9\r\n\r\nna\xefve \xff\r\n",
	"repeated fields": "From: a@example.org\r\nTo: x@y\r\nTo: z@y\r\nSubject: s\r\n\r\nb\r\n",
	"dots and CR":     "From: a@example.org\r\n\r\n.\r\n..\r\na\rb\r\n",
	"long lines":      "From: a@example.org\r\n\r\n" + strings.Repeat("word  ", 20000) + "\r\n",
}

// eachMail calls f with the samples and every corpus message with a From.
func eachMail(t *testing.T, f func(name, raw string)) {
	t.Helper()
	for name, raw := range samples {
		f(name, raw)
	}
	n := 0
	err := filepath.WalkDir("../../testdata/mail/eml", func(path string, d fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".eml" {
			return err
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		// A server keeps mail with CRLF line ends.
		raw := string(message.CRLF(b))
		m := message.Parse(message.Bytes([]byte(raw)))
		if _, ok := m.Field("from", 0); !ok || m.BadHeader || m.BodyStart == m.HeaderEnd {
			return nil
		}
		n++
		f(path, raw)
		return nil
	})
	if err != nil || n < 50 {
		t.Fatalf("%d messages of the corpus, %v", n, err)
	}
}

var canons = []dkim.Options{
	{}, {Header: dkim.Simple, Body: dkim.Simple}, {Header: dkim.Relaxed, Body: dkim.Simple}, {Header: dkim.Simple, Body: dkim.Relaxed},
}

// TestGoMsgauth: go-msgauth accepts every signature, and so do we.
func TestGoMsgauth(t *testing.T) {
	t.Parallel()
	txt := func(domain string) ([]string, error) {
		if r, ok := records()[strings.TrimSuffix(domain, ".")]; ok {
			return []string{r}, nil
		}
		return nil, errors.New("no record " + domain)
	}
	eachMail(t, func(name, raw string) {
		for _, o := range canons {
			signed := sign(t, raw, o)
			vs, err := msgauth.VerifyWithOptions(strings.NewReader(signed), &msgauth.VerifyOptions{LookupTXT: txt})
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			checked := 0
			for _, v := range vs {
				if v.Domain == "example.org" {
					checked++
					if v.Err != nil {
						t.Errorf("%s %s/%s: go-msgauth: %v", name, o.Header, o.Body, v.Err)
					}
				}
			}
			if checked != 2 {
				t.Errorf("%s: go-msgauth saw %d signatures", name, checked)
			}
			m := message.Parse(message.Bytes([]byte(signed)))
			for i := range 2 {
				f, _ := m.Field("dkim-signature", i)
				if r := dkim.Verify(t.Context(), m.Source(), m.Raw(f), lookup, time.Now()); r.Result != "pass" {
					t.Errorf("%s %s/%s: own verifier: %s %s", name, o.Header, o.Body, r.Result, r.Error)
				}
			}
		}
	})
}

// pythonJudge reads [message, …] as JSON (base64) and prints one line per
// message: the results of its first two signatures.
const pythonJudge = `
import base64, json, sys
import dkim
job = json.load(sys.stdin)
def txt(name, timeout=5):
    return job["records"].get(name.decode().rstrip(".") if isinstance(name, bytes) else name.rstrip("."), "").encode() or None
for m in job["messages"]:
    d = dkim.DKIM(base64.b64decode(m))
    out = []
    for i in (0, 1):
        try:
            out.append(str(d.verify(idx=i, dnsfunc=txt)))
        except Exception as e:
            out.append(type(e).__name__ + ": " + str(e))
    print(" ".join(out))
`

// TestPythonDKIM: dkimpy accepts every signature too.
func TestPythonDKIM(t *testing.T) {
	t.Parallel()
	const python = "/usr/bin/python3"
	if out, err := exec.Command(python, "-c", "import dkim, nacl").CombinedOutput(); err != nil {
		t.Fatalf("this test needs the Debian packages python3-dkim and python3-nacl: %s", out)
	}
	job := struct {
		Records  map[string]string `json:"records"`
		Messages []string          `json:"messages"`
	}{Records: records()}
	var names []string
	eachMail(t, func(name, raw string) {
		for _, o := range canons[:2] {
			job.Messages = append(job.Messages, base64.StdEncoding.EncodeToString([]byte(sign(t, raw, o))))
			names = append(names, name+" "+string(o.Header))
		}
	})
	in, err := json.Marshal(job)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), python, "-c", pythonJudge)
	cmd.Stdin = bytes.NewReader(in)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, stderr.String())
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	if len(lines) != len(names) {
		t.Fatalf("%d results for %d messages", len(lines), len(names))
	}
	for i, l := range lines {
		if l != "True True" {
			t.Errorf("%s: %s", names[i], l)
		}
	}
}

func TestVerify(t *testing.T) {
	t.Parallel()
	signed := sign(t, samples["plain"], dkim.Options{Timestamp: 1000, Expiration: 2000, Identity: "x@sub.example.org"})
	key := func(text string) dkim.Lookup {
		return func(context.Context, string) ([]string, error) { return []string{text}, nil }
	}
	at := time.Unix(1500, 0)
	for _, c := range []struct {
		name   string
		change func(msg, field string) (string, string)
		lookup dkim.Lookup
		now    time.Time
		want   string
	}{
		{"unchanged", nil, lookup, at, "pass"},
		{"body changed", func(m, f string) (string, string) { return strings.Replace(m, "body", "BODY", 1), f }, lookup, at, "fail body hash does not match"},
		{"header changed", func(m, f string) (string, string) { return strings.Replace(m, ": hi", ": ho", 1), f }, lookup, at, "fail signature does not verify"},
		{"second From added", func(m, f string) (string, string) { return "From: evil@example.net\r\n" + m, f }, lookup, at, "fail signature does not verify"},
		{"expired", nil, lookup, time.Unix(2001, 0), "permerror signature expired"},
		{"DNS failure", nil, func(context.Context, string) ([]string, error) { return nil, dkim.ErrTemporary }, at, "temperror key look-up failed"},
		{"no record", nil, func(context.Context, string) ([]string, error) { return nil, dkim.ErrNoRecord }, at, "permerror no key record"},
		{"revoked", nil, key("v=DKIM1; p="), at, "permerror key revoked"},
		{"other key type", nil, key(record(edKey)), at, "permerror key type does not fit the algorithm"},
		{"garbage key", nil, key("p=AAAA"), at, "permerror bad key"},
		{"hash not allowed", nil, key(record(rsaKey()) + "; h=sha1"), at, "permerror the key does not allow the hash"},
		{"strict domain", nil, key(record(rsaKey()) + "; t=y:s"), at, "permerror the key does not allow identities in subdomains"},
		{"not DKIM1", nil, key(strings.Replace(record(rsaKey()), "DKIM1", "DKIM2", 1)), at, "permerror unknown key version"},
		{"no tags", func(m, f string) (string, string) { return m, "DKIM-Signature: x" }, lookup, at, "permerror bad tag list"},
		{"version 2", func(m, f string) (string, string) { return m, strings.Replace(f, "v=1", "v=2", 1) }, lookup, at, "permerror unknown version"},
		{"tag missing", func(m, f string) (string, string) { return m, strings.Replace(f, "s=r;", "", 1) }, lookup, at, "permerror tag s= is missing"},
		{"from not signed", func(m, f string) (string, string) {
			return m, strings.ReplaceAll(strings.ReplaceAll(f, ":from", ""), "h=from", "h=to")
		}, lookup, at, "permerror from is not signed"},
		{"identity outside", func(m, f string) (string, string) { return m, strings.Replace(f, "sub.example.org", "example.com", 1) }, lookup, at, "permerror identity is not in the domain"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			m := message.Parse(message.Bytes([]byte(signed)))
			f, _ := m.Field("dkim-signature", 0)
			msg, field := signed, string(m.Raw(f))
			if c.change != nil {
				msg, field = c.change(msg, field)
			}
			r := dkim.Verify(t.Context(), message.Bytes([]byte(msg)), []byte(field), c.lookup, c.now)
			if got := strings.TrimSpace(r.Result + " " + r.Error); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestSignErrors(t *testing.T) {
	t.Parallel()
	long := int64(1000)
	for _, c := range []struct {
		name string
		o    dkim.Options
		s    dkim.Signer
		want string
	}{
		{"selector", dkim.Options{}, dkim.Signer{Selector: "a b", Domain: "x.org", Key: edKey}, "invalid selector"},
		{"domain", dkim.Options{}, dkim.Signer{Selector: "a", Domain: "x_y.org", Key: edKey}, "invalid domain"},
		{"algorithm", dkim.Options{}, dkim.Signer{Selector: "a", Domain: "x.org", Key: edKey, Algorithm: "rsa-sha256"}, "does not fit the key"},
		{"unknown algorithm", dkim.Options{}, dkim.Signer{Selector: "a", Domain: "x.org", Key: edKey, Algorithm: "dsa"}, "unknown algorithm"},
		{"identity", dkim.Options{Identity: "@y.org"}, dkim.Signer{Selector: "a", Domain: "x.org", Key: edKey}, "is not in domain"},
		{"body length", dkim.Options{BodyLength: &long}, dkim.Signer{Selector: "a", Domain: "x.org", Key: edKey}, "body_length"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := dkim.Sign(message.Bytes([]byte(samples["plain"])), c.o, c.s)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

func TestParseKey(t *testing.T) {
	t.Parallel()
	pkcs1 := x509.MarshalPKCS1PrivateKey(rsaKey())
	pkcs8, err := x509.MarshalPKCS8PrivateKey(edKey)
	if err != nil {
		t.Fatal(err)
	}
	b64 := base64.StdEncoding.EncodeToString
	for _, c := range []struct {
		name, text, algorithm string
		ok                    bool
	}{
		{"PEM PKCS#1", string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: pkcs1})), "", true},
		{"PEM PKCS#8", string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8})), "ed25519", true},
		{"base64 PKCS#1", b64(pkcs1), "rsa", true},
		{"seed", string(edKey.Seed()), "ed25519", true},
		{"base64 seed", b64(edKey.Seed()), "ed25519", true},
		{"base64 secret key", b64(edKey), "ed25519", true},
		{"wrong algorithm", b64(pkcs1), "ed25519", false},
		{"garbage", "garbage", "", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			k, err := dkim.ParseKey(c.text, c.algorithm)
			if (err == nil) != c.ok {
				t.Fatalf("error %v", err)
			}
			if again, _ := dkim.ParseKey(c.text, c.algorithm); c.ok && fmt.Sprintf("%p", again) != fmt.Sprintf("%p", k) {
				t.Error("the key was parsed twice")
			}
		})
	}
}

// TestCanonicalBody compares the streaming canonicaliser, fed in random pieces,
// with the definition in RFC 6376 sections 3.4.3 and 3.4.4, by way of bh=.
func TestCanonicalBody(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var b strings.Builder
		for _, s := range rapid.SliceOfN(rapid.SampledFrom([]string{"a", " ", "  ", "\t", "\r\n", "\r\n", "\n", "\r", "word\r\n", strings.Repeat("x", 3000)}), 0, 40).Draw(t, "body") {
			b.WriteString(s)
		}
		body := b.String()
		for _, c := range []dkim.Canon{dkim.Simple, dkim.Relaxed} {
			fields, err := dkim.Sign(message.Bytes([]byte("From: a@b\r\n\r\n"+body)), dkim.Options{Body: c}, dkim.Signer{Selector: "e", Domain: "example.org", Key: edKey})
			if err != nil {
				t.Fatal(err)
			}
			sum := sha256.Sum256([]byte(canonical(body, c)))
			want := "bh=" + base64.StdEncoding.EncodeToString(sum[:]) + ";"
			if !strings.Contains(fields[0], want) {
				t.Fatalf("%s body %q: want %s in %s", c, body, want, fields[0])
			}
		}
	})
}

func canonical(body string, c dkim.Canon) string {
	lines := strings.Split(strings.ReplaceAll(body, "\r\n", "\n"), "\n")
	for i, l := range lines {
		if c == dkim.Relaxed {
			l = strings.ReplaceAll(l, "\t", " ")
			for strings.Contains(l, "  ") {
				l = strings.ReplaceAll(l, "  ", " ")
			}
			l = strings.TrimRight(l, " ")
		}
		lines[i] = l
	}
	for len(lines) > 0 && lines[len(lines)-1] == "" {
		lines = lines[:len(lines)-1]
	}
	if len(lines) == 0 {
		if c == dkim.Relaxed {
			return ""
		}
		return "\r\n"
	}
	return strings.Join(lines, "\r\n") + "\r\n"
}

func mail(size int) []byte {
	return []byte("From: a@example.org\r\nTo: b@example.net\r\nSubject: a subject of ordinary length\r\nDate: Tue, 24 Nov 2026 10:00:00 +0000\r\nMessage-ID: <1@example.org>\r\nMIME-Version: 1.0\r\n\r\n" +
		strings.Repeat("The quick brown fox jumps over the lazy dog and then does it again.\r\n", size/70))
}

// BenchmarkDual signs 4 KiB with RSA-2048 and Ed25519; BenchmarkRawKeys are the
// two key operations alone.
func BenchmarkDual(b *testing.B) {
	src, s := message.Bytes(mail(4096)), signers()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := dkim.Sign(src, dkim.Options{}, s...); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkRawKeys(b *testing.B) {
	sum := sha256.Sum256(nil)
	for b.Loop() {
		for _, s := range signers() {
			opts := crypto.SignerOpts(crypto.SHA256)
			if s.Selector == "e" {
				opts = crypto.Hash(0)
			}
			if _, err := s.Key.Sign(rand.Reader, sum[:], opts); err != nil {
				b.Fatal(err)
			}
		}
	}
}

// BenchmarkCanon100K canonicalises and hashes 100 KiB (with one Ed25519
// signature); BenchmarkSHA256 only hashes it.
func BenchmarkCanon100K(b *testing.B) {
	src, s := message.Bytes(mail(100<<10)), signers()[1:]
	b.SetBytes(src.Size())
	for b.Loop() {
		if _, err := dkim.Sign(src, dkim.Options{}, s...); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkSHA256(b *testing.B) {
	raw := mail(100 << 10)
	b.SetBytes(int64(len(raw)))
	for b.Loop() {
		h := sha256.New()
		if _, err := io.Copy(h, bytes.NewReader(raw)); err != nil {
			b.Fatal(err)
		}
		if _, err := edKey.Sign(nil, h.Sum(nil), crypto.Hash(0)); err != nil {
			b.Fatal(err)
		}
	}
}

func FuzzVerify(f *testing.F) {
	f.Add([]byte("DKIM-Signature: v=1; a=rsa-sha256; b=; bh=; d=x; h=from; s=s"), []byte(samples["plain"]))
	f.Fuzz(func(t *testing.T, field, raw []byte) {
		dkim.Verify(t.Context(), message.Bytes(raw), field, lookup, time.Unix(0, 0))
	})
}

// FuzzTags: a tag list is read into names and values that stand in it in order.
func FuzzTags(f *testing.F) {
	f.Add("v=DMARC1; p=none;")
	f.Add(" a = b ; c=d\r\n e=f; =x")
	f.Fuzz(func(t *testing.T, s string) {
		tags, err := dkim.DecodeTags(s)
		if err != nil {
			return
		}
		rest := s
		for _, tag := range tags {
			_, after, ok := strings.Cut(rest, tag.Name)
			if ok {
				_, after, ok = strings.Cut(after, tag.Value)
			}
			if v, found := tags.Get(tag.Name); !ok || !found || v != tag.Value || tag.Name == "" {
				t.Fatalf("%q: %+v", s, tags)
			}
			rest = after
		}
	})
}
