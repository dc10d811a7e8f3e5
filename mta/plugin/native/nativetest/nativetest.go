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

// Compile compiles a source in C and returns the path of the library.
func Compile(t testing.TB, name, source string) string {
	t.Helper()
	return compile(t, name, name+".c", source, "gcc", "-std=gnu99")
}

// CompileCXX is Compile for C++.
func CompileCXX(t testing.TB, name, source string) string {
	t.Helper()
	return compile(t, name, name+".cc", source, "g++", "-std=c++11", "-pedantic")
}

func compile(t testing.TB, name, file, source string, compiler ...string) string {
	t.Helper()
	dir := t.TempDir()
	for file, text := range map[string]string{file: source, "HalonMTA.h": native.Header} {
		if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	out := filepath.Join(dir, name+".so")
	args := append(compiler[1:], "-Wall", "-Wextra", "-Werror", "-fPIC", "-shared", "-pthread", "-I", dir, "-o", out, filepath.Join(dir, file))
	if text, err := exec.CommandContext(t.Context(), compiler[0], args...).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", compiler[0], err, text)
	}
	return out
}
