package main

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/hawser-mta/hawser/cmd/internal/cli"
)

//go:embed templates
var templates embed.FS

type initCmd struct {
	Dir      string `arg:"" help:"Directory to write; it must be missing or empty."`
	Template string `enum:"relay,submission,inbound" default:"relay" help:"relay, submission or inbound."`
}

// Run writes a workspace.
func (c *initCmd) Run() error {
	if files, err := os.ReadDir(c.Dir); err == nil && len(files) > 0 {
		return cli.Fail(cli.Usage, "%s is not empty", c.Dir)
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return cli.Fail(cli.Usage, "%s cannot be read", c.Dir)
	}
	src, err := fs.Sub(templates, "templates/"+c.Template)
	if err != nil {
		return err
	}
	err = fs.WalkDir(src, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		to := filepath.Join(c.Dir, path)
		if d.IsDir() {
			return os.MkdirAll(to, 0o755)
		}
		b, err := fs.ReadFile(src, path)
		if err != nil {
			return err
		}
		return os.WriteFile(to, b, 0o644)
	})
	if err != nil {
		return cli.Fail(cli.Failed, "write workspace: %s", err)
	}
	fmt.Printf("wrote %s; check it with: hawserd -c %s --check\n", c.Dir, c.Dir)
	return nil
}
