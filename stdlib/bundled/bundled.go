package bundled

import (
	"embed"
	"io/fs"

	"github.com/hawser-mta/hawser/runtime/module"
)

//go:embed std extras
var files embed.FS

// StdPrefix begins the names of the modules of Std in positions.
const StdPrefix = "std://"

// Std returns the tree of std:// modules for script tools.
func Std() *module.Root { return tree("std", StdPrefix) }

// Extras returns the tree of extras:// modules that are always there. They may use
// names that other programs see with compat only.
func Extras() *module.Root {
	r := tree("extras", "extras://")
	r.Compat = true
	return r
}

func tree(folder, prefix string) *module.Root {
	sub, err := fs.Sub(files, folder)
	if err != nil {
		panic(err) // the folder is part of this package
	}
	return &module.Root{FS: sub, Prefix: prefix}
}
