package config

import (
	"fmt"
	"os/user"
	"strconv"
)

// PrivDrop is whom the process becomes when its sockets are bound (spec mta 2.2).
type PrivDrop struct {
	User  string `yaml:"user"`  // name or number; empty: it stays
	Group string `yaml:"group"` // likewise; empty: that of User
}

// Identity is what the system knows of PrivDrop; -1 stays as it is.
type Identity struct {
	UID, GID int
	Groups   []int // all of them
}

// Identity looks user and group up.
func (p *PrivDrop) Identity() (Identity, error) {
	id := Identity{UID: -1, GID: -1}
	if p.User != "" {
		u, err := user.Lookup(p.User)
		if err != nil {
			u, err = user.LookupId(p.User)
		}
		if err != nil {
			return id, fmt.Errorf("user: no user '%s'", p.User)
		}
		id.UID, id.GID = number(u.Uid), number(u.Gid)
		groups, err := u.GroupIds()
		if err != nil {
			return id, fmt.Errorf("user: the groups of '%s' are not known", p.User)
		}
		for _, g := range groups {
			id.Groups = append(id.Groups, number(g))
		}
	}
	if p.Group != "" {
		g, err := user.LookupGroup(p.Group)
		if err != nil {
			g, err = user.LookupGroupId(p.Group)
		}
		if err != nil {
			return id, fmt.Errorf("group: no group '%s'", p.Group)
		}
		id.GID = number(g.Gid)
		id.Groups = []int{id.GID}
	}
	return id, nil
}

// number reads an id of a Unix system.
func number(id string) int {
	n, _ := strconv.Atoi(id) // it is one
	return n
}

func (v *validator) process() {
	e := &v.c.Smtpd.Environment
	if _, err := e.PrivDrop.Identity(); err != nil {
		v.fault(SmtpdFile, "environment.privdrop", "%s", err)
	}
	if m := e.Syslog.Mask; m > 255 {
		v.fault(SmtpdFile, "environment.syslog.mask", "got %d, want 0 to 255", m)
	}
}
