package smtp

import (
	"errors"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/hawser-mta/hawser/mta/config"
	"github.com/hawser-mta/hawser/mta/dane"
	"github.com/hawser-mta/hawser/mta/route"
	protocol "github.com/hawser-mta/hawser/mta/smtp"
	"github.com/hawser-mta/hawser/mta/smtpclient"
	"github.com/hawser-mta/hawser/runtime/pki"
	"github.com/hawser-mta/hawser/runtime/registry"
	"github.com/hawser-mta/hawser/runtime/value"
	"github.com/hawser-mta/hawser/runtime/vm"
	"github.com/hawser-mta/hawser/stdlib/dns"
)

// Service is the key of the Configuration in Host.Services.
const Service = "smtp"

// Configuration is what the server's configuration has for SMTP clients.
type Configuration interface {
	// Transport returns the settings of a transport for mail to a domain; ok is false
	// when there is none of that id, or it cannot be used.
	Transport(id, domain string) (s *Server, ok bool)
	// Source returns a configured address and the HELO name that goes with it.
	Source(id string) (ip netip.Addr, helo string, ok bool)
}

// Server is where to connect and how.
type Server struct {
	route.Route
	Port        int
	Options     smtpclient.Options
	CapturePeer bool      // results hold the certificate of the peer
	DANE        dane.Mode // "": none
	// Bind, when set, chooses the source address and the HELO name for a target; both
	// may be empty.
	Bind func(to netip.Addr) (from netip.Addr, helo string)
}

// fault is what is wrong with settings though each value is of its type: an error of
// type config in results.
type fault struct{ text string }

func (f *fault) Error() string { return f.text }

// read reads a server argument. mx tells that without a host the MX of the domain is
// meant. The error is a *fault, or one of the program.
func read(t *vm.Thread, fn string, v value.Value, domain string, mx bool) (*Server, error) {
	conf, _ := t.Host().Services[Service].(Configuration)
	if v.IsString() {
		if conf != nil {
			if s, ok := conf.Transport(v.Str(), domain); ok {
				return s, nil
			}
		}
		return nil, &fault{"no transport '" + v.Str() + "'"}
	}
	o := registry.OptionsOf(fn, v)
	s := &Server{Port: o.Int("port", 25), CapturePeer: o.Bool("tls_capture_peer_cert", false)}
	s.Domain, s.Include, s.Exclude = domain, o.Strings("mx_include"), o.Strings("mx_exclude")
	s.Resolver, _ = t.Host().Services[dns.Service].(*dns.Resolver)
	switch host, ok := o.Get("host"); {
	case !ok && mx:
		s.Hosts = []string{route.LookupMX}
	case !ok:
		o.Bad("host", "given")
	case host.IsArray():
		s.Hosts = o.Strings("host")
	default:
		s.Hosts = []string{o.Str("host", "")}
	}
	if s.Port < 1 || s.Port > 65535 {
		o.Bad("port", "1 to 65535")
	}
	if err := s.session(t, o); err != nil {
		return nil, err
	}
	if err := s.source(conf, o); err != nil {
		return nil, err
	}
	if s.Resolver == nil && slices.ContainsFunc(s.Hosts, func(h string) bool { _, err := netip.ParseAddr(h); return err != nil }) {
		return nil, vm.NotAvailable(fn)
	}
	return s, nil
}

// session reads how the dialogue is led.
func (s *Server) session(t *vm.Thread, o *registry.Options) error {
	c := &s.Options
	c.Helo = o.Str("helo", t.Host().Hostname)
	c.Username, c.Password = o.Str("saslusername", ""), o.Str("saslpassword", "")
	c.NoChunking = !o.Bool("chunking", true)
	switch o.Str("protocol", "smtp") {
	case "smtp":
	case "lmtp":
		c.LMTP = true
	default:
		o.Bad("protocol", "smtp or lmtp")
	}
	c.ConnectTimeout = seconds(o.Num("connect_timeout", 30))
	if a := o.Array("timeout"); a != nil {
		c.Timeouts = map[string]time.Duration{}
		for k, v := range a.All() {
			n, ok := v.Numeric()
			if !ok {
				o.Bad("timeout", "an array of seconds by state")
			}
			c.Timeouts[k.String()] = seconds(n)
		}
	}
	if a := o.Array("xclient"); a != nil {
		for k, v := range a.All() {
			c.XClient = append(c.XClient, protocol.Param{Key: k.String(), Value: v.String()})
		}
	}
	mode := o.Str("tls", "disabled")
	if !slices.Contains(config.TLSModes, mode) {
		o.Bad("tls", strings.Join(config.TLSModes[:len(config.TLSModes)-1], ", ")+" or "+config.TLSModes[len(config.TLSModes)-1])
	}
	if dane.Is(mode) {
		s.DANE = dane.Mode(mode)
	}
	c.TLS.Mode, c.TLS.Implicit, c.TLS.StrictOptional = smtpclient.TLSMode(mode), o.Bool("tls_implicit", false), true
	var err error
	c.TLS.TLS, err = pki.ReadTLS(t, o)
	var unusable *pki.UnusableError
	if errors.As(err, &unusable) {
		return &fault{"tls_client_cert: " + unusable.Text}
	}
	return err
}

// source reads the source address.
func (s *Server) source(conf Configuration, o *registry.Options) error {
	c := &s.Options
	c.FreeBind = o.Bool("nonlocal_source", false)
	s.Reaches = func(netip.Addr) bool { return true }
	ip := netip.Addr{}
	if text := o.Str("sourceip", ""); text != "" {
		var err error
		if ip, err = netip.ParseAddr(text); err != nil {
			o.Bad("sourceip", "an IP address")
		}
	}
	if id := o.Str("sourceipid", ""); id != "" {
		if conf == nil {
			return &fault{"no source address '" + id + "'"}
		}
		found, helo, ok := conf.Source(id)
		if !ok {
			return &fault{"no source address '" + id + "'"}
		}
		ip = found
		if _, given := o.Get("helo"); !given && helo != "" {
			c.Helo = helo
		}
	}
	if ip.IsValid() {
		c.Local = ip
		s.Reaches = func(x netip.Addr) bool { return x.Is4() == ip.Is4() }
	}
	return o.Err()
}

func seconds(n float64) time.Duration {
	return time.Duration(min(max(n, 0), 1e9) * float64(time.Second))
}
