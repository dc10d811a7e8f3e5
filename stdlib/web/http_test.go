package web_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hawser-mta/hawser/lang/sig"
	"github.com/hawser-mta/hawser/runtime/registry"
	"github.com/hawser-mta/hawser/runtime/value"
	"github.com/hawser-mta/hawser/runtime/vm"
)

// echo answers with the request as it came.
func echo(t *testing.T) string {
	return serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		var h []string
		for _, name := range []string{"Content-Type", "Content-Length", "User-Agent", "Authorization", "Accept-Encoding", "X-A", "Expect", "Accept", "Referer"} {
			if v := r.Header.Values(name); v != nil {
				h = append(h, name+"="+strings.Join(v, "+"))
			}
		}
		w.Header().Set("Content-Type", "text/plain")
		fmt.Fprintf(w, "%s %s %s %v %v|%s", r.Method, r.RequestURI, h, r.ContentLength, r.TransferEncoding, body)
	})
}

// TestRequest shows what is sent.
func TestRequest(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	u := echo(t)
	host := strings.TrimPrefix(u, "http://")
	for _, c := range []struct{ src, want string }{
		{`http($u . "/a")`, "GET /a [User-Agent=Hawser] 0 []|"},
		{`http($u)`, "GET / [User-Agent=Hawser] 0 []|"},
		{`http("` + host + `/x")`, "GET /x [User-Agent=Hawser] 0 []|"},
		{`http("` + host + `?q=a b&ü=\"")`, "GET /?q=a%20b&%C3%BC=%22 [User-Agent=Hawser] 0 []|"},
		{`http($u . "/p%2Fq/ü r#frag")`, "GET /p%2Fq/%C3%BC%20r [User-Agent=Hawser] 0 []|"},
		{`http($u . "/100%/%2/%zz/{a}?x=%")`, "GET /100%25/%252/%25zz/%7Ba%7D?x=%25 [User-Agent=Hawser] 0 []|"},
		{`http($u . "/$1/$2?$1", [], ["jo hn", "a/b&c"])`, "GET /jo%20hn/a%2Fb%26c?jo%20hn [User-Agent=Hawser] 0 []|"},
		{`http($u . "/$1$2", [], ["$2", "x"])`, "GET /%242x [User-Agent=Hawser] 0 []|"},
		{`http($u . "/$10/$0/$/$3", [], [1, true])`, "GET /10/$0/$/$3 [User-Agent=Hawser] 0 []|"},
		{`http($u . "/$1")`, "GET /$1 [User-Agent=Hawser] 0 []|"},
		{`http($u, ["method" => "PURGE"])`, "PURGE / [User-Agent=Hawser] 0 []|"},
		{`http($u, [], [], "a=b&c")`, "POST / [Content-Type=application/x-www-form-urlencoded Content-Length=5 User-Agent=Hawser] 5 []|a=b&c"},
		{`http($u, [], [], "")`, "POST / [Content-Type=application/x-www-form-urlencoded Content-Length=0 User-Agent=Hawser] 0 []|"},
		{`http($u, ["method" => "PUT"], none, "x")`, "PUT / [Content-Type=application/x-www-form-urlencoded Content-Length=1 User-Agent=Hawser] 1 []|x"},
		{`http($u, [], [], ["a b" => "ü&", "n" => 5, "t" => true, 0 => ""])`,
			"POST / [Content-Type=application/x-www-form-urlencoded Content-Length=29 User-Agent=Hawser] 29 []|a%20b=%C3%BC%26&n=5&t=true&0="},
		{`http($u, ["headers" => ["X-A: 1", "x-a:2", "Content-Type: text/x"]], [], "b")`, "POST / [Content-Type=text/x Content-Length=1 User-Agent=Hawser X-A=1+2] 1 []|b"},
		{`http($u, ["headers" => ["User-Agent:", "Content-Type:", "Expect:"]], [], "b")`, "POST / [Content-Length=1] 1 []|b"},
		{`http($u, ["headers" => ["User-Agent: me"]])`, "GET / [User-Agent=me] 0 []|"},
		{`http($u, ["headers" => ["Transfer-Encoding: chunked", "Content-Length: 77"]], [], "body")`,
			"POST / [Content-Type=application/x-www-form-urlencoded User-Agent=Hawser] -1 [chunked]|body"},
		{`http($u, ["username" => "u", "password" => "p"])`, "GET / [User-Agent=Hawser Authorization=Basic dTpw] 0 []|"},
		{`http("http://u:p@` + host + `")`, "GET / [User-Agent=Hawser Authorization=Basic dTpw] 0 []|"},
		{`http("http://u:p@` + host + `", ["headers" => ["Authorization:"]])`, "GET / [User-Agent=Hawser] 0 []|"},
		{`http($u, ["headers" => ["Authorization: Bearer x"], "username" => "u"])`, "GET / [User-Agent=Hawser Authorization=Bearer x] 0 []|"},
		{`http($u, [], [], ["f" => ["data" => "x"]]) =~ #/multipart\/form-data; boundary=hawser-[0-9a-f]{32} /`, "true"},
	} {
		w.prints(u, "echo "+c.src+";", c.want)
	}
}

