package web

import (
	"errors"

	"github.com/hawser-mta/hawser/lang/sig"
	"github.com/hawser-mta/hawser/runtime/registry"
	"github.com/hawser-mta/hawser/runtime/value"
	"github.com/hawser-mta/hawser/runtime/vm"
)

// Register declares the domain.
func Register(b *registry.Builder) {
	b.Func(sig.New("http(url: string, options?: array, get?: array, post?: array|string|function|File) -> string|array|none",
		"Calls a web server. Returns the body when the status is 2xx, else none. $1, $2 … in url are replaced by the encoded items of get. "+
			"post is text, a form, parts with data, type and filename, a File, or a function f(size) that returns \"\" at the end.",
		sig.Opt("extended_result: boolean = false", "an array with status and content, whatever the status; none when no response came"),
		sig.Opt("response_headers: boolean = false", "with extended_result headers as list of name and value; else one string with status line, headers and body"),
		sig.Opt("method: string", "GET, or POST with post"),
		sig.Opt("headers: array", `list of "Name: value"; "Name:" removes a default one`),
		sig.Opt("connect_timeout: number = 10", "seconds until there is a connection, with DNS and TLS"),
		sig.Opt("timeout: number", "seconds for the rest; 0 for no limit"),
		sig.Opt("max_file_size: number", "bytes of the body; with more the call fails"),
		sig.Opt("redirects: number = 0", "how many to follow; -1 for 50"),
		sig.Opt("sourceip: string", "local address"), sig.Opt("sourceipid: string", "id of a configured local address"),
		sig.Opt("unix_socket_path: string", "connect to this socket"),
		sig.Opt("proxy: string", `URL of a proxy, "" for none; else as the environment says`),
		sig.Opt("tls_verify_peer: boolean = true", "verify the chain"), sig.Opt("tls_verify_host: boolean = true", "verify the name"),
		sig.Opt("tls_default_ca: boolean = true", "trust the system's authorities beside the configured ones"),
		sig.Opt("tls_client_cert: string|array", "pki:ID, or an array with x509, privatekey and chain"),
		sig.Opt("tls_sni: string|boolean", "server name to send"), sig.Opt("tls_protocols: string", "as of the SMTP client"),
		sig.Opt("tls_ciphers: string", "as of the SMTP client"), sig.Opt("tls_verify_name: array", "names that are good as well"),
		sig.Opt("username: string", "for Basic authentication"), sig.Opt("password: string", "for Basic authentication"),
		sig.Opt("ssl_verify_peer: boolean", "old name of tls_verify_peer"), sig.Opt("ssl_verify_host: boolean", "old name of tls_verify_host"),
		sig.Opt("ssl_default_ca: boolean", "old name of tls_default_ca"),
		sig.Opt("background: boolean = false", "only with compat: returns true at once, the request runs on for an hour at most; ends with the server"),
		sig.Opt("background_hash: string", "requests of one hash run one after the other"),
		sig.Opt("background_retry_count: number = 0", "attempts after the first, when no response came, or one with 408, 429 or 5xx; at most 100"),
		sig.Opt("background_retry_delay: number = 0", "seconds between attempts")), get)
	b.Func(sig.New("url_parse(url: string, options?: array) -> array|none",
		"The parts of an address: schema, username, password, hostname, port, path, query and fragment, as far as it has them; none when it is no address.").
		Show(`echo url_parse("http://u@h:81/p?q#f");`,
			`["schema"=>"http","username"=>"u","hostname"=>"h","port"=>81,"path"=>"/p","query"=>"q","fragment"=>"f"]`), urlParse)
}

func get(t *vm.Thread, a []value.Value) (value.Value, error) {
	o := registry.OptionsAt("http", a, 1)
	s, err := read(t, o)
	var lacks *unusable
	if errors.As(err, &lacks) {
		t.Host().Log(t, warning, "http(): "+lacks.text)
		return value.None, nil
	}
	if err != nil {
		return value.None, err
	}
	c := &call{t: t, s: s}
	var list []string
	if len(a) > 2 && a[2].IsArray() {
		if list, err = items(a[2].Array()); err != nil {
			return value.None, err
		}
	}
	if len(a) > 3 {
		if c.body, err = readBody(t, a[3]); err != nil {
			return value.None, err
		}
	}
	behind, err := readLater(c, o)
	if err != nil {
		return value.None, err
	}
	var ok bool
	if c.client, ok = t.Host().Services[Service].(*Client); !ok {
		return value.None, vm.NotAvailable("http")
	}
	if c.url = target(expand(a[0].Str(), list)); c.url == nil {
		return value.None, nil
	}
	if behind != nil {
		return behind.start()
	}
	r, err := c.run()
	if err != nil || r == nil {
		return value.None, err
	}
	return r.value(), nil
}

// warning is the priority of a syslog record.
const warning = 4
