//go:build !linux || !cgo

package native

import (
	"fmt"
	"log/slog"

	"github.com/hawser-mta/hawser/mta/plugin"
)

// Load says why no library can be loaded.
func Load(id, path string, log *slog.Logger) (*plugin.Plugin, error) {
	return nil, fmt.Errorf("plugin '%s' cannot be loaded: this program was built without cgo, which shared libraries need, or not for Linux", id)
}
