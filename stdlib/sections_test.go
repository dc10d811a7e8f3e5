package stdlib_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/hawser-mta/hawser/lang/golden"
)

// chapters are the numbers of sections that the chapters of the language
// reference have.
var chapters = map[int]int{1: 7, 2: 5, 3: 7, 4: 9, 5: 9, 6: 4, 7: 2}

var (
	sectionRow   = regexp.MustCompile(`(?m)^\| *([0-9.]*) *\| ([^|]+) \| (` + "`" + `[^|]*) \|$`)
	sectionTitle = regexp.MustCompile(`^(\d(?:\.\d)?(?:, \d\.\d)*) `)
	cornerTitle  = regexp.MustCompile(`^C\d+ `)
)

// TestSections compares the table of testdata/run/README.md with the files: every
// section of the reference has a row, every row files, and every chunk stands in a
// file of the row that it names.
func TestSections(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../testdata/run/README.md")
	if err != nil {
		t.Fatal(err)
	}
	table, _, _ := strings.Cut(string(text), "## Decisions")
	rows := map[string][]string{}
	named := map[string]bool{}
	for _, m := range sectionRow.FindAllStringSubmatch(table, -1) {
		for _, f := range strings.Fields(m[3]) {
			path := filepath.Join("../testdata/run", strings.Trim(f, "`"))
			rows[m[1]] = append(rows[m[1]], path)
			named[path] = true
		}
	}
	for chapter, n := range chapters {
		for i := 1; i <= n; i++ {
			if s := fmt.Sprintf("%d.%d", chapter, i); len(rows[s]) == 0 {
				t.Errorf("section %s has no row in the table", s)
			}
		}
	}
	met := map[string]bool{}
	for _, path := range chunkFiles(t) {
		if !named[path] {
			t.Errorf("%s is in no row of the table", path)
		}
		delete(named, path)
		for _, s := range sectionsOf(t, path) {
			met[s+" "+path] = true
			if !slices.Contains(rows[s], path) {
				t.Errorf("%s has a case of section %s, but the row does not name it", path, s)
			}
		}
	}
	for path := range named {
		t.Errorf("the table names %s, which does not exist", path)
	}
	for s, files := range rows {
		for _, path := range files {
			if s != "" && !met[s+" "+path] {
				t.Errorf("section %s: %s has no case of it", s, path)
			}
		}
	}
}

// chunkFiles lists the files of the language; those of library functions have a
// folder of their own.
func chunkFiles(t *testing.T) []string {
	var files []string
	for _, root := range []string{"../testdata/run", "../testdata/lang/errors"} {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err == nil && d.IsDir() && d.Name() == "stdlib" {
				return fs.SkipDir
			}
			if filepath.Ext(path) == ".hsl" {
				files = append(files, path)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return files
}

// sectionsOf returns the sections that the chunks of a file name; the corner cases
// are chapter 9.
func sectionsOf(t *testing.T, path string) []string {
	chunks, err := golden.Chunks(path)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, c := range chunks {
		_, title, _ := strings.Cut(c.Name, " ")
		if m := sectionTitle.FindStringSubmatch(title); m != nil {
			out = append(out, strings.Split(m[1], ", ")...)
		} else if cornerTitle.MatchString(title) {
			out = append(out, "9")
		}
	}
	return out
}
