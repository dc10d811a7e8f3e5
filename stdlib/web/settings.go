package web

import (
	"errors"
	"fmt"
	"math"
	"net/netip"
	"net/textproto"
	"net/url"
	"strings"
	"time"

	"golang.org/x/net/http/httpguts"

	"github.com/hawser-mta/hawser/runtime/pki"
	"github.com/hawser-mta/hawser/runtime/registry"
	"github.com/hawser-mta/hawser/runtime/vm"
)

// settings are the options of a call.
type settings struct {
	extended, withHeaders bool
	method                string
	headers               []field // in canonical form
	connect, total        time.Duration
	maxBody               int
	redirects             int
	source                netip.Addr
	unix                  string
	proxy                 *url.URL // that of the call
	direct                bool     // no proxy
	username, password    string
	credentials           bool

	tls        pki.TLS
	verifyPeer bool
	tlsKey     tlsKey
}

// Defaults and bounds.
const (
	connectTime  = 10 * time.Second
	maxRedirects = 50
	longest      = 1e9 // seconds
)

// unusable is what the configuration lacks for a call: it fails, the script goes on.
type unusable struct{ text string }

func (u *unusable) Error() string { return u.text }

func read(t *vm.Thread, o *registry.Options) (*settings, error) {
	s := &settings{
		extended: o.Bool("extended_result", false), withHeaders: o.Bool("response_headers", false), method: o.Str("method", ""),
		connect: seconds(o, "connect_timeout"), total: seconds(o, "timeout"),
		maxBody: size(o, "max_file_size"), redirects: o.Int("redirects", 0),
		unix: o.Str("unix_socket_path", ""), username: o.Str("username", ""), password: o.Str("password", ""),
	}
	if s.connect == 0 {
		s.connect = connectTime
	}
	if s.redirects < 0 || s.redirects > maxRedirects {
		s.redirects = maxRedirects
	}
	_, name := o.Get("username")
	_, word := o.Get("password")
	s.credentials = name || word
	if s.method != "" && !httpguts.ValidHeaderFieldName(s.method) {
		o.Bad("method", "an HTTP method")
	}
	s.readHeaders(o)
	s.readProxy(o)
	if err := s.readSource(t, o); err != nil {
		return nil, err
	}
	if err := s.readTLS(t, o); err != nil {
		return nil, err
	}
	return s, o.Err()
}

// seconds reads a time; 0 and less is none.
func seconds(o *registry.Options, key string) time.Duration {
	f := o.Num(key, 0)
	if math.IsNaN(f) {
		o.Bad(key, "a number of seconds")
		return 0
	}
	return time.Duration(min(max(f, 0), longest) * float64(time.Second))
}

// size reads a number of bytes, -1 for none.
func size(o *registry.Options, key string) int {
	f := o.Num(key, -1)
	if math.IsNaN(f) {
		o.Bad(key, "a number of bytes")
	}
	if _, ok := o.Get(key); ok {
		f = max(f, 0)
	}
	return int(min(f, math.MaxInt32))
}

func (s *settings) readHeaders(o *registry.Options) {
	for _, line := range o.Strings("headers") {
		name, text, ok := strings.Cut(line, ":")
		text = textproto.TrimString(text)
		if !ok || !httpguts.ValidHeaderFieldName(name) || !httpguts.ValidHeaderFieldValue(text) {
			o.Bad("headers", `a list of "Name: value" of one line each`)
			return
		}
		s.headers = append(s.headers, field{name, text})
	}
}

func (s *settings) readProxy(o *registry.Options) {
	v, ok := o.Get("proxy")
	if !ok {
		return
	}
	text := o.Str("proxy", "")
	if s.direct = text == ""; s.direct || !v.IsString() {
		return
	}
	if !withScheme.MatchString(text) {
		text = "http://" + text
	}
	u, err := url.Parse(text)
	if err != nil || proxyPorts[u.Scheme] == "" || u.Hostname() == "" {
		o.Bad("proxy", "the URL of an http, https or socks5 proxy")
		return
	}
	s.proxy = u
}

func (s *settings) readSource(t *vm.Thread, o *registry.Options) error {
	if ip := o.Str("sourceip", ""); ip != "" {
		addr, err := netip.ParseAddr(ip)
		if err != nil {
			o.Bad("sourceip", "an IP address")
		}
		s.source = addr
	}
	if id := o.Str("sourceipid", ""); id != "" && o.Err() == nil {
		var ok bool
		if known := t.Host().Addresses; known != nil {
			s.source, ok = known.SourceAddress(id)
		}
		if !ok {
			return &unusable{fmt.Sprintf("no address '%.64s'", id)}
		}
	}
	s.source = s.source.Unmap()
	return nil
}

// readTLS reads the tls_ options, or their old names.
func (s *settings) readTLS(t *vm.Thread, o *registry.Options) error {
	x, err := pki.ReadTLS(t, o)
	var bad *pki.UnusableError
	if errors.As(err, &bad) {
		return &unusable{"tls_client_cert: " + bad.Text}
	}
	if err != nil {
		return err
	}
	flag := func(name string) bool { return o.Bool("tls_"+name, o.Bool("ssl_"+name, true)) }
	s.verifyPeer, x.VerifyHost, x.DefaultCA = flag("verify_peer"), flag("verify_host"), flag("default_ca")
	if _, ok := o.Get("tls_sni"); !ok {
		x.SNI = "*"
	}
	s.tls = x
	s.tlsKey = tlsKey{
		verifyPeer: s.verifyPeer, verifyHost: x.VerifyHost, defaultCA: x.DefaultCA, names: strings.Join(x.VerifyNames, "\n"),
		sni: x.SNI, suites: fmt.Sprint(x.CipherSuites), min: x.MinVersion, max: x.MaxVersion, authorities: x.CAs,
	}
	if x.ClientCert != nil {
		s.tlsKey.cert = string(x.ClientCert.Certificate[0])
	}
	return nil
}
