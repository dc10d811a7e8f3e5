package module

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// Root is one tree of files that names can lead into.
type Root struct {
	FS     fs.FS
	Prefix string // printed before the names of its files in diagnostics
	Compat bool   // its modules may use legacy names, whatever the others do
}

// Roots are the trees of one configuration. A nil root has no files.
type Roots struct {
	Files  *Root   // bare names: the script files of the workspace
	System *Root   // file://
	Extras []*Root // extras://, the first that has the name wins
	Std    *Root   // std://
	// Settings has what plugins are configured with, PLUGIN/FILE: plugin-config://FILE
	// for the modules of the plugin.
	Settings *Root
}

// owner returns the plugin that a file belongs to, the first part of its name below
// extras://, "" for other files.
func (r *Roots) owner(l location) string {
	if !slices.Contains(r.Extras, l.root) {
		return ""
	}
	first, _, _ := strings.Cut(l.name, "/")
	return strings.TrimSuffix(first, ".hsl")
}

// location is a file of a root.
type location struct {
	root *Root
	name string
}

func (l location) String() string {
	p := l.root.Prefix
	if p == "" || strings.HasSuffix(p, "/") {
		return p + l.name
	}
	return p + "/" + l.name
}

// maxFile bounds what is read of one file, in bytes.
const maxFile = 64 << 20

// open opens a regular file; a missing file or a folder gives an error that is
// fs.ErrNotExist.
func (l location) open() (fs.File, error) {
	if l.root == nil || !fs.ValidPath(l.name) {
		return nil, fs.ErrNotExist
	}
	if err := regular(fs.Stat(l.root.FS, l.name)); err != nil {
		return nil, err // before opening: that of a pipe would wait for a writer
	}
	f, err := l.root.FS.Open(l.name)
	if err != nil {
		return nil, err
	}
	if err := regular(f.Stat()); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

func regular(st fs.FileInfo, err error) error {
	switch {
	case errors.Is(err, fs.ErrInvalid):
		return fs.ErrNotExist
	case err != nil:
		return err
	case st.IsDir():
		return fs.ErrNotExist
	case !st.Mode().IsRegular():
		return errors.New("not a regular file")
	}
	return nil
}

// read returns the content of a file.
func (l location) read() ([]byte, error) {
	f, err := l.open()
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, err
	}
	if len(b) > maxFile {
		return nil, fmt.Errorf("larger than %d bytes", maxFile)
	}
	return b, nil
}

// candidates returns the places where the file of a name can be, in order.
func (r *Roots) candidates(name string, from location) ([]location, error) {
	scheme, rest, ok := strings.Cut(name, "://")
	switch {
	case ok && scheme == "std":
		return spellings([]*Root{r.Std}, rest, true)
	case ok && scheme == "extras":
		return spellings(r.Extras, rest, true)
	case ok && scheme == "file":
		return spellings([]*Root{r.System}, rest, false)
	case ok && scheme == "plugin-config":
		owner := r.owner(from)
		switch {
		case owner == "":
			return nil, fmt.Errorf("'%s' is for modules of extras:// only, which are a plugin's", name)
		case !fs.ValidPath(rest):
			return nil, fmt.Errorf("'%s' is no name of a configuration file", name)
		}
		return spellings([]*Root{r.Settings}, path.Join(owner, rest), false)
	case ok:
		return nil, fmt.Errorf("unknown scheme '%s://', want file://, extras:// or std://", scheme)
	case strings.HasPrefix(name, "./"), strings.HasPrefix(name, "../"):
		p := path.Join(path.Dir(from.name), name)
		if p == ".." || strings.HasPrefix(p, "../") {
			return nil, fmt.Errorf("'%s' leads out of the script folder", name)
		}
		return spellings([]*Root{from.root}, p, false)
	}
	return spellings([]*Root{r.Files}, strings.TrimPrefix(name, "file:"), false)
}

// spellings adds the forms that a name without extension can stand for.
func spellings(roots []*Root, name string, bundled bool) ([]location, error) {
	switch {
	case name == "":
		return nil, errors.New("the path is empty")
	case path.IsAbs(name):
		return nil, fmt.Errorf("'%s' is an absolute path, want one relative to the script folder", name)
	}
	clean := path.Clean(name)
	if clean == ".." || strings.HasPrefix(clean, "../") {
		return nil, fmt.Errorf("'%s' leads out of the script folder", name)
	}
	var out []location
	for _, r := range roots {
		if r == nil {
			continue
		}
		out = append(out, location{r, clean})
		if path.Ext(clean) == "" {
			if bundled {
				out = append(out, location{r, clean + ".hsl"})
			}
			out = append(out, location{r, path.Join(clean, "main.hsl")})
		}
	}
	return out, nil
}
