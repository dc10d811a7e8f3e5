package config_test

import (
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/hawser-mta/hawser/mta/config"
)

const page = "../../docs/configuration.md"

// TestExampleOfTheDocs loads the files of the page.
func TestExampleOfTheDocs(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "config"), 0o700); err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?s)```yaml\n# (\\S+)\n.*?```").FindAllStringSubmatch(string(text), -1)
	for _, b := range blocks {
		src := strings.TrimSuffix(strings.TrimPrefix(b[0], "```yaml\n"), "```")
		if err := os.WriteFile(filepath.Join(dir, "config", b[1]), []byte(src), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c, diags := config.Load(dir, env)
	if len(blocks) != len(config.Files) || len(diags) > 0 {
		t.Fatalf("%d files: %v", len(blocks), diags)
	}
	for _, name := range config.Files {
		if _, err := os.Stat(filepath.Join(dir, "config", name)); err != nil {
			t.Errorf("the example has no %s", name)
		}
	}
	if len(c.Policies.Policies) != 3 || len(c.Suspends.Suspends) != 2 || len(c.Delivery.Delivery.Conditions) != 2 {
		t.Errorf("got %+v, %+v and %+v", c.Policies, c.Suspends, c.Delivery)
	}
}

// TestDocsNameEveryKey: the page has each key of the policy, suspend and delivery
// files.
func TestDocsNameEveryKey(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[reflect.Type]bool{}
	var keys func(reflect.Type)
	keys = func(typ reflect.Type) {
		switch typ.Kind() {
		case reflect.Pointer, reflect.Slice, reflect.Map:
			keys(typ.Elem())
		case reflect.Struct:
			if seen[typ] {
				return
			}
			seen[typ] = true
			for f := range typ.Fields() {
				if key := f.Tag.Get("yaml"); key != "" && !regexp.MustCompile("`[^`\n]*\\b"+key+"\\b[^`\n]*`").Match(text) {
					t.Errorf("%s does not name the key %s", page, key)
				}
				keys(f.Type)
			}
		}
	}
	for _, typ := range []reflect.Type{reflect.TypeFor[config.Policies](), reflect.TypeFor[config.Suspends](), reflect.TypeFor[config.Delivery]()} {
		keys(typ)
	}
}
