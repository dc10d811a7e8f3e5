package workspace

import (
	"fmt"
	"path"
	"strings"
)

// ignoreFile lists, one glob a line, what of a folder is not part of the
// workspace (spec mta 3.1). Lines that begin with # are comments.
const ignoreFile = ".halonignore"

// ignore holds the globs of an ignoreFile.
type ignore []string

func parseIgnore(src string) (ignore, error) {
	var g ignore
	n := 0
	for l := range strings.Lines(src) {
		n++
		l = strings.Trim(strings.TrimSpace(l), "/")
		if l == "" || l[0] == '#' {
			continue
		}
		if _, err := path.Match(l, ""); err != nil {
			return nil, fmt.Errorf("read %s: line %d: '%s' is not a glob", ignoreFile, n, l)
		}
		g = append(g, l)
	}
	return g, nil
}

// match reports whether a file is hidden or ignored: itself, by its name or its
// whole path, or a folder that it lies in.
func (g ignore) match(name string) bool {
	for i := 0; i <= len(name); i++ {
		if i < len(name) && name[i] != '/' {
			continue
		}
		at := name[:i]
		last := path.Base(at)
		if last[0] == '.' && last != "." {
			return true
		}
		for _, glob := range g {
			byPath, _ := path.Match(glob, at)
			byName, _ := path.Match(glob, last)
			if byPath || byName {
				return true
			}
		}
	}
	return false
}
