package stdlib_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hawser-mta/hawser/lang/golden"
)

// shown are classes whose methods have the case files, or that have no name.
var shown = map[string]string{"EODMailMessage": "needs a hook", "FFIFunction": "no name"}

// failing tells whether a chunk shows what goes wrong.
func failing(c golden.Chunk) bool {
	return strings.Contains(c.Main, "catch (") || len(c.Errors) > 0 || c.Uncaught != nil
}

// TestCases: every function and class of all programs has a case file that uses it,
// and shows an error where it takes arguments.
func TestCases(t *testing.T) {
	t.Parallel()
	src, err := os.ReadFile("../testdata/catalog/stdlib.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Entries []struct {
			Name, Context, Kind string
			MaxArgs             *int `json:"max_args"`
		}
	}
	if err := json.Unmarshal(src, &file); err != nil {
		t.Fatal(err)
	}
	for _, e := range file.Entries {
		if e.Context != "core" || e.Kind != "function" && e.Kind != "class" {
			continue
		}
		var chunks []golden.Chunk
		for _, dir := range []string{"", "mail"} {
			path := filepath.Join("../testdata/run/stdlib", dir, e.Name+".hsl")
			if _, err := os.Stat(path); err != nil {
				continue
			}
			list, err := golden.Chunks(path)
			if err != nil {
				t.Error(err)
			}
			chunks = append(chunks, list...)
		}
		uses := func(c golden.Chunk) bool { return strings.Contains(c.Main, e.Name) }
		switch {
		case shown[e.Name] != "":
		case len(chunks) == 0:
			t.Errorf("%s has no case file", e.Name)
		case !slices.ContainsFunc(chunks, uses):
			t.Errorf("%s: no chunk uses it", e.Name)
		case strings.HasPrefix(e.Name, "is_"): // takes everything
		case (e.MaxArgs == nil || *e.MaxArgs > 0) && !slices.ContainsFunc(chunks, failing):
			t.Errorf("%s: no chunk shows an error", e.Name)
		}
	}
}
