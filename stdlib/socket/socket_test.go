package socket_test

import (
	"context"
	"io"
	"net"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hawser-mta/hawser/runtime/value"
	"github.com/hawser-mta/hawser/runtime/vm"
	"github.com/hawser-mta/hawser/stdlib/socket"
	"golang.org/x/sys/unix"
)

const open = `$s = Socket("AF_INET", "SOCK_STREAM"); if ($s->connect($address, $port) !== $s) throw Exception("errno " . $s->errno()); `

// TestStreams talks to echo servers of every family.
func TestStreams(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ family, network, address string }{
		{"AF_INET", "tcp4", "127.0.0.1:0"}, {"AF_INET6", "tcp6", "[::1]:0"}, {"AF_UNIX", "unix", path(t, "s")}, {"AF_UNIX", "unix", "@hawser-test-" + strconv.Itoa(os.Getpid())},
	} {
		t.Run(c.family, func(t *testing.T) {
			t.Parallel()
			a, p := listen(t, c.network, c.address, echo)
			compile(t, `$s = Socket("`+c.family+`", "SOCK_STREAM");
				echo $s->connect($address, $port) === $s; echo $s->send("hello\x00"); echo length($s->recv(3)); echo length($s->recv(100));
				echo $s->send(""); echo $s->shutdown("SHUT_WR") === $s; echo $s->recv(10) === ""; echo $s->recv(10) === ""; echo $s->recv(0) === "";
				echo $s->errno(); echo $s->close() === $s; echo $s->close(); echo $s->errno();`, a, p).
				want(t, "true", "6", "3", "3", "0", "true", "true", "true", "true", "0", "true", "", "9")
		})
	}
}

// TestDatagrams: one message each way, cut when it is longer than asked for.
func TestDatagrams(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ family, network, address, bind string }{
		{"AF_INET", "udp4", "127.0.0.1:0", "127.0.0.1"}, {"AF_INET6", "udp6", "[::1]:0", "::1"}, {"AF_UNIX", "unixgram", path(t, "d"), path(t, "own")},
	} {
		t.Run(c.family, func(t *testing.T) {
			t.Parallel()
			l, err := net.ListenPacket(c.network, c.address)
			if err != nil {
				t.Fatal(err)
			}
			done := make(chan struct{})
			go func() {
				defer close(done)
				b := make([]byte, 1<<20)
				for {
					n, from, err := l.ReadFrom(b)
					if err != nil {
						return
					}
					if _, err := l.WriteTo(b[:n], from); err != nil {
						t.Error(err)
					}
				}
			}()
			t.Cleanup(func() { l.Close(); <-done })
			p := compile(t, `$s = Socket("`+c.family+`", "SOCK_DGRAM"); echo $s->send("lost") ?? $s->errno() > 0; $s = Socket("`+c.family+`", "SOCK_DGRAM");
				echo $s->bind($x) === $s; echo $s->connect($address, $port) === $s;
				echo $s->send("datagram"); echo $s->recv(4); echo $s->send("second"); echo $s->recv(100, "MSG_PEEK"); echo $s->recv(100, "MSG_WAITALL");
				echo $s->send(""); echo $s->recv(100) === ""; echo $s->send("x" * 60000); echo length($s->recv(100000)); echo $s->recv(1, "MSG_DONTWAIT"); echo $s->errno();`,
				c.address, 0)
			if a, ok := l.LocalAddr().(*net.UDPAddr); ok {
				p.vars["address"], p.vars["port"] = value.Str(a.IP.String()), value.Int(a.Port)
			}
			p.vars["x"] = value.Str(c.bind)
			p.want(t, "true", "true", "true", "8", "data", "6", "second", "second", "0", "true", "60000", "60000", "", "11")
		})
	}
}

