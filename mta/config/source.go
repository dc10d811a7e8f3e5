package config

import (
	"net/netip"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// Address is a source address.
type Address struct {
	ID      string `yaml:"id"`
	Address string `yaml:"address"`
	Helo    string `yaml:"helo"`
	Proxy   Proxy  `yaml:"proxy"`
}

// Proxy is a proxy that speaks the PROXY protocol and connects from our source
// address; its zero value is none.
type Proxy struct {
	Host    string `yaml:"host"`
	Port    int    `yaml:"port"`
	Version int    `yaml:"version"` // of the protocol, 1 or 2; 0 is 2
}

// SourceEntry is an entry of a source pool. In YAML it is a mapping with id or
// address, or one text: an id of addresses, a literal address, or @ID of a list of
// lists.localip.
type SourceEntry struct {
	ID      string `yaml:"id"` // or the text
	Address string `yaml:"address"`
	Helo    string `yaml:"helo"` // before that of addresses
}

type sourceEntryFields SourceEntry

func (e *SourceEntry) decode(d *decoder, n ast.Node, path string) {
	if _, ok := pairs(n); !ok {
		e.ID, _ = d.text(n, path)
		return
	}
	d.structure(n, (*sourceEntryFields)(e), path)
}

// list returns the name of the list that an entry stands for.
func (e *SourceEntry) list() (id string, ok bool) { return strings.CutPrefix(e.ID, "@") }

// pool puts the items of lists into a source pool.
func (a *App) pool(entries []SourceEntry) []SourceEntry {
	var out []SourceEntry
	for _, e := range entries {
		id, isList := e.list()
		if !isList {
			out = append(out, e)
			continue
		}
		items, _ := a.Lists.Find("localip", id)
		for _, x := range items {
			out = append(out, SourceEntry{ID: x, Helo: e.Helo})
		}
	}
	return out
}

// Source returns the source address of an addresses[] id or of a literal.
func (c *Config) Source(id string) (a Address, ok bool) {
	if i := c.address(id); i >= 0 {
		return c.App.Addresses[i], true
	}
	if _, err := netip.ParseAddr(id); err == nil {
		return Address{Address: id}, true
	}
	return Address{}, false
}

// SourceAddress returns the address of an addresses[] id. It implements vm.AddressStore.
func (c *Config) SourceAddress(id string) (netip.Addr, bool) {
	i := c.address(id)
	if i < 0 {
		return netip.Addr{}, false
	}
	ip, err := netip.ParseAddr(c.App.Addresses[i].Address)
	return ip, err == nil
}

// address returns the index of an addresses[] id, -1 when there is none.
func (c *Config) address(id string) int {
	for i := range c.App.Addresses {
		if c.App.Addresses[i].ID == id {
			return i
		}
	}
	return -1
}
