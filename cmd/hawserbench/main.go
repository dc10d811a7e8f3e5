package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/alecthomas/kong"
	"github.com/hawser-mta/hawser/cmd/internal/cli"
)

type grammar struct {
	Version kong.VersionFlag `help:"Print the version."`
	Send    sendCmd          `cmd:"" help:"Send mail and time every answer."`
	Sink    sinkCmd          `cmd:"" help:"Take mail as a receiver on the internet does."`
	Discard discardCmd       `cmd:"" help:"Take mail and forget it: go-smtp's server alone."`
}

func main() {
	os.Exit(cli.Main("hawserbench", "Load generator and sink for mail servers.", &grammar{}, os.Args[1:], os.Stderr))
}

// size is a number of bytes.
type size int64

// UnmarshalText reads bytes, or a number with KiB, MiB or GiB.
func (s *size) UnmarshalText(text []byte) error {
	digits, unit := string(text), int64(1)
	for i, suffix := range []string{"KiB", "MiB", "GiB"} {
		if d, ok := strings.CutSuffix(digits, suffix); ok {
			digits, unit = d, 1<<(10*(i+1))
			break
		}
	}
	n, err := strconv.ParseInt(digits, 10, 32)
	if err != nil || n < 0 {
		return fmt.Errorf("got '%s', want bytes or a size such as 4KiB", text)
	}
	*s = size(n * unit)
	return nil
}

// printJSON writes a value for machines.
func printJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(v)
}
