package module

import (
	"fmt"
	"io/fs"
)

// ReadFile returns a file that a running script names (spec stdlib 0.8): a bare
// name, file:NAME or file://NAME is looked up in the script files first, then
// below the script root on disk. It implements vm.FileStore.
func (r *Roots) ReadFile(name string) ([]byte, error) { return find(r, name, location.read) }

// Open is ReadFile for files that are read bit by bit.
func (r *Roots) Open(name string) (fs.File, error) { return find(r, name, location.open) }

func find[T any](r *Roots, name string, get func(location) (T, error)) (T, error) {
	for _, scheme := range []string{"file://", "file:"} {
		if len(name) > len(scheme) && name[:len(scheme)] == scheme {
			name = name[len(scheme):]
			break
		}
	}
	for _, root := range []*Root{r.Files, r.System} {
		if root == nil {
			continue
		}
		x, err := get(location{root, name})
		if err == nil {
			return x, nil
		}
	}
	var none T
	return none, fmt.Errorf("open %s: %w", name, fs.ErrNotExist)
}
