package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestReference compares the pages with the declarations.
func TestReference(t *testing.T) {
	t.Parallel()
	const dir = "../../../docs/reference"
	pages := Pages()
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if pages[filepath.Base(f)] == nil {
			t.Errorf("%s belongs to nothing: run go generate ./...", f)
		}
	}
	for name, want := range pages {
		got, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Errorf("%s: run go generate ./...", err)
			continue
		}
		if d := cmp.Diff(string(want), string(got)); d != "" {
			t.Errorf("%s is not what the declarations say: run go generate ./... (-want +got)\n%s", name, d)
		}
	}
}
