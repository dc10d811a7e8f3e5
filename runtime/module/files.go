package module

import (
	"fmt"
	"io/fs"
)

// ReadFile returns a file that a running script names (spec stdlib 0.8): a bare
// name, file:NAME or file://NAME is looked up in the script files first, then
// below the script root on disk. It implements vm.FileStore.
func (r *Roots) ReadFile(name string) ([]byte, error) {
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
		b, err := location{root, name}.read()
		if err == nil {
			return b, nil
		}
	}
	return nil, fmt.Errorf("open %s: %w", name, fs.ErrNotExist)
}
