package config

import (
	"sync"
	"time"

	"github.com/hawser-mta/hawser/lang/token"
)

// Defaults returns the configuration of empty files.
func Defaults(dir string) *Config {
	c := &Config{Dir: dir, at: map[string]map[string]token.Position{}, lines: map[string][]string{}}
	c.authorities = sync.OnceValue(c.readAuthorities)
	s := &c.Smtpd
	s.Environment.Umask, s.Environment.UUID.Version, s.Environment.Syslog.Mask = "0027", 4, 255
	s.Spool.FSync, s.Spool.Corrupt, s.Spool.Loader.Threads = true, "ignore", 4
	s.Spool.MinFree.Bytes, s.Spool.MinFree.Inodes = 100<<20, 10000
	s.Scripting.Limits.Memory, s.Scripting.Limits.Time, s.Scripting.Limits.Stack = 256<<20, Duration(300*time.Second), 1000
	s.HTTP.Concurrency = 1024
	s.Environment.ControlSocket.Path, s.Environment.ControlSocket.Chmod = "run/hawserd.sock", "0660"
	s.Environment.ControlSocket.TLS.Client.Verify = true
	c.App.Resolver.Timeout, c.App.Resolver.Retries, c.App.Resolver.Cache.Size = Duration(5*time.Second), 2, 10000
	c.App.Queues.Connections.Max = 10000
	c.App.Queues.Pooling = Pool{Size: 1000, Policy: PoolPolicies[0]}
	c.Policies.Rate.Algorithm = Algorithms[0]
	c.Delivery.Delivery.Default.Pooling = Pooling{
		Enabled: new(false), Timeout: new(Duration(10 * time.Second)), Transactions: new(100), Evictable: new(true),
	}
	return c
}
