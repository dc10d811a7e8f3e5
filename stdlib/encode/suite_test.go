package encode_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/hawser-mta/hawser/stdlib/encode"
)

// TestJSONSuite: what the suite says must be accepted or refused is, and what it
// leaves open does not crash.
func TestJSONSuite(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../../testdata/json/test_parsing/*.json")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[byte]int{}
	for _, path := range files {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		kind := filepath.Base(path)[0]
		seen[kind]++
		_, err = encode.FromJSON(string(b), false)
		if kind == 'y' && err != nil || kind == 'n' && err == nil {
			t.Errorf("%s: got error %v", filepath.Base(path), err)
		}
	}
	if seen['y'] < 90 || seen['n'] < 180 {
		t.Errorf("only %d files to accept, %d to refuse", seen['y'], seen['n'])
	}
}