// TestMultipart reads parts with Go's reader.
func TestMultipart(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	u := serve(t, func(w http.ResponseWriter, r *http.Request) {
		parts, err := r.MultipartReader()
		if err != nil {
			t.Error(err)
			return
		}
		fmt.Fprintln(w, r.ContentLength > 0)
		for {
			p, err := parts.NextRawPart()
			if err != nil {
				fmt.Fprint(w, err)
				return
			}
			data, _ := io.ReadAll(p)
			fmt.Fprintf(w, "%s %s %q\n", p.Header.Get("Content-Disposition"), p.Header.Get("Content-Type"), data)
		}
	})
	w.prints(u, `echo http($u, [], [], ["a" => ["data" => "1\r\n--x"], "b\"\n" => ["data" => "\x00\xff", "filename" => "ü\".bin"],
		"c" => ["data" => 5, "type" => "text/x", "filename" => "f"]]);`, `true
form-data; name="a"  "1\r\n--x"
form-data; name="b%22%0A"; filename="ü%22.bin" application/octet-stream "\x00\xff"
form-data; name="c"; filename="f" text/x "5"
EOF`)
}

// TestCallback posts what a function gives.
func TestCallback(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	u := echo(t)
	const parts = `$n = 0; $sizes = []; $f = function ($size) closure ($n, $sizes) { $sizes[] = $size; $n += 1; return $n > 3 ? "" : "part$n "; }; `
	for _, c := range []struct{ src, want string }{
		{parts + `echo http($u, [], [], $f); echo $sizes[0] > 0;`, "POST / [User-Agent=Hawser] -1 [chunked]|part1 part2 part3 \ntrue"},
		{parts + `echo http($u, ["headers" => ["Content-Length: 18"]], [], $f);`, "POST / [Content-Length=18 User-Agent=Hawser] 18 []|part1 part2 part3 "},
		{parts + `echo http($u, ["headers" => ["Content-Length: 17"]], [], $f) === none;`, "true"},
		{parts + `echo http($u, ["headers" => ["Content-Length: 19"]], [], $f) === none;`, "true"},
		{parts + `echo http($u, ["method" => "GET"], [], $f);`, "GET / [User-Agent=Hawser] -1 [chunked]|part1 part2 part3 "},
		{`echo http($u, [], [], function ($n) { return "x" * ($n + 1); }) === none;`, "true"},
		{`echo http($u, [], [], function ($n) { return 5; }) === none;`, "true"},
		{`try { http($u, [], [], function ($n) { throw "mine"; }); } catch ($e) { echo "caught $e"; }`, "caught mine"},
		{`$left = 40; echo length(http($u, [], [], function ($n) closure ($left) { $left -= 1; return $left < 0 ? "" : "x" * $n; })) > 40 * 1000;`, "true"},
		// A call inside of a call.
		{`$once = true; echo http($u, [], [], function ($n) closure ($once, $u) { if (!$once) return ""; $once = false; return http($u . "/inner"); });`,
			"POST / [User-Agent=Hawser] -1 [chunked]|GET /inner [User-Agent=Hawser] 0 []|"},
	} {
		w.prints(u, c.src, c.want)
	}
}

