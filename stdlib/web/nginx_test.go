package web_test

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const nginxConf = `
daemon off; worker_processes 1; pid %[1]s/pid; error_log stderr; user root;
events { worker_connections 64; }
http {
	access_log off; default_type text/plain; gzip on; gzip_types *; gzip_min_length 1; gzip_proxied any;
	client_body_temp_path %[1]s/body; proxy_temp_path %[1]s/p; fastcgi_temp_path %[1]s/f; uwsgi_temp_path %[1]s/u; scgi_temp_path %[1]s/s;
	server {
		listen 127.0.0.1:%[2]d; listen unix:%[1]s/sock; root %[1]s;
		location /from { return 302 /big.txt; }
		location /secure { return 301 https://127.0.0.1:%[3]d/big.txt; }
		location /teapot { add_header X-B 1 always; add_header x-a 2 always; add_header X-B 3 always; return 418 short; }
		location /up { client_max_body_size 1k; proxy_pass http://127.0.0.1:%[2]d/none; }
	}
	server {
		listen 127.0.0.1:%[3]d ssl http2; root %[1]s;
		ssl_certificate %[1]s/cert.pem; ssl_certificate_key %[1]s/key.pem;
		ssl_client_certificate %[1]s/ca.pem; ssl_verify_client optional;
		location /who { return 200 "$server_protocol $ssl_client_verify $http_user_agent $http_accept_encoding"; }
	}
}
`

// nginx starts one that ends with the test.
func nginx(t *testing.T, dir string) (plain, encrypted int) {
	t.Helper()
	ports := make([]int, 2)
	for i := range ports {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer ln.Close()
		ports[i] = ln.Addr().(*net.TCPAddr).Port
		_ = ln.Close()
	}
	conf := filepath.Join(dir, "nginx.conf")
	write(t, conf, fmt.Sprintf(nginxConf, dir, ports[0], ports[1]))
	var log bytes.Buffer
	cmd := exec.Command("/usr/sbin/nginx", "-c", conf, "-p", dir)
	cmd.Stderr = &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() { _ = cmd.Process.Signal(os.Interrupt); <-ended })
	for deadline := time.After(time.Minute); ; {
		if nc, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", ports[1])); err == nil {
			_ = nc.Close()
			return ports[0], ports[1]
		}
		select {
		case err := <-ended:
			ended <- err
			t.Fatalf("nginx: %v\n%s", err, log.String())
		case <-deadline:
			t.Fatal("nginx does not listen after a minute")
		case <-time.After(10 * time.Millisecond):
		}
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestNginx calls a real server.
func TestNginx(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	ca := newAuthority(t)
	_, cert, key := ca.server()
	_, mine, mineKey := ca.server("client.example")
	for name, text := range map[string]string{"cert.pem": cert, "key.pem": key, "ca.pem": ca.pem, "big.txt": strings.Repeat("line\n", 20000)} {
		write(t, filepath.Join(dir, name), text)
	}
	plain, encrypted := nginx(t, dir)
	w := newWorld(t)
	w.keys.pool, w.keys.pems = ca.pool(), map[string][2]string{"mine": {mine, mineKey}}
	p, e := fmt.Sprintf("http://127.0.0.1:%d", plain), fmt.Sprintf("https://127.0.0.1:%d", encrypted)
	for _, c := range []struct{ u, src, want string }{
		{p, `echo length(http($u . "/big.txt"));`, "100000"},
		{p, `$r = http($u . "/big.txt", ["headers" => ["Accept-Encoding: gzip"]]); echo length($r) < 10000; echo length(zlib_uncompress($r, 31));`, "true\n100000"},
		{p, `echo http($u . "/big.txt", ["headers" => ["Range: bytes=5-8"]]);`, "line"},
		{p, `echo http($u . "/from", ["redirects" => 1])[0:4];`, "line"},
		{p, `echo [http($u . "/secure", ["redirects" => 1])[0:4], http($u . "/secure", ["redirects" => 1, "tls_default_ca" => false])[0:4]];`, `[0=>"line",1=>"line"]`},
		{p, `$r = http($u . "/teapot", ["extended_result" => true, "response_headers" => true]); echo $r["status"] . $r["content"];
			echo array_map(function ($h) { return $h["name"] . $h["value"]; }, array_filter(function ($h) { return $h["name"][0:2] == "x-"; }, $r["headers"]));`,
			"418short\n[5=>\"x-b1\",6=>\"x-a2\",7=>\"x-b3\"]"},
		{p, `echo http($u . "/none", ["extended_result" => true])["status"];`, "404"},
		{p, `echo http($u . "/up", ["extended_result" => true], [], "x" * 5000)["status"];`, "413"},
		{p, `$n = 0; echo http($u . "/up", ["extended_result" => true], [], function ($s) closure ($n) { $n += 1; return $n > 500 ? "" : "x" * $s; })["status"] ?? "cut";`, "413"},
		{p, `echo http("http://any/big.txt", ["unix_socket_path" => "` + dir + `/sock"])[0:4];`, "line"},
		{e, `echo http($u . "/who");`, "HTTP/2.0 NONE Hawser "},
		{e, `echo http($u . "/who", ["tls_client_cert" => "pki:mine"]);`, "HTTP/2.0 SUCCESS Hawser "},
		{e, `echo http($u . "/who", ["response_headers" => true])[0:15];`, "HTTP/1.1 200 OK"},
		{e, `for ($i = 0; $i < 20; $i++) echo length(http($u . "/big.txt", ["max_file_size" => 100000 - ($i % 2)]) ?? "") ;`, strings.TrimSuffix(strings.Repeat("100000\n0\n", 10), "\n")},
	} {
		w.prints(c.u, c.src, c.want)
	}
}
