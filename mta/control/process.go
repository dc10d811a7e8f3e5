package control

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/hawser-mta/hawser/mta/config"
	"github.com/hawser-mta/hawser/mta/policy"
	"github.com/hawser-mta/hawser/stdlib/dns"
)

// Host is what commands need of the process.
type Host interface {
	Status() *Status
	Stats() []Sample
	Scripts() *ScriptStatus

	// Config returns the running configuration, Place where a path of one of its files
	// stands.
	Config() *config.Config
	Place(file, path string) string
	// Reload loads the files anew; the text tells what is wrong with the named one, scripts
	// and smtpd.yaml, which is broken for the next start only, counting for smtpd-app.yaml.
	Reload(ctx context.Context, file string) (fault string)
	// Check loads everything beside what runs; the text holds errors and warnings.
	Check(ctx context.Context) (text string, ok bool)

	// Grouping returns that of a destination, Sources those of a transport, Source the
	// address of an id or a literal.
	Grouping(f *policy.Facts) string
	Sources(transport string) []policy.Source
	Source(id string) []policy.Source

	ReloadResolver() error
	Query(ctx context.Context, name, typ string) *dns.Answer
	ClearDNS() int
	// PluginCommand runs a command of a plugin; the error is the plugin's, or that there is
	// none.
	PluginCommand(id string, args []string) (text string, err error)
	SetLogLevel(l slog.Level)
	Drain()
	Shutdown()
}

// Status is the answer of m.
type Status struct {
	State    string    `json:"state"` // running, draining (accepts nothing) or stopping
	Version  string    `json:"version"`
	PID      int       `json:"pid"`
	Hostname string    `json:"hostname"`
	Started  time.Time `json:"started"`
	Uptime   float64   `json:"uptime"` // seconds
	LogLevel string    `json:"loglevel"`

	Servers []ServerStatus `json:"servers"`
	Spool   []SpoolStatus  `json:"spool"`
	Queue   QueueStatus    `json:"queue"`

	Conditions  int           `json:"conditions"`        // dynamic ones
	Suspensions int           `json:"suspensions"`       // all
	Unsaved     string        `json:"unsaved,omitempty"` // why dynamic suspensions do not outlive the process, "" when they do
	Scripts     *ScriptStatus `json:"scripts"`
}

// ServerStatus is one configured server.
type ServerStatus struct {
	ID          string   `json:"id"`
	Listeners   []string `json:"listeners"` // address:port
	Connections int      `json:"connections"`
}

// SpoolStatus is one path of the spool.
type SpoolStatus struct {
	Path       string `json:"path"`
	Weight     int    `json:"weight"`
	State      string `json:"state"` // ok, low or failed
	FreeBytes  uint64 `json:"freebytes"`
	FreeInodes uint64 `json:"freeinodes"`
	Units      int64  `json:"units"`
	Error      string `json:"error,omitempty"`
}

// QueueStatus counts units by state: now, and since the start.
type QueueStatus struct {
	Active    int   `json:"active"`
	Defer     int   `json:"defer"`
	Hold      int   `json:"hold"`
	Sending   int   `json:"sending"`
	Working   int   `json:"working"` // in a script or in DNS, or about to be
	Update    int   `json:"update"`
	Delivered int64 `json:"delivered"`
	Delayed   int64 `json:"delayed"`
	Failed    int64 `json:"failed"`
}

// ScriptStatus is the answer of N.
type ScriptStatus struct {
	Generation uint64    `json:"generation"` // 1 at start
	Version    string    `json:"version"`    // hash of all files
	Loaded     time.Time `json:"loaded"`
	Scripts    []string  `json:"scripts"`
	Files      []string  `json:"files"`
	Error      string    `json:"error"` // of the last load; "": it was well
}

func status(_ context.Context, s *Server) (any, error) { return s.Host.Status(), nil }

func stats(_ context.Context, s *Server) (any, error) { return s.Host.Stats(), nil }

func scriptStatus(_ context.Context, s *Server) (any, error) { return s.Host.Scripts(), nil }

// reload makes the verb of a file.
func reload(file string) func(context.Context, *Server, []byte) (any, error) {
	return func(ctx context.Context, s *Server, _ []byte) (any, error) {
		if fault := s.Host.Reload(ctx, file); fault != "" {
			return nil, errors.New(strings.TrimRight(fault, "\n"))
		}
		s.log("config reload", "file", file)
		return Affected{1}, nil
	}
}

func reloadResolver(_ context.Context, s *Server) (any, error) {
	if err := s.Host.ReloadResolver(); err != nil {
		return nil, err
	}
	s.log("resolver reload")
	return Affected{1}, nil
}

func clearDNS(_ context.Context, s *Server) (any, error) {
	n := s.Host.ClearDNS()
	s.log("resolver clear", "affected", n)
	return Affected{n}, nil
}

// LogLevel is the body of l: debug, info, warn or error.
type LogLevel struct {
	Level string `json:"level"`
}

func logLevel(_ context.Context, s *Server, in *LogLevel) (any, error) {
	for _, l := range []slog.Level{slog.LevelDebug, slog.LevelInfo, slog.LevelWarn, slog.LevelError} {
		if strings.EqualFold(in.Level, l.String()) {
			s.Host.SetLogLevel(l)
			s.log("log level", "level", strings.ToLower(in.Level))
			return Affected{1}, nil
		}
	}
	return nil, fmt.Errorf("level: got '%s', want debug, info, warn or error", in.Level)
}

// PluginCommand is the body of K. As all of JSON, its texts are UTF-8.
type PluginCommand struct {
	ID        string   `json:"id"`
	Arguments []string `json:"arguments"`
}

// PluginAnswer is the answer of K.
type PluginAnswer struct {
	Text string `json:"text"`
}

func pluginCommand(_ context.Context, s *Server, in *PluginCommand) (any, error) {
	if in.ID == "" {
		return nil, errors.New("id: the id of a plugin is missing")
	}
	s.log("plugin command", "plugin", in.ID)
	text, err := s.Host.PluginCommand(in.ID, in.Arguments)
	return PluginAnswer{text}, err
}

// Checked is the answer of O.
type Checked struct {
	OK   bool   `json:"ok"`
	Text string `json:"text"` // errors and warnings with their places
}

func checkConfig(ctx context.Context, s *Server) (any, error) {
	text, ok := s.Host.Check(ctx)
	return Checked{ok, text}, nil
}

func drain(_ context.Context, s *Server) (any, error) {
	s.log("drain")
	s.Host.Drain()
	return Affected{1}, nil
}

func shutdown(_ context.Context, s *Server) (any, error) {
	s.log("shutdown")
	s.Host.Shutdown()
	return Affected{1}, nil
}
