package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"time"

	"github.com/alecthomas/kong"
	"github.com/hawser-mta/hawser/cmd/internal/cli"
	"github.com/hawser-mta/hawser/cmd/internal/collector"
	"github.com/hawser-mta/hawser/lang/diag"
	"github.com/hawser-mta/hawser/mta"
	"golang.org/x/sys/unix"
)

type grammar struct {
	Version kong.VersionFlag `help:"Print the version."`
	Run     runCmd           `cmd:"" default:"withargs" help:"Run the server (the default)."`
	Init    initCmd          `cmd:"" help:"Write a workspace."`
}

type runCmd struct {
	Config    string `short:"c" required:"" placeholder:"DIR" help:"Workspace to run."`
	Check     bool   `help:"Validate configuration and scripts, then exit."`
	LogFormat string `enum:"text,json" default:"text" help:"Form of the log: text or json."`
	LogLevel  string `enum:"debug,info,warn,error" default:"info" help:"Least level to log; scripts echo at debug."`
	Drain     int    `default:"30" placeholder:"SECONDS" help:"How long what is in flight may take when the server stops."`
}

func main() {
	os.Exit(cli.Main("hawserd", "The Hawser mail server.", &grammar{}, os.Args[1:], os.Stderr))
}

func logger(w io.Writer, format string, level slog.Leveler) *slog.Logger {
	o := &slog.HandlerOptions{Level: level}
	if format == "json" {
		return slog.New(slog.NewJSONHandler(w, o))
	}
	return slog.New(slog.NewTextHandler(w, o))
}

// Run starts the server.
func (c *runCmd) Run() error {
	if !c.Check {
		relax()
	}
	var level slog.LevelVar
	_ = level.UnmarshalText([]byte(c.LogLevel)) // one of the enum
	out := newLogWriter(os.Stderr)
	defer out.Flush()
	log := logger(out, c.LogFormat, &level)
	collector.Tune()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	hup := make(chan os.Signal, 1)
	signal.Notify(hup, syscall.SIGHUP)
	again := make(chan struct{})
	go func() {
		for range hup {
			select {
			case again <- struct{}{}:
			case <-ctx.Done():
				return
			}
		}
	}()
	s, diags, err := mta.New(ctx, mta.Options{
		Dir: c.Config, Drain: time.Duration(c.Drain) * time.Second, Logger: log, Reload: again, Ready: func() { fmt.Fprintln(out, "ready") },
		LogLevel: &level, Version: cli.Version(), Check: c.Check,
	})
	if err != nil {
		return cli.Fail(cli.Usage, "%s", err)
	}
	diag.Text(out, diags)
	switch {
	case s == nil:
		return &cli.Exit{Code: cli.Usage}
	case c.Check:
		s.Close()
		return nil
	}
	umask, files := s.Process()
	process(log, umask, files)
	if err := s.Run(ctx); err != nil {
		return cli.Fail(cli.Usage, "%s", err)
	}
	return nil
}

// process applies the settings of the process. Of what the system does not allow it takes
// what it gets, and says so.
func process(log *slog.Logger, umask string, files int) {
	if m, err := strconv.ParseUint(umask, 8, 12); err == nil {
		unix.Umask(int(m))
	}
	var l unix.Rlimit
	if files <= 0 || unix.Getrlimit(unix.RLIMIT_NOFILE, &l) != nil {
		return
	}
	want := uint64(files)
	if unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: want, Max: max(want, l.Max)}) == nil {
		return
	}
	_ = unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: l.Max, Max: l.Max}) // it is so already, or may be
	log.Warn("environment.rlimit.nofile is more than the system allows", "event", "config", "wanted", want, "allowed", l.Max)
}
