package workspace_test

import (
	"strings"
	"testing"

	"github.com/hawser-mta/hawser/mta/workspace"
)

// TestIgnore: hidden files and those of .halonignore are not there; what the
// configuration gives inline under the same name is.
func TestIgnore(t *testing.T) {
	t.Parallel()
	s, _ := open(t, map[string]string{
		"hooks/eod/main.hsl": "", "files/.halonignore": "# editors\n*.bak\n\n/build/\ndoc/*.md\n",
		"files/a.hsl": "a", "files/a.bak": "x", "files/.env": "x", "files/lib/.git/config": "x", "files/lib/b.bak": "x",
		"files/build/out.hsl": "x", "files/doc/a.md": "x", "files/doc/a.txt": "t", "files/lib/doc.md": "d",
		"config/smtpd-app.yaml": "version: \"6.10\"\nservers: [{ id: in }]\nscripting:\n  files: [{ id: a.bak, data: inline }]\n",
	})
	for name, want := range map[string]string{"a.hsl": "a", "doc/a.txt": "t", "lib/doc.md": "d", "a.bak": "inline"} {
		if b, err := s.Roots.ReadFile(name); err != nil || string(b) != want {
			t.Errorf("%s: %q %v", name, b, err)
		}
	}
	for _, name := range []string{".env", ".halonignore", "lib/.git/config", "lib/b.bak", "build/out.hsl", "doc/a.md"} {
		if b, err := s.Roots.ReadFile(name); err == nil {
			t.Errorf("%s is read: %q", name, b)
		}
	}
}

func TestIgnoreFault(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, map[string]string{"hooks/eod/a.hsl": "", "files/.halonignore": "ok\n[a\n"})
	if w, err := workspace.Open(dir); err == nil || !strings.Contains(err.Error(), "line 2: '[a' is not a glob") {
		t.Errorf("got %v", err)
		w.Close()
	}
}

// TestInlineFileShadowed: a file of the tree wins, with a warning.
func TestInlineFileShadowed(t *testing.T) {
	t.Parallel()
	_, diags := open(t, map[string]string{
		"hooks/eod/main.hsl": "", "files/m.hsl": "on disk",
		"config/smtpd-app.yaml": "version: \"6.10\"\nservers: [{ id: in }]\nscripting:\n  files:\n    - { id: m.hsl, data: inline }\n    - { id: n.hsl, data: inline }\n",
	})
	if !strings.Contains(diags, "smtpd-app.yaml:5:7: warning: scripting.files[0]: files/m.hsl wins over this file") || strings.Contains(diags, "files[1]") {
		t.Errorf("got %s", diags)
	}
}

// TestInlineFilePath: the path of an inline file is relative to the workspace.
func TestInlineFilePath(t *testing.T) {
	t.Parallel()
	s, diags := open(t, map[string]string{
		"hooks/eod/main.hsl": "", "data/list.txt": "from data",
		"config/smtpd-app.yaml": "version: \"6.10\"\nservers: [{ id: in }]\nscripting:\n  files: [{ id: list, path: data/list.txt }, { id: gone, path: data/gone }]\n",
	})
	if b, err := s.Roots.ReadFile("list"); err != nil || string(b) != "from data" {
		t.Errorf("%q %v", b, err)
	}
	if !strings.Contains(diags, "scripting.files[1]: the file cannot be read") {
		t.Errorf("got %s", diags)
	}
}
