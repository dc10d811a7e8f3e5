package config

import (
	"fmt"
	"maps"
	"reflect"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// TransportGroup gives defaults to its transports.
type TransportGroup struct {
	ID         string      `yaml:"id"`
	Parent     string      `yaml:"parent"`
	Transports []Transport `yaml:"transports"`
	Transport  `yaml:",inline"`
}

// Transport says how mail is delivered. What is not given is inherited.
type Transport struct {
	TransportID string     `yaml:"-"`
	Given       given      `yaml:"-" counts:"-"` // nil once it has inherited
	Connection  Connection `yaml:"connection"`
	Session     Session    `yaml:"session"`
	Retry       Retry      `yaml:"retry"`
	DSN         DSN        `yaml:"dsn"`
}

func (t *Transport) decode(d *decoder, n ast.Node, path string) {
	var f struct {
		ID         string     `yaml:"id"`
		Connection Connection `yaml:"connection"`
		Session    Session    `yaml:"session"`
		Retry      Retry      `yaml:"retry"`
		DSN        DSN        `yaml:"dsn"`
	}
	given := d.structure(n, &f, path)
	*t = Transport{f.ID, given, f.Connection, f.Session, f.Retry, f.DSN}
}

func (g *TransportGroup) decode(d *decoder, n ast.Node, path string) {
	var f struct {
		ID         string      `yaml:"id"`
		Parent     string      `yaml:"parent"`
		Transports []Transport `yaml:"transports"`
		Connection Connection  `yaml:"connection"`
		Session    Session     `yaml:"session"`
		Retry      Retry       `yaml:"retry"`
		DSN        DSN         `yaml:"dsn"`
	}
	given := d.structure(n, &f, path)
	*g = TransportGroup{f.ID, f.Parent, f.Transports, Transport{f.ID, given, f.Connection, f.Session, f.Retry, f.DSN}}
}

// given holds the keys that a transport or group gives, as session.tls.mode: an empty
// text among them counts, too.
type given map[string]bool

// structure reads a node into the struct that out points to, past a decode
// method of its type, and returns the keys of it.
func (d *decoder) structure(n ast.Node, out any, path string) given {
	from := len(d.given)
	d.mapping(n, reflect.ValueOf(out).Elem(), path)
	keys := given{}
	for _, p := range d.given[from:] {
		if key := strings.TrimPrefix(p, path+"."); !strings.HasPrefix(key, "transports") {
			keys[key] = true
		}
	}
	return keys
}

func (d *decoder) any(n ast.Node, out any, path string) {
	d.value(n, reflect.ValueOf(out).Elem(), path)
}

// Connection says where to connect to.
type Connection struct {
	Server   Strings   `yaml:"server"`
	Port     *int      `yaml:"port"`
	Timeout  *Duration `yaml:"timeout"`
	SourceIP struct {
		IPv4      *Source       `yaml:"ipv4"`
		IPv6      *Source       `yaml:"ipv6"`
		Addresses []SourceEntry `yaml:"addresses"`
		Random    *bool         `yaml:"random"`
	} `yaml:"sourceip"`
	NonLocalSource *bool `yaml:"nonlocal_source"` // the source may be an address that the host does not own
	Proxy          Proxy `yaml:"proxy"`
	MX             struct {
		Include []string `yaml:"include"`
		Exclude []string `yaml:"exclude"`
	} `yaml:"mx"`
}

// Strings is one string or a list of them.
type Strings []string

func (s *Strings) decode(d *decoder, n ast.Node, path string) {
	if _, ok := n.(*ast.SequenceNode); ok {
		d.any(n, (*[]string)(s), path)
		return
	}
	if text, ok := d.text(n, path); ok {
		*s = Strings{text}
	}
}

// Source allows a family of addresses, or names the ones to use.
type Source struct {
	Off       bool
	Addresses []string
}

func (s *Source) decode(d *decoder, n ast.Node, path string) {
	if b, ok := n.(*ast.BoolNode); ok {
		s.Off = !b.Value
		return
	}
	d.any(n, &s.Addresses, path)
}

// Session says how to speak.
type Session struct {
	Protocol string `yaml:"protocol"`
	Helo     string `yaml:"helo"`
	TLS      struct {
		Mode        string   `yaml:"mode"`
		Implicit    *bool    `yaml:"implicit"`
		SNI         SNI      `yaml:"sni"`
		Protocols   string   `yaml:"protocols"`
		Ciphers     string   `yaml:"ciphers"`
		VerifyHost  *bool    `yaml:"verifyhost"`
		VerifyNames []string `yaml:"verifynames"`
		DefaultCA   *bool    `yaml:"defaultca"`
		ClientCert  string   `yaml:"clientcert"`
	} `yaml:"tls"`
	Auth struct {
		Username string `yaml:"username"`
		Password string `yaml:"password"`
	} `yaml:"auth"`
	XClient map[string]string   `yaml:"xclient"` // attributes, sent when the server offers XCLIENT
	Timeout map[string]Duration `yaml:"timeout"`
	DSN     struct {
		Success string `yaml:"success"`
	} `yaml:"dsn"`
}

// SNI is the name that we show to a server in the handshake; "" is not given.
type SNI string

// What true and false stand for.
const (
	SNIHost SNI = "*" // the host connected to
	SNINone SNI = "-" // no name
)

func (s *SNI) decode(d *decoder, n ast.Node, path string) {
	if b, ok := n.(*ast.BoolNode); ok {
		if *s = SNINone; b.Value {
			*s = SNIHost
		}
		return
	}
	if text, ok := d.text(n, path); ok {
		*s = SNI(text)
	}
}

// Retry is the schedule after temporary failures.
type Retry struct {
	Count     *int       `yaml:"count"`
	Intervals []Interval `yaml:"intervals"`
	During    *Duration  `yaml:"during"`
	Jitter    *float64   `yaml:"jitter"`
}

// Interval is one wait.
type Interval struct {
	Interval Duration `yaml:"interval"`
	Notify   bool     `yaml:"notify"`
}

// DSN says what becomes of notifications.
type DSN struct {
	Transport string `yaml:"transport"`
	From      string `yaml:"from"`
	FromName  string `yaml:"from_name"`
	Ret       string `yaml:"ret"`
}

// Transports returns every transport by id with what it inherits, lists in its source
// pool resolved.
func (a *App) Transports() map[string]*Transport {
	groups := map[string]*TransportGroup{}
	for i := range a.TransportGroups {
		groups[a.TransportGroups[i].ID] = &a.TransportGroups[i]
	}
	out := map[string]*Transport{}
	for _, g := range a.TransportGroups {
		for _, t := range g.Transports {
			x := t
			x.Given = maps.Clone(t.Given)
			for up, n := &g, 0; up != nil && n < len(groups)+1; up, n = groups[up.Parent], n+1 {
				inherit(reflect.ValueOf(&x).Elem(), reflect.ValueOf(up.Transport), "", x.Given)
				maps.Copy(x.Given, up.Given)
				if up.Parent == "" {
					break
				}
			}
			x.TransportID, x.Given = t.TransportID, nil
			x.Connection.SourceIP.Addresses = a.pool(x.Connection.SourceIP.Addresses)
			out[t.TransportID] = &x
		}
	}
	return out
}

// inherit fills what is not given in dst, the value at path, from src: structs key by key,
// maps merged.
func inherit(dst, src reflect.Value, path string, keys given) {
	switch dst.Kind() {
	case reflect.Struct:
		for i := range dst.NumField() {
			if key := dst.Type().Field(i).Tag.Get("yaml"); key != "-" {
				inherit(dst.Field(i), src.Field(i), join(path, key), keys)
			}
		}
	case reflect.Map:
		merged := reflect.MakeMap(dst.Type())
		for _, m := range []reflect.Value{src, dst} {
			for it := m.MapRange(); it.Next(); {
				merged.SetMapIndex(it.Key(), it.Value())
			}
		}
		if merged.Len() > 0 {
			dst.Set(merged)
		}
	default:
		if dst.IsZero() && !keys[path] {
			dst.Set(src)
		}
	}
}

// transportIDs returns where each transport is declared.
func (a *App) transportIDs() map[string]string {
	out := map[string]string{}
	for i, g := range a.TransportGroups {
		for j, t := range g.Transports {
			out[t.TransportID] = fmt.Sprintf("transportgroups[%d].transports[%d].id", i, j)
		}
	}
	return maps.Clone(out)
}