// TestFlags: MSG_PEEK, MSG_WAITALL and MSG_DONTWAIT.
func TestFlags(t *testing.T) {
	t.Parallel()
	step := make(chan struct{})
	a, p := tcp(t, func(c net.Conn) {
		for _, part := range []string{"abc", "def", "gh", "last"} {
			_, _ = io.WriteString(c, part)
			if _, ok := <-step; !ok {
				return
			}
		}
	})
	prog := compile(t, open+`
		echo $s->recv(100, "MSG_PEEK"); echo $s->recv(3, ["MSG_PEEK", "MSG_DONTWAIT"]); echo "go";
		echo $s->recv(6, ["MSG_PEEK", "MSG_WAITALL"]); echo $s->recv(5, ["MSG_WAITALL"]); echo "go";
		echo $s->recv(3, "MSG_WAITALL");
		echo $s->recv(5, "MSG_DONTWAIT"); echo $s->errno(); echo $s->recv(0, "MSG_PEEK") === ""; echo "go"; echo "end";
		echo $s->recv(500, ["MSG_PEEK", "MSG_WAITALL"]); echo $s->recv(500, ["MSG_WAITALL"]); echo $s->recv(500, "MSG_WAITALL") === "";`, a, p)
	print := prog.host.Echo
	prog.host.Echo = func(t *vm.Thread, text string) {
		switch print(t, text); text {
		case "go":
			step <- struct{}{}
		case "end":
			close(step)
		}
	}
	prog.want(t, "abc", "abc", "go", "abcdef", "abcde", "go", "fgh", "", "11", "true", "go", "end", "last", "last", "true")
}

// TestTimeout: a peer that stalls, one that never reads, and a server that does not
// answer the call.
func TestTimeout(t *testing.T) {
	t.Parallel()
	t.Run("recv", func(t *testing.T) {
		t.Parallel()
		a, p := tcp(t, func(c net.Conn) { _, _ = io.WriteString(c, "part"); silent(c) })
		compile(t, open+`echo $s->settimeout(0.05) === $s; echo $s->recv(10, "MSG_WAITALL"); echo $s->recv(10); echo $s->errno(); echo $s->recv(10, ["MSG_PEEK", "MSG_WAITALL"]);
			echo $s->send("x"); echo $s->errno(); $s->close();`, a, p).want(t, "true", "part", "", "110", "", "1", "110")
	})
	t.Run("send", func(t *testing.T) {
		t.Parallel()
		stop := make(chan struct{})
		a, p := tcp(t, func(net.Conn) { <-stop })
		defer close(stop)
		compile(t, open+`$s->settimeout(0.1); $n = $s->send("x" * 20000000); echo $n > 0 and $n < 20000000; echo $s->errno();`, a, p).
			want(t, "true", "110")
	})
	for _, c := range []struct {
		name, family string
		sa           unix.Sockaddr
	}{{"connect", "AF_INET", &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}}, {"connect to a path", "AF_UNIX", &unix.SockaddrUnix{Name: path(t, "full")}}} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			address, port := full(t, c.sa)
			compile(t, `$s = Socket("`+c.family+`", "SOCK_STREAM"); $s->settimeout(0.1); echo $s->connect($address, $port); echo $s->errno();`, address, port).want(t, "", "110")
			compile(t, `$s = Socket("`+c.family+`", "SOCK_STREAM"); echo "ready"; $s->connect($address, $port);`, address, port).cancelled(t)
		})
	}
}

// full returns the address of a server whose queue of connections is full.
func full(t *testing.T, sa unix.Sockaddr) (string, int) {
	t.Helper()
	family, address, port := unix.AF_INET, "127.0.0.1", 0
	if u, ok := sa.(*unix.SockaddrUnix); ok {
		family, address = unix.AF_UNIX, u.Name
	}
	fd, err := unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err == nil {
		t.Cleanup(func() { unix.Close(fd) })
		err = unix.Bind(fd, sa)
	}
	if err == nil {
		err = unix.Listen(fd, 0)
	}
	if err != nil {
		t.Fatal(err)
	}
	own, err := unix.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	if in, ok := own.(*unix.SockaddrInet4); ok {
		port = in.Port
	}
	for range 4 {
		c, err := unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { unix.Close(c) })
		_ = unix.Connect(c, own)
	}
	return address, port
}

