package mta

import (
	"fmt"
	"os"
	"syscall"

	"github.com/hawser-mta/hawser/mta/config"
)

// drop makes the process that of another user. What belongs to it already is left alone,
// so that a server which was not started by root can have the same configuration.
func drop(p *config.PrivDrop) error {
	id, err := p.Identity()
	if err != nil {
		return fmt.Errorf("environment.privdrop.%w", err)
	}
	if (id.UID < 0 || id.UID == os.Getuid()) && (id.GID < 0 || id.GID == os.Getgid()) {
		return nil
	}
	steps := []struct {
		wanted bool
		to     string
		f      func() error
	}{
		{id.GID >= 0, "groups", func() error { return syscall.Setgroups(id.Groups) }},
		{id.GID >= 0, fmt.Sprintf("group %d", id.GID), func() error { return syscall.Setgid(id.GID) }},
		{id.UID >= 0, fmt.Sprintf("user %d", id.UID), func() error { return syscall.Setuid(id.UID) }},
	}
	for _, s := range steps {
		if !s.wanted {
			continue
		}
		if err := s.f(); err != nil {
			return fmt.Errorf("environment.privdrop: cannot take the %s: %w; only root can", s.to, err)
		}
	}
	return nil
}
