// Package nativetest compiles plugins in C for the tests of others, against the header
// that the server ships, as their authors would:
//
//	path := nativetest.Build(t, "deliver")
//
// The sources lie in testdata; each says what it does.
package nativetest

import (
	"embed"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/hawser-mta/hawser/mta/plugin/native"
)

//go:embed testdata
var sources embed.FS

// Build compiles testdata/NAME.c and returns the path of the library, NAME.so in a
// directory of its own.
func Build(t testing.TB, name string) string {
	t.Helper()
	src, err := sources.ReadFile("testdata/" + name + ".c")
	if err != nil {
		t.Fatal(err)
	}
	return Compile(t, name, string(src))
}

// Compile compiles a source and returns the path of the library.
func Compile(t testing.TB, name, source string) string {
	t.Helper()
	dir := t.TempDir()
	for file, text := range map[string]string{name + ".c": source, "HalonMTA.h": native.Header} {
		if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	out := filepath.Join(dir, name+".so")
	cmd := exec.CommandContext(t.Context(), "gcc", "-std=gnu99", "-Wall", "-Wextra", "-Werror", "-fPIC", "-shared", "-pthread",
		"-I", dir, "-o", out, filepath.Join(dir, name+".c"))
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("gcc: %v\n%s", err, text)
	}
	return out
}
