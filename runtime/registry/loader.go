package registry

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/hawser-mta/hawser/lang/sig"
	"github.com/hawser-mta/hawser/runtime/vm"
)

// DataLoader decodes the files of data imports (spec language 5.9).
type DataLoader struct {
	Name    string              // before the '!' of "NAME!path"
	Ext     []string            // extensions it is chosen by, with their dot
	Options map[string]sig.Type // options of `with`

	// Load returns a value.Value, shared read-only by all runs, or a
	// func(*vm.Thread) (value.Value, error) that makes one per run. Its errors
	// are worded for users.
	Load func(src []byte, options map[string]any) (any, error)
}

// Loader declares a data loader.
func (b *Builder) Loader(l DataLoader) { b.loaders = append(b.loaders, l) }

// DataLoader returns the loader of that name, or, when the name is empty, the
// one for the extension of the file.
func (u *Universe) DataLoader(name, file string) (*DataLoader, error) {
	ext := strings.ToLower(path.Ext(file))
	var known []string
	for i := range u.loaders {
		l := &u.loaders[i]
		if l.Name == name || name == "" && slices.Contains(l.Ext, ext) {
			return l, nil
		}
		known = append(known, l.Name)
	}
	slices.Sort(known)
	if name == "" {
		return nil, fmt.Errorf("no data loader for '%s', name one as in \"txt!%s\"", path.Base(file), file)
	}
	return nil, fmt.Errorf("unknown data loader '%s', want one of %s", name, strings.Join(known, ", "))
}

// Library returns the part of the universe that programs are linked to.
func (u *Universe) Library() *vm.Library {
	return &vm.Library{Builtins: u.Builtins, Classes: u.Classes, Regex: u.Regex}
}