// TestErrors: the numbers of the system.
func TestErrors(t *testing.T) {
	t.Parallel()
	gone, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	taken := gone.Addr().(*net.TCPAddr).Port
	compile(t, `$s = Socket("AF_INET", "SOCK_STREAM"); echo $s->bind($address, $port); echo $s->errno();`, "127.0.0.1", taken).want(t, "", "98")
	gone.Close()
	compile(t, `$s = Socket("AF_INET", "SOCK_STREAM"); echo $s->connect($address, $port); echo $s->errno();
		echo $s->send("x"); echo $s->errno(); $s = Socket("AF_INET", "SOCK_STREAM"); echo $s->recv(1); echo $s->errno(); echo $s->shutdown("SHUT_WR"); echo $s->errno();`, "127.0.0.1", taken).
		want(t, "", "111", "", "32", "", "107", "", "107")
	compile(t, `$s = Socket("AF_UNIX", "SOCK_STREAM"); foreach (["", $address, "x" * 200, "a\x00b"] as $a) { echo $s->connect($a); echo $s->errno(); }`, path(t, "none"), 0).
		want(t, "", "22", "", "2", "", "22", "", "22")
	compile(t, `$s = Socket("AF_INET", "SOCK_STREAM"); foreach (["localhost", "::1", "127.1", "", "127.0.0.1 "] as $a) { echo $s->connect($a, 25); echo $s->errno(); }
		$s = Socket("AF_INET6", "SOCK_STREAM"); foreach (["127.0.0.1", "fe80::1%nosuch0"] as $a) { echo $s->connect($a, 25); echo $s->errno(); }`, "", 0).
		want(t, "", "22", "", "97", "", "22", "", "22", "", "22", "", "97", "", "19")
	a, p := tcp(t, func(c net.Conn) {
		_, _ = c.Read(make([]byte, 1))
		_ = c.(*net.TCPConn).SetLinger(0)
	})
	compile(t, open+`$s->send("x"); echo $s->recv(1); echo $s->errno();`, a, p).want(t, "", "104")
	compile(t, open+`echo $s->connect($address, $port); echo $s->errno();`, a, p).want(t, "", "106")
}

// TestBind: the local end is the one asked for, even one that nobody has.
func TestBind(t *testing.T) {
	t.Parallel()
	a, p := tcp(t, func(c net.Conn) { _, _ = io.WriteString(c, c.RemoteAddr().(*net.TCPAddr).IP.String()) })
	compile(t, `$s = Socket("AF_INET", "SOCK_STREAM"); echo $s->bind("127.0.0.9") === $s; $s->connect($address, $port); echo $s->recv(100);`, a, p).want(t, "true", "127.0.0.9")
	compile(t, `foreach (["AF_INET" => "192.0.2.1", "AF_INET6" => "2001:db8::1"] as $f => $a) {
		$s = Socket($f, "SOCK_STREAM"); echo $s->bind($a, 0); echo $s->errno(); echo $s->bind($a, 0, ["nonlocal" => true]) === $s; }
		$s = Socket("AF_UNIX", "SOCK_DGRAM"); echo $s->bind($address, 0, ["nonlocal" => true]) === $s;`, path(t, "b"), 0).
		want(t, "", "99", "true", "", "99", "true", "true")
}

// TestHalfClose: a peer that ends its direction still hears us, and the other way.
func TestHalfClose(t *testing.T) {
	t.Parallel()
	a, p := tcp(t, func(c net.Conn) {
		_, _ = io.WriteString(c, "bye")
		_ = c.(*net.TCPConn).CloseWrite()
		b, _ := io.ReadAll(c)
		if string(b) != "still here" {
			t.Errorf("got %q", b)
		}
	})
	compile(t, open+`echo $s->recv(10, "MSG_WAITALL"); echo $s->recv(10) === ""; echo $s->send("still here"); $s->close();`, a, p).want(t, "bye", "true", "10")
	a, p = tcp(t, func(c net.Conn) { b, _ := io.ReadAll(c); _, _ = c.Write(b) })
	compile(t, open+`echo $s->send("x" * 3000000); $s->shutdown("SHUT_WR"); echo length($s->recv(4000000, "MSG_WAITALL"));`, a, p).want(t, "3000000", "3000000")
}

// TestCancel: waits end at once with the run, also those of a deadline.
func TestCancel(t *testing.T) {
	t.Parallel()
	stop := make(chan struct{})
	var served sync.WaitGroup
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			served.Go(func() { <-stop; c.Close() })
		}
	})
	defer func() { l.Close(); close(stop); served.Wait() }()
	a := l.Addr().(*net.TCPAddr)
	for _, op := range []string{`$s->recv(1);`, `$s->recv(10, "MSG_WAITALL");`, `$s->recv(10, ["MSG_WAITALL", "MSG_PEEK"]);`, `$s->settimeout(60)->recv(1);`, `forever $s->send("x" * 1000000);`,
		`TLSSocket($s)->handshake();`, `TLSSocket($s)->recv(1);`, `TLSSocket($s)->send("x");`} {
		compile(t, open+`echo "ready"; try { `+op+` } catch ($e) { throw $e; }`, a.IP.String(), a.Port).cancelled(t)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := compile(t, open+`$s->recv(1);`, a.IP.String(), a.Port).run(ctx); err == nil || !strings.Contains(err.Error(), "too long") {
		t.Errorf("ended with %v, want the limit of time", err)
	}
}

