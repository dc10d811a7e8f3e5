package web_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hawser-mta/hawser/stdlib/web"
)

// legacyWorld is one whose programs may use legacy options; failures are what its client
// tells.
func legacyWorld(t *testing.T) (w *world, failures chan string) {
	t.Helper()
	failures = make(chan string, 10)
	w = newWorld(t)
	w.client = web.New(web.Options{Proxy: direct, Log: func(text string) { failures <- text }})
	w.compat = true
	t.Cleanup(w.client.Close)
	return w, failures
}

// next returns what comes from a channel.
func next[T any](t *testing.T, from <-chan T) (x T) {
	t.Helper()
	select {
	case x = <-from:
	case <-time.After(60 * time.Second):
		t.Fatal("nothing comes")
	}
	return x
}

// TestBackground: the call returns while the server has not answered yet, and the request
// has its body when the script is gone.
func TestBackground(t *testing.T) {
	t.Parallel()
	w, _ := legacyWorld(t)
	answer, got := make(chan struct{}), make(chan string, 1)
	u := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got <- fmt.Sprint(r.Method, " ", r.Header.Get("Content-Type"), " ", r.ContentLength, " ", string(body))
		<-answer
	})
	defer close(answer)
	for _, c := range []struct{ post, want string }{
		{``, "GET  0 "},
		{`, [], "text"`, "POST application/x-www-form-urlencoded 4 text"},
		{`, [], ""`, "POST application/x-www-form-urlencoded 0 "},
		{`, [], ["a" => "b c"]`, "POST application/x-www-form-urlencoded 7 a=b%20c"},
		{`, [], File::String("file")`, "POST application/octet-stream 4 file"},
		{`, [], function ($n) { global $left; return --$left < 0 ? "" : "x" * 10000; }`, "POST  30000 " + strings.Repeat("x", 30000)},
	} {
		w.prints(u, `$left = 3; echo http($u, ["background" => true, "extended_result" => true]`+c.post+`);`, "true")
		if s := next(t, got); s != c.want {
			t.Errorf("%s: got %.200q, want %.200q", c.post, s, c.want)
		}
	}
	w.prints(u, `echo http($u, ["background" => true], [], ["f" => ["data" => File::String("in it"), "filename" => "a"]]);`, "true")
	if s := next(t, got); !strings.Contains(s, "filename=\"a\"\r\n") || !strings.Contains(s, "\r\n\r\nin it\r\n--") {
		t.Errorf("got %q", s)
	}
}

// TestBackgroundRetries: which answers end a call, and what comes between attempts.
func TestBackgroundRetries(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, options string
		answers       []int // 0: the connection breaks
		failed        bool
		slept         []time.Duration
	}{
		{"the third is good", `"background_retry_count" => 5, "background_retry_delay" => 2.5`, []int{503, 0, 200}, false, []time.Duration{2500 * time.Millisecond, 2500 * time.Millisecond}},
		{"none is asked for", ``, []int{500}, true, nil},
		{"too few", `"background_retry_count" => 1`, []int{429, 408}, true, []time.Duration{0}},
		{"refused for good", `"background_retry_count" => 9`, []int{404}, false, nil},
		{"a negative count", `"background_retry_count" => -1, "background_retry_delay" => -5`, []int{500}, true, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w, failures := legacyWorld(t)
			asked, slept := make(chan string, 10), make(chan time.Duration, 10)
			w.sleep = func(_ context.Context, d time.Duration) error { slept <- d; return nil }
			var n atomic.Int64
			answers := append(slices.Clone(c.answers), 200)
			u := serve(t, func(rw http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				asked <- string(body)
				status := answers[n.Add(1)-1]
				if status == 0 {
					panic(http.ErrAbortHandler)
				}
				rw.WriteHeader(status)
			})
			w.prints(u, `echo http($u, ["background" => true, "background_hash" => "h", `+c.options+`], [], "body");`, "true")
			for range c.answers {
				if s := next(t, asked); s != "body" {
					t.Errorf("got %q", s)
				}
			}
			if c.failed {
				want := fmt.Sprintf("http(): the request to %s in the background failed, its last status is %d", strings.TrimPrefix(u, "http://"), c.answers[len(c.answers)-1])
				if s := next(t, failures); s != want {
					t.Errorf("got %q, want %q", s, want)
				}
			}
			// One more of the hash comes only when the first has ended.
			w.prints(u, `echo http($u, ["background" => true, "background_hash" => "h"], [], "after");`, "true")
			if s := next(t, asked); s != "after" {
				t.Errorf("an attempt too many: %q", s)
			}
			close(slept)
			var got []time.Duration
			for d := range slept {
				got = append(got, d)
			}
			if d := cmp.Diff(c.slept, got); d != "" {
				t.Errorf("slept (-want +got)\n%s", d)
			}
		})
	}
}

