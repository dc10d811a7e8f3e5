package x509

import (
	"os/exec"
	"strings"
	"testing"
)

// TestNames compares the tables of names with OpenSSL's.
func TestNames(t *testing.T) {
	t.Parallel()
	out, err := exec.CommandContext(t.Context(), "openssl", "list", "-objects").Output()
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]string{}
	for line := range strings.Lines(string(out)) {
		if name, rest, ok := strings.Cut(strings.TrimSpace(line), " = "); ok {
			known[rest[strings.LastIndex(rest, " ")+1:]] = name
		}
	}
	for _, table := range []map[string]string{attributes, extensionNames} {
		for id, name := range table {
			if known[id] != name {
				t.Errorf("%s is '%s' here, '%s' in OpenSSL", id, name, known[id])
			}
		}
	}
}