// threads is the number of threads of the process.
func threads(t *testing.T) int {
	t.Helper()
	b, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(b), "Threads:")
	n, err := strconv.Atoi(strings.Fields(rest)[0])
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestMany: 2,000 scripts that wait in recv take no threads and end at once.
func TestMany(t *testing.T) {
	const many = 2000
	stop := make(chan struct{})
	var clients, peers sync.WaitGroup
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	peers.Go(func() {
		for range many {
			c, err := l.Accept()
			if err != nil {
				t.Error(err)
				return
			}
			peers.Go(func() { <-stop; _, _ = io.WriteString(c, "word"); c.Close() })
		}
	})
	a := l.Addr().(*net.TCPAddr)
	prog := compile(t, open+`echo "ready"; echo $s->recv(10); $s->close();`, a.IP.String(), a.Port)
	ready := make(chan struct{}, many)
	words := make(chan string, many)
	prog.host.Echo = func(_ *vm.Thread, text string) {
		if text == "ready" {
			ready <- struct{}{}
			return
		}
		words <- text
	}
	for range many {
		clients.Go(func() {
			if err := prog.run(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	for range many {
		<-ready
	}
	if n := threads(t); n > 100 {
		t.Errorf("%d threads for %d waiting scripts", n, many)
	}
	close(stop)
	clients.Wait()
	peers.Wait()
	l.Close()
	if close(words); len(words) != many {
		t.Errorf("%d answers, want %d", len(words), many)
	}
	for w := range words {
		if w != "word" {
			t.Fatalf("got %q", w)
		}
	}
}

// TestUnreachable: a socket that nothing reaches is closed.
func TestUnreachable(t *testing.T) {
	t.Parallel()
	ended := make(chan struct{})
	a, p := tcp(t, func(c net.Conn) { silent(c); close(ended) })
	compile(t, `function f($address, $port) { `+open+` echo "open"; } f($address, $port);`, a, p).want(t, "open")
	for deadline := time.After(30 * time.Second); ; {
		runtime.GC()
		select {
		case <-ended:
			return
		case <-deadline:
			t.Fatal("still open")
		case <-time.After(time.Millisecond):
		}
	}
}

// TestMemory: sockets and what they receive count.
func TestMemory(t *testing.T) {
	t.Parallel()
	a, p := tcp(t, func(c net.Conn) {
		for b := make([]byte, 1<<16); ; {
			if _, err := c.Write(b); err != nil {
				return
			}
		}
	})
	for _, src := range []string{`$a = []; forever $a[] = Socket("AF_INET", "SOCK_STREAM");`, open + `$s->recv(10 ** 12, "MSG_WAITALL");`, open + `$s->recv(10 ** 12, ["MSG_WAITALL", "MSG_PEEK"]);`,
		open + `$a = []; forever $a[] = $s->recv(10 ** 12);`, open + `$a = []; forever $a[] = TLSSocket($s);`} {
		prog := compile(t, src, a, p)
		prog.limits.Memory = 1 << 19
		if err := prog.run(t.Context()); err == nil || !strings.Contains(err.Error(), "memory limit") {
			t.Errorf("%s: ended with %v, want the limit of memory", src, err)
		}
	}
}

// TestResource: a socket of the host becomes an object.
func TestResource(t *testing.T) {
	t.Parallel()
	a, p := tcp(t, echo)
	prog := compile(t, `$s = Socket::Resource($x); echo $s->connect($address, $port) === $s; $s->send("x"); echo Socket::Resource($x)->recv(1);
		Socket::Resource($x)->close(); echo Socket::Resource($x); echo $s->recv(1); echo $s->errno();
		try { Socket::Resource($s); } catch ($e) { echo $e->message(); }`, a, p)
	prog.vars["x"] = socket.New(unix.AF_INET, unix.SOCK_STREAM).Resource()
	prog.want(t, "true", "x", "", "", "9", "Socket::Resource(): argument 1 (socket) must be SocketResource, got object")
	prog = compile(t, `$s = Socket::Resource($x); echo $s;`, a, p)
	prog.vars["x"] = socket.New(unix.AF_INET, 99).Resource()
	prog.want(t, "")
}