// TestBackgroundOrder: calls of one hash wait for each other, others do not.
func TestBackgroundOrder(t *testing.T) {
	t.Parallel()
	w, _ := legacyWorld(t)
	answer, asked := make(chan struct{}), make(chan string, 10)
	u := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		asked <- r.URL.Path
		if r.URL.Path == "/1" {
			<-answer
		}
	})
	w.prints(u, `$o = ["background" => true, "background_hash" => "h"]; echo [http($u . "/1", $o), http($u . "/2", $o), http($u . "/3", $o)];`, "[0=>true,1=>true,2=>true]")
	if s := next(t, asked); s != "/1" {
		t.Fatalf("first %s", s)
	}
	w.prints(u, `echo http($u . "/other", ["background" => true]); echo http($u . "/another", ["background" => true, "background_hash" => "g"]);`, "true\ntrue")
	others := []string{next(t, asked), next(t, asked)}
	if slices.Sort(others); others[0] != "/another" || others[1] != "/other" {
		t.Errorf("meanwhile %s", others)
	}
	close(answer)
	if a, b := next(t, asked), next(t, asked); a != "/2" || b != "/3" {
		t.Errorf("then %s %s", a, b)
	}
}

// TestBackgroundBounds: no more calls than a thousand, nor more to send than 64 MiB.
func TestBackgroundBounds(t *testing.T) {
	t.Parallel()
	w, _ := legacyWorld(t)
	defer w.client.Close() // before the server, which waits for its clients
	u := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // only then does the server see that the client goes
		<-r.Context().Done()
	})
	w.prints(u, `$o = ["background" => true, "background_hash" => "h"]; $n = 0;
		echo [http($u, $o), http($u, $o, [], "x" * 40000000), http($u, $o, [], "x" * 40000000), http($u, $o, [], "x" * 67108865)];
		while (http($u, $o)) $n++; echo $n;`, "[0=>true,1=>true,2=>none,3=>none]\n998")
	const want = "http(): too much runs in the background: at most 1000 calls and 67108864 bytes to send"
	if len(w.logged) != 2 || w.logged[0] != want || w.logged[1] != want {
		t.Errorf("logged %q", w.logged)
	}
}

// TestBackgroundClose: the end of the client is the end of what runs and waits.
func TestBackgroundClose(t *testing.T) {
	t.Parallel()
	w, failures := legacyWorld(t)
	asked, gone := make(chan struct{}, 1), make(chan struct{}, 1)
	u := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		asked <- struct{}{}
		<-r.Context().Done()
		gone <- struct{}{}
	})
	refused := strings.Replace(u, "127.0.0.1", "127.0.0.99:1/#", 1)
	w.prints(u, fmt.Sprintf(`$o = ["background" => true, "background_hash" => "h"];
		echo [http($u, $o), http($u, $o), http(%q, ["background" => true, "background_retry_count" => 9, "background_retry_delay" => 3600])];`, refused), "[0=>true,1=>true,2=>true]")
	next(t, asked)
	w.client.Close()
	next(t, gone)
	w.prints(u, `echo [http($u, ["background" => true])];`, "[0=>none]")
	if len(asked)+len(failures) > 0 {
		t.Errorf("%d requests and %d failures after the end", len(asked), len(failures))
	}
}

// TestBackgroundFaults: what does not become a call in the background.
func TestBackgroundFaults(t *testing.T) {
	t.Parallel()
	u := echo(t)
	w := newWorld(t)
	w.prints(u, `echo http($u . "/now", ["background" => true, "background_hash" => []]);`, "GET /now [User-Agent=Hawser] 0 []|")
	if d := cmp.Diff([]string{"http(): option background is ignored without compat"}, w.logged); d != "" {
		t.Errorf("logged (-want +got)\n%s", d)
	}
	w, _ = legacyWorld(t)
	for _, c := range []struct{ src, want string }{
		{`echo http($u . "/now", ["background" => false]);`, "GET /now [User-Agent=Hawser] 0 []|"},
		{`echo [http("http://", ["background" => true])];`, "[0=>none]"},
		{`echo [http($u, ["background" => true], [], function ($n) { return 5; })];`, "[0=>none]"},
		{`try { http($u, ["background" => true], [], function ($n) { throw "up"; }); } catch ($e) { echo $e; }`, "up"},
		{`try { http($u, ["background" => true, "background_hash" => []]); } catch ($e) { echo $e->message(); }`, "http(): option background_hash must be string, got array"},
		{`try { http($u, ["background" => true, "background_retry_count" => "x"]); } catch ($e) { echo $e->message(); }`, "http(): option background_retry_count must be number, got string"},
		{`try { http($u, ["background" => true, "background_retry_delay" => 0 / 0]); } catch ($e) { echo $e->message(); }`, "http(): option background_retry_delay must be a number of seconds"},
	} {
		w.prints(u, c.src, c.want)
	}
}
