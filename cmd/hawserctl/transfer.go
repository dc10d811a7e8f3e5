package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/hawser-mta/hawser/cmd/internal/cli"
	"github.com/hawser-mta/hawser/mta/control"
)

type exportCmd struct {
	ID       string `arg:"" help:"TRANSACTION:N"`
	Original bool   `help:"The message as it came in, in place of that which would be sent."`
	Output   string `short:"o" default:"." placeholder:"DIR" help:"Where to write."`
}

// exported is the answer in JSON.
type exported struct {
	ID    control.ID `json:"id"`
	Files []string   `json:"files"`
}

// Run writes a message and its envelope.
func (c *exportCmd) Run(a *app) error {
	at, err := parseID(c.ID)
	if err != nil {
		return err
	}
	if at.Queue == 0 {
		return cli.Fail(cli.Usage, "got '%s', want one unit, such as %s:1", c.ID, c.ID)
	}
	var t control.Transfer
	if err := a.call('J', control.ExportUnit{ID: at, Original: c.Original}, &t); err != nil {
		return err
	}
	content := t.Content
	t.Content = nil
	envelope, err := json.MarshalIndent(t, "", "  ")
	if err != nil {
		return err
	}
	base := filepath.Join(c.Output, filepath.Base(id(t.ID)))
	files := []string{base + ".eml", base + ".json"}
	for i, data := range [][]byte{content, append(envelope, '\n')} {
		if err := keep(files[i], data); err != nil {
			return cli.Fail(cli.Failed, "write %s: %s", files[i], reason(err))
		}
	}
	if a.g.JSON {
		return a.json(exported{t.ID, files})
	}
	fmt.Fprintln(a.out, strings.Join(files, "\n"))
	return nil
}

// keep writes a file that is on disk when it returns: whoever exports may delete next.
func keep(path string, data []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	if closed := f.Close(); err == nil {
		err = closed
	}
	return err
}

func reason(err error) string {
	text := err.Error()
	return text[strings.LastIndex(text, ": ")+1:]
}

type importCmd struct {
	Files []string `arg:"" name:"file" help:"ID.eml or ID.json; the other one lies beside it."`
}

// imported is the answer in JSON.
type imported struct {
	Affected int          `json:"affected"`
	IDs      []control.ID `json:"ids"` // the new ones
}

// Run queues messages.
func (c *importCmd) Run(a *app) error {
	out := imported{}
	for _, file := range c.Files {
		base := strings.TrimSuffix(strings.TrimSuffix(file, ".eml"), ".json")
		t := control.Transfer{}
		envelope, err := os.ReadFile(base + ".json")
		if err != nil {
			return cli.Fail(cli.Usage, "%s.json:%s", base, reason(err))
		}
		if err := json.Unmarshal(envelope, &t); err != nil {
			return cli.Fail(cli.Usage, "%s.json: not what export writes: %s", base, err)
		}
		if t.Content, err = os.ReadFile(base + ".eml"); err != nil {
			return cli.Fail(cli.Usage, "%s.eml:%s", base, reason(err))
		}
		var x control.Imported
		if err := a.call('E', t, &x); err != nil {
			return err
		}
		out.Affected++
		out.IDs = append(out.IDs, x.ID)
	}
	if a.g.JSON {
		return a.json(out)
	}
	fmt.Fprintf(a.out, "%d affected\n", out.Affected)
	return nil
}
