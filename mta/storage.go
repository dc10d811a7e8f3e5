package mta

import (
	"path/filepath"
	"time"

	"github.com/hawser-mta/hawser/mta/config"
	"github.com/hawser-mta/hawser/mta/delivery"
	"github.com/hawser-mta/hawser/mta/policy/keep"
	"github.com/hawser-mta/hawser/mta/queue"
	"github.com/hawser-mta/hawser/mta/slots"
	"github.com/hawser-mta/hawser/mta/spool"
)

// open opens the spool, as the user that the server runs as from now on, and makes the
// queue.
func (s *Server) open(c *config.Config) error {
	if err := drop(&c.Smtpd.Environment.PrivDrop); err != nil {
		return err
	}
	sp, err := spool.Open(s.spoolOptions(c))
	if err != nil {
		return err
	}
	s.spool = sp
	s.keeper = &keep.Keeper{Engine: s.policies, Logger: s.o.Logger}
	for _, p := range s.spoolOptions(c).Paths {
		s.keeper.Dirs = append(s.keeper.Dirs, p.Path)
	}
	s.keeper.Restore()
	d := &delivery.Deliverer{
		Settings: func() *delivery.Settings { return s.current().settings }, Hooks: s.hooks, Content: sp, Submit: s, Policies: s.policies,
		Plugins: s.plugins,
		Lookups: slots.New(c.Smtpd.Queues.Threads.DNS), NewID: s.newID, Logger: s.o.Logger,
	}
	s.queue = queue.New(sp, d, queue.Options{
		Policies: s.policies, Logger: s.o.Logger,
		Loading: slots.New(c.Smtpd.Queues.Threads.Loader), Changers: c.Smtpd.Queues.Threads.Update,
		Connections: func() int { return s.current().config.App.Queues.Connections.Max },
		Pooling:     func() int { return s.current().config.App.Queues.Pooling.Size },
		MaxAge:      func() time.Duration { return time.Duration(s.current().config.App.Queues.MaxAge) },
		HoldMaxAge:  func() time.Duration { return time.Duration(s.current().config.App.Queues.Hold.MaxAge) },
	})
	return nil
}

func (s *Server) spoolOptions(c *config.Config) spool.Options {
	x := &c.Smtpd.Spool
	o := spool.Options{
		NoSync: !x.FSync, MinBytes: uint64(x.MinFree.Bytes), MinInodes: uint64(x.MinFree.Inodes), Corrupt: x.Corrupt,
		Readers: x.Loader.Threads, Logger: s.o.Logger,
	}
	for _, p := range x.Paths {
		o.Paths = append(o.Paths, spool.Path{Path: s.path(p.Path), Weight: p.Weight})
	}
	if len(o.Paths) == 0 {
		path := x.Path
		if path == "" {
			path = "spool"
		}
		o.Paths = []spool.Path{{Path: s.path(path)}}
	}
	return o
}

// path makes a path of the configuration absolute: it is relative to the
// workspace.
func (s *Server) path(p string) string {
	if filepath.IsAbs(p) {
		return p
	}
	return filepath.Join(s.ws.Root, p)
}
