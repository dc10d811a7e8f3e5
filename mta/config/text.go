package config

import (
	"path/filepath"
	"strings"
)

// Text returns a file as it was read, before variables of the environment are put in;
// "" when there is none.
func (c *Config) Text(name string) string { return strings.Join(c.lines[name], "\n") }

// Place returns where a path of a file stands, "config/smtpd-policy.yaml:4:5" with the
// file relative to the workspace, or the nearest one above.
func (c *Config) Place(name, path string) string {
	pos := c.Fault(name, path, "").Pos
	if rel, err := filepath.Rel(c.Dir, pos.File); err == nil && filepath.IsAbs(pos.File) && !strings.HasPrefix(rel, "..") {
		pos.File = filepath.ToSlash(rel)
	}
	return pos.String()
}

// Name returns which of Files a diagnostic is about, "" for another file.
func (c *Config) Name(file string) string {
	for _, name := range Files {
		if file == name || filepath.Clean(file) == filepath.Clean(c.path(name)) {
			return name
		}
	}
	return ""
}
