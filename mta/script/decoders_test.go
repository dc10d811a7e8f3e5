package script_test

import (
	"errors"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/hawser-mta/hawser/runtime/module"
	"github.com/hawser-mta/hawser/runtime/runtest"
	"github.com/hawser-mta/hawser/runtime/vm"
)

// bombs are inputs of a megabyte, as scripts: unit by unit, for each decoder of mail.
var bombs = []struct {
	call  string
	units []string
}{
	{`envelope_address_parse($s)`, []string{"a", "a.", "a@", "@", "\"", "\\", "\"\\", "[", "é"}},
	{`envelope_address_parse("a@$s")`, []string{"a.", ".", "[", "[IPv6:", "-", "é.", "xn--a."}},
	{`envelope_address_parse("\"$s\"@x.org")`, []string{"a", "\\", "\\\"", " "}},
	{`envelope_localpart_escape($s)`, []string{"\"", "\\", " "}},
	{`header_addresslist_extract($s)`, []string{"a@b,", ",", ";", "(", ")", "<", "\"", "g:", "g:;", "a:b@c;", "a <b@c>,", "\\", "[", "@", "a b ", "=?utf-8?q?a?= <a@b>,"}},
	{`header_addresslist_extract($s, ["name" => true])`, []string{"a@b,", "a <b@c>,", "=?utf-8?q?a?= <a@b>,", "\"\\a\" <b@c>,", "(c)"}},
	{`header_addresslist_compile([["name" => $s, "address" => "a@b.c"]])`, []string{"a", "\"", "é", ",", "=?"}},
	{`header_dkim_decode($s)`, []string{"a=b;", "=", ";", "a", "a=", " ", "\r\n "}},
	{`header_dkim_decode("a=$s")`, []string{"b ", "=", "\r\n "}},
	{`header_dkim_decode(array_join(array_map(function ($n) { return "t$n=1"; }, array_range(0, 120000)), ";"))`, []string{""}},
	{`mail("Content-Type: text/plain; $s\r\n\r\n")->getTypeParameter("a")`, []string{"a=b;", "a*0=b;", "a*1*=%41;", "a*=utf-8''%41;", ";", "=", "\"", "\\", "(", "a=\"", "a*999999999=b;"}},
	{`mail("Content-Type: text/plain; a*0=\"$s\"\r\n\r\n")->getTypeParameter("a")`, []string{"\\", "\\\"", "a"}},
	{`mail("Content-Disposition: attachment; $s\r\n\r\n")->getFileName()`, []string{"filename=b;", "filename*0*=utf-8''%41;", "filename*=iso-2022-jp''%1b;", "filename=\"=?utf-8?q?a?=\";"}},
	{`mail("Content-Type: text/plain$s\r\n\r\n")->getType()`, []string{"/", ";", "(", " "}},
	{`mail("Subject: $s\r\n\r\n")->getHeader("subject")`, []string{"=?utf-8?q?a?= ", "=?", "\xe9", "\x82\xb1", "\xd0 ", "\xd0", "\r\n a", "=?iso-2022-jp?b?GyRC?="}},
	{`verify("v=1; a=rsa-sha256; d=x.test; s=s; c=relaxed/relaxed; h=from; bh=$s; b=$s", "v=DKIM1; p=AAAA")`, []string{"A", "=", " ", "AAA="}},
	{`verify("v=1; a=rsa-sha256; d=x.test; s=s; h=$s; bh=AAAA; b=AAAA", "v=DKIM1; p=AAAA")`, []string{"from:", ":", "a:", "from"}},
	{`verify($s, "v=DKIM1; p=AAAA")`, []string{"a=b;", ";", "v=1;"}},
	{`verify("v=1; a=rsa-sha256; d=x.test; s=s; h=from; bh=" . base64_encode(sha2("\r\n", 256, ["raw" => true])) . "; b=AAAA", $s)`, []string{"v=DKIM1;", ";", "p=A", "a=b;"}},
	{`verify("v=1; a=rsa-sha256; d=x.test; s=s; h=from; bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=; b=AAAA", "v=DKIM1; p=$s")`, []string{"A", "MIIB", " ", "="}},
}

const helpers = `
function mail($text) { return MailMessage::String($text); }
function verify($field, $record) {
	return mail("From: a@x.test\r\n\r\n")->verifyDKIM("DKIM-Signature: " . $field . "\r\n", ["dns_function" => function ($name) closure ($record) { return ["result" => $record]; }]);
}
`

// TestDecoders: a hostile megabyte takes no decoder more than 64 MB, and little time.
func TestDecoders(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(10)) // garbage is not what is measured
	u := universe()
	for _, b := range bombs {
		for _, unit := range b.units {
			t.Run(fmt.Sprintf("%.60s of %q", b.call, unit), func(t *testing.T) {
				n := 0
				if unit != "" {
					n = (1 << 20) / len(unit)
				}
				src := fmt.Sprintf(`%s $s = str_repeat("%s", %d); $r = %s;`, helpers, literal(unit), n, b.call)
				root := &module.Root{FS: fstest.MapFS{}}
				set, diags := module.NewLoader(u).Build(t.Context(), &module.Roots{Files: root}, []module.Entry{{ID: "x", Root: root, Path: "x", Source: []byte(src)}})
				if set == nil {
					t.Fatal(diags.Err())
				}
				runtime.GC()
				begin := time.Now()
				th := vm.New(set.Image("x"), vm.DefaultHost(io.Discard), vm.Limits{Steps: 1_000_000, Memory: 64 << 20, Time: 20 * time.Second})
				var err error
				grown := runtest.Grows(func() { _, err = th.Run(t.Context()) })
				var internal *vm.InternalError
				if errors.As(err, &internal) {
					t.Error(err)
				}
				if grown > 64<<20 {
					t.Errorf("the heap grew by %d MiB (%v)", grown>>20, err)
				}
				if d := time.Since(begin); d > 15*time.Second {
					t.Errorf("it took %s", d)
				}
			})
		}
	}
}

// literal writes bytes as they stand in a double-quoted string.
func literal(s string) string {
	var b strings.Builder
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || strings.IndexByte("\\\"$", c) >= 0 {
			fmt.Fprintf(&b, "\\x%02x", c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}