// file is the state of an object that can be posted.
type file struct{ *strings.Reader }

// stream is one that cannot seek.
type stream struct{ r *strings.Reader }

func (s stream) Read(p []byte) (int, error) { return s.r.Read(p) }
func (s stream) Size() int64                { return s.r.Size() }

// withFiles declares functions that make files.
func withFiles(b *registry.Builder) {
	c := b.Class(sig.Class{Name: "TestFile", Text: "A file."}, map[string]vm.Impl{})
	make := func(native func(string) any) vm.Impl {
		return func(_ *vm.Thread, a []value.Value) (value.Value, error) {
			return value.FromObject(&value.Object{Class: c, Native: native(a[0].Str())}), nil
		}
	}
	b.Func(sig.New("seekable(text: string) -> TestFile", "A file."), make(func(s string) any {
		f := file{strings.NewReader(s)}
		_, _ = f.Seek(2, io.SeekStart)
		return f
	}))
	b.Func(sig.New("streamed(text: string) -> TestFile", "A file."), make(func(s string) any { return stream{strings.NewReader(s)} }))
	b.Func(sig.New("other(text: string) -> TestFile", "No file."), make(func(string) any { return nil }))
}

// TestFile posts files, whole and as parts.
func TestFile(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.more = withFiles
	u := echo(t)
	hops := serve(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, u+"/there", http.StatusPermanentRedirect)
	})
	for _, c := range []struct{ src, want string }{
		{`echo http($u, [], [], streamed("content"));`, "POST / [Content-Type=application/octet-stream Content-Length=7 User-Agent=Hawser] 7 []|content"},
		{`echo http($u, [], [], seekable("content"));`, "POST / [Content-Type=application/octet-stream Content-Length=5 User-Agent=Hawser] 5 []|ntent"},
		{`echo http($u, [], [], streamed(""));`, "POST / [Content-Type=application/octet-stream Content-Length=0 User-Agent=Hawser] 0 []|"},
		{`echo length(http($u, [], [], streamed("x" * 300000))) > 300000;`, "true"},
		{`echo http($u, [], [], ["a" => ["data" => seekable("--file"), "filename" => "n"]]) =~ "octet-stream\r\n\r\nfile\r\n--hawser";`, "true"},
		{`echo http("` + hops + `", ["redirects" => 1], [], seekable("content"));`,
			"POST /there [Content-Type=application/octet-stream Content-Length=5 User-Agent=Hawser] 5 []|ntent"},
		{`echo http("` + hops + `", ["redirects" => 1, "extended_result" => true], [], streamed("content"))["status"];`, "308"},
		{`try { http($u, [], [], other("")); } catch ($e) { echo $e->message(); }`, "http(): argument 4 (post) must be array, string, function or File, got object"},
	} {
		w.prints(u, c.src, c.want)
	}
}

