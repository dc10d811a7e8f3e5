package policy_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hawser-mta/hawser/mta/config"
)

// parse reads the text of policies and, behind lines ---, of suspensions and of the app
// configuration.
func parse(t *testing.T, text string) *config.Config {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "config")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	names := []string{config.PolicyFile, config.SuspendFile, config.AppFile}
	for i, part := range strings.Split(text, "\n---\n") {
		if err := os.WriteFile(filepath.Join(dir, names[i]), []byte("version: \"6.10\"\n"+part), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c, diags := config.Load(filepath.Dir(dir), os.LookupEnv)
	if diags.Errors() {
		for _, d := range diags {
			t.Error(d)
		}
		t.FailNow()
	}
	return c
}
