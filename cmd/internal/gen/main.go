package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
)

func main() {
	dir := "../../../docs/reference"
	pages := Pages()
	err := os.MkdirAll(dir, 0o755)
	if err == nil {
		err = prune(dir, pages)
	}
	for _, name := range slices.Sorted(maps.Keys(pages)) {
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, name), pages[name], 0o644)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

// prune removes the pages of domains that are gone.
func prune(dir string, pages map[string][]byte) error {
	old, err := filepath.Glob(filepath.Join(dir, "*.md"))
	for _, path := range old {
		if pages[filepath.Base(path)] == nil && err == nil {
			err = os.Remove(path)
		}
	}
	return err
}
