package bundled

import (
	"embed"
	"io/fs"

	"github.com/hawser-mta/hawser/runtime/module"
)

//go:embed std
var files embed.FS

// StdPrefix begins the names of the modules of Std in positions.
const StdPrefix = "std://"

// Std returns the tree of std:// modules for script tools.
func Std() *module.Root {
	sub, err := fs.Sub(files, "std")
	if err != nil {
		panic(err) // the folder is part of this package
	}
	return &module.Root{FS: sub, Prefix: StdPrefix}
}
