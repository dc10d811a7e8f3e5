package policy

import (
	"fmt"
	"net/netip"

	"github.com/hawser-mta/hawser/mta/config"
)

// Groupings turn the destination of a unit into the value of its field grouping (spec
// mta 3.4 and 5). The nil Groupings give "".
type Groupings struct {
	fallback string // "", remotemx or recipientdomain
	list     []grouping
}

type grouping struct {
	id    string // with '&'
	lists []*matcher
}

// NewGroupings compiles the groupings of a configuration.
func NewGroupings(c *config.Grouping, lists config.Lists) (*Groupings, error) {
	g := &Groupings{fallback: c.Default}
	for i, x := range c.Groupings {
		y := grouping{id: "&" + x.ID}
		for _, l := range []struct {
			f        Field
			patterns []string
		}{{RemoteMX, x.RemoteMX}, {RemoteIP, x.RemoteIP}, {RecipientDomain, x.RecipientDomain}} {
			if len(l.patterns) == 0 {
				continue
			}
			m, err := newMatcher(l.f, l.patterns, lists)
			if err != nil {
				return nil, fmt.Errorf("queues.grouping.groupings[%d]: %w", i, err)
			}
			y.lists = append(y.lists, m)
		}
		g.list = append(g.list, y)
	}
	return g, nil
}

// Of returns the grouping of a destination: the first that any list of fits.
func (g *Groupings) Of(f *Facts) string {
	if g == nil {
		return ""
	}
	v := &view{Facts: f, source: &Source{}}
	for _, x := range g.list {
		for _, m := range x.lists {
			if m.match(v) {
				return x.id
			}
		}
	}
	switch g.fallback {
	case "remotemx":
		return f.RemoteMX
	case "recipientdomain":
		return f.RecipientDomain
	}
	return ""
}

// find returns the grouping that a value of one field belongs to.
func (g *Groupings) find(f Field, s string) string {
	if g == nil {
		return ""
	}
	v := sample(f, s)
	for _, x := range g.list {
		for _, m := range x.lists {
			if m.field == f && m.match(v) {
				return x.id
			}
		}
	}
	return ""
}

func parseIP(s string) (netip.Addr, bool) {
	ip, err := netip.ParseAddr(s)
	return ip.Unmap(), err == nil
}