// TestResult shows each shape of a result.
func TestResult(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const head = "X-Z: 1\r\nx-a:  two  \r\nX-Z: 3\r\nContent-Length: 4\r\nX-Folded: a\r\n  b\r\nX-Empty:\r\n\r\n"
	ok, gone := answer(t, "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 Fine\r\n"+head+"body"), answer(t, "HTTP/1.0 404 Not here\r\n"+head+"gone")
	const fields = `"headers"=>[0=>["name"=>"x-z","value"=>"1"],1=>["name"=>"x-a","value"=>"two"],2=>["name"=>"x-z","value"=>"3"],3=>["name"=>"content-length","value"=>"4"],4=>["name"=>"x-folded","value"=>"a b"],5=>["name"=>"x-empty","value"=>""]]`
	const lines = "X-Z: 1\r\nx-a: two\r\nX-Z: 3\r\nContent-Length: 4\r\nX-Folded: a b\r\nX-Empty: \r\n\r\n"
	for _, c := range []struct{ u, options, want string }{
		{ok, ``, `"body"`},
		{gone, ``, `none`},
		{ok, `"extended_result" => true`, `["status"=>200,"content"=>"body"]`},
		{gone, `"extended_result" => true`, `["status"=>404,"content"=>"gone"]`},
		{ok, `"extended_result" => true, "response_headers" => true`, `["status"=>200,"content"=>"body",` + fields + `]`},
		{gone, `"extended_result" => true, "response_headers" => true`, `["status"=>404,"content"=>"gone",` + fields + `]`},
		{ok, `"response_headers" => true`, value.Literal(value.Str("HTTP/1.1 200 Fine\r\n" + lines + "body"))},
		{gone, `"response_headers" => true`, value.Literal(value.Str("HTTP/1.0 404 Not here\r\n" + lines + "gone"))},
		{ok, `"method" => "HEAD", "extended_result" => true`, `["status"=>200,"content"=>""]`},
	} {
		got, err := w.run(t.Context(), fmt.Sprintf(`$r = http(%q, [%s]); echo [$r];`, c.u, c.options))
		if d := cmp.Diff("[0=>"+c.want+"]", got); d != "" || err != nil {
			t.Errorf("%s: %v (-want +got)\n%s", c.options, err, d)
		}
	}
}

// TestRedirects follows as many hops as wanted.
func TestRedirects(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	other := strings.Replace(echo(t), "127.0.0.1", "localhost", 1)
	var hops atomic.Int64
	u := serve(t, func(w http.ResponseWriter, r *http.Request) {
		var n int
		switch {
		case r.URL.Path == "/loop":
			hops.Add(1)
			http.Redirect(w, r, "/loop", http.StatusFound)
		case r.URL.Path == "/away":
			http.Redirect(w, r, other+"/landed", http.StatusSeeOther)
		case r.URL.Path == "/keep":
			http.Redirect(w, r, other+"/kept", http.StatusTemporaryRedirect)
		case r.URL.Path == "/file":
			w.Header().Set("Location", "file:///etc/passwd")
			w.WriteHeader(http.StatusFound)
		case r.URL.Path == "/broken":
			w.Header()["Location"] = []string{"http://[::"}
			w.WriteHeader(http.StatusFound)
		default:
			if _, err := fmt.Sscanf(r.URL.Path, "/%d", &n); err == nil && n > 0 {
				http.Redirect(w, r, fmt.Sprintf("/%d?from=%d", n-1, n), http.StatusFound)
				return
			}
			fmt.Fprint(w, "end "+r.RequestURI)
		}
	})
	for _, c := range []struct{ src, want string }{
		{`echo http($u . "/1", ["extended_result" => true])["status"];`, "302"},
		{`echo http($u . "/1") === none;`, "true"},
		{`echo http($u . "/1", ["redirects" => 1]);`, "end /0?from=1"},
		{`echo http($u . "/2", ["redirects" => 1]) === none;`, "true"},
		{`echo http($u . "/2", ["redirects" => 1, "extended_result" => true])["status"];`, "302"},
		{`echo http($u . "/50", ["redirects" => -1]);`, "end /0?from=1"},
		{`echo http($u . "/51", ["redirects" => -1, "extended_result" => true])["status"];`, "302"},
		{`echo http($u . "/51", ["redirects" => 500, "extended_result" => true])["status"];`, "302"},
		{`echo http($u . "/loop", ["redirects" => -1, "extended_result" => true])["status"];`, "302"},
		{`echo http($u . "/away", ["redirects" => 1, "username" => "u", "headers" => ["X-A: 1"]], [], "body");`, "GET /landed [User-Agent=Hawser X-A=1] 0 []|"},
		{`echo http($u . "/keep", ["redirects" => 1], [], "body");`,
			"POST /kept [Content-Type=application/x-www-form-urlencoded Content-Length=4 User-Agent=Hawser] 4 []|body"},
		{`$n = 0; echo http($u . "/keep", ["redirects" => 1, "extended_result" => true], [], function ($s) closure ($n) { $n += 1; return $n > 1 ? "" : "x"; })["status"];`, "307"},
		{`echo http($u . "/file", ["redirects" => 5, "extended_result" => true])["status"];`, "302"},
		{`echo http($u . "/broken", ["extended_result" => true])["status"];`, "302"},
		{`echo http($u . "/broken", ["extended_result" => true, "redirects" => 1]) === none;`, "true"},
		{`$h = http($u . "/2", ["redirects" => 2, "extended_result" => true, "response_headers" => true]); echo $h["status"] . length(array_filter(function ($x) { return $x["name"] == "location"; }, $h["headers"]));`, "2000"},
	} {
		w.prints(u, c.src, c.want)
	}
	if n := hops.Load(); n != 51 {
		t.Errorf("%d requests in the loop, want 51", n)
	}
}

