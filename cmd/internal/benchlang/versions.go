package main

import (
	"context"
	"fmt"
	"os/exec"
	"regexp"
	"runtime"
	"runtime/debug"
	"strings"
)

// versions tells which engines were measured, and on what.
func versions(ctx context.Context, list []engine) []string {
	modules := map[string]string{}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, m := range info.Deps {
			modules[m.Path] = m.Version
		}
	}
	var out []string
	for _, e := range list {
		switch e.kind {
		case hosted:
			out = append(out, strings.TrimSpace(e.name+" "+modules[e.version]))
		case native:
			out = append(out, e.name+" "+interpreterVersion(ctx, e))
		}
	}
	return append(out, fmt.Sprintf("%s, %d cores", runtime.Version(), runtime.NumCPU()))
}

// numbers are those of a version: 8.2.36.
var numbers = regexp.MustCompile(`\d+(\.\d+)+`)

func interpreterVersion(ctx context.Context, e engine) string {
	out, err := exec.CommandContext(ctx, e.command(), e.version).CombinedOutput()
	if v := numbers.Find(out); err == nil && v != nil {
		return string(v)
	}
	return "of unknown version"
}