// TestSize finds the exact byte.
func TestSize(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	u := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/chunked" {
			w.(http.Flusher).Flush()
		}
		_, _ = io.WriteString(w, strings.Repeat("x", 1000))
	})
	for _, path := range []string{"/known", "/chunked"} {
		w.prints(u+path, `echo [length(http($u)), length(http($u, ["max_file_size" => 1000])), http($u, ["max_file_size" => 999]), http($u, ["max_file_size" => 0]), http($u, ["max_file_size" => 999, "extended_result" => true])];`,
			"[0=>1000,1=>1000,2=>none,3=>none,4=>none]")
	}
	w.prints(u, `echo http($u, ["method" => "HEAD", "max_file_size" => 10, "extended_result" => true])["status"];`, "200")
	w.limits = vm.Limits{Memory: 1 << 20}
	endless := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		for block := make([]byte, 1<<16); ; {
			if _, err := w.Write(block); err != nil {
				return
			}
		}
	})
	w.prints(endless, `echo http($u) === none; echo "the script goes on";`, "true\nthe script goes on")
}

// TestBroken are answers that are none.
func TestBroken(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, text := range map[string]string{
		"nothing": "", "no HTTP": "SSH-2.0-x\r\n", "no status": "HTTP/1.1 \r\n\r\n", "head without end": "HTTP/1.1 200 OK\r\nX: y\r\n",
		"body cut": "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nbody", "chunk cut": "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbod",
		"bad chunk": "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "two lengths": "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
		"huge head": "HTTP/1.1 200 OK\r\nX: " + strings.Repeat("y", 1<<20) + "\r\n\r\n", "many lines": "HTTP/1.1 200 OK\r\n" + strings.Repeat("X: y\r\n", 1<<17) + "\r\n",
		"interim without end": strings.Repeat("HTTP/1.1 103 Early\r\nX: y\r\n\r\n", 1<<14),
	} {
		u := answer(t, text)
		got, err := w.run(t.Context(), fmt.Sprintf(`$o = ["extended_result" => true]; echo [http(%q, $o), http(%q, $o + ["response_headers" => true])];`, u, u))
		if err != nil || got != "[0=>none,1=>none]" {
			t.Errorf("%s: got %.200s %v", name, got, err)
		}
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = ln.Close()
	for _, u := range []string{
		"http://" + ln.Addr().String(), "https://" + strings.TrimPrefix(answer(t, "no TLS"), "http://"), "ftp://127.0.0.1/", "", "http://", "http://[::", "http://a b/", "http://127.0.0.1:99999/",
		"http://127.0.0.1:x/", "http:///x", "javascript:alert(1)", "http://name.invalid/", "http://a\nb/",
	} {
		if got, err := w.run(t.Context(), fmt.Sprintf(`echo [http(%q, ["connect_timeout" => 5])];`, u)); err != nil || got != "[0=>none]" {
			t.Errorf("%s: got %s %v", u, got, err)
		}
	}
}
