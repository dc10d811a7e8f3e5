package config

import (
	"fmt"
	"maps"
	"slices"

	"github.com/goccy/go-yaml/ast"
	"github.com/hawser-mta/hawser/lang/diag"
)

// Built-in pools of scripts (spec mta 2.4): those of connections, and predelivery and
// postdelivery.
const (
	DefaultPool = "_default"
	QueuePool   = "_queues"
)

// Threads bounds how many scripts run at once. Scripts need no threads of their own here:
// a pool is a number of places.
type Threads struct {
	Pools []ThreadPool `yaml:"pools"`
}

// ThreadPool is a pool that servers and scripts name, or one of the built-in ones, which
// have no bound unless they are listed.
type ThreadPool struct {
	ID       string  `yaml:"id"`
	Size     int     `yaml:"size"`
	Priority float64 `yaml:"priority"` // of threads; without effect
}

// ServerThreads says where the scripts of a server run. In YAML it is the id of a pool, or
// a mapping.
type ServerThreads struct {
	Pool   string `yaml:"-"`
	Event  int    `yaml:"event"`  // of threads; without effect
	Script int    `yaml:"script"` // size of a pool of its own; 0: it has none
}

type serverThreadFields ServerThreads

func (t *ServerThreads) decode(d *decoder, n ast.Node, path string) {
	if _, ok := pairs(n); !ok {
		t.Pool, _ = d.text(n, path)
		return
	}
	d.structure(n, (*serverThreadFields)(t), path)
}

// QueuesStart is the part of the queue that counts at start.
type QueuesStart struct {
	Threads QueueThreads `yaml:"threads"`
}

// QueueThreads bound the inner work of the queue; 0 is no bound of its own.
type QueueThreads struct {
	Loader int `yaml:"loader"` // units read at once before predelivery
	Update int `yaml:"update"` // units changed at once by a command
	DNS    int `yaml:"dns"`    // destinations looked up at once
}

// threads checks pools and who names them.
func (v *validator) threads() {
	s := &v.c.Smtpd
	pools := map[string]bool{DefaultPool: true, QueuePool: true}
	seen := map[string]bool{}
	for i, p := range s.Threads.Pools {
		path := fmt.Sprintf("threads.pools[%d]", i)
		if pools[p.ID] && !seen[p.ID] {
			seen[p.ID] = true // a built-in one
		} else {
			v.id(SmtpdFile, path, p.ID, seen)
		}
		pools[p.ID] = true
		if p.Size < 1 {
			v.fault(SmtpdFile, path+".size", "got %d, want 1 or more", p.Size)
		}
		v.idle(path+".priority", "the processors are shared evenly by all scripts; make the pools of others smaller")
	}
	for i, x := range s.Servers {
		path := fmt.Sprintf("servers[%d].threads", i)
		v.pool(SmtpdFile, path, x.Threads.Pool, pools)
		v.idle(path+".event", "connections need no threads")
		if x.Threads.Script > 0 && pools[x.ID] {
			v.fault(SmtpdFile, path+".script", "'%s' is the id of a pool, too", x.ID)
		}
	}
	ids := map[string]map[string]bool{}
	v.c.App.Scripting.Hooks.Each(func(phase, path string, x *InlineHook) {
		if ids[phase] == nil {
			ids[phase] = map[string]bool{}
		}
		v.id(AppFile, path, x.ID, ids[phase])
		v.pool(AppFile, path+".threads", x.Threads, pools)
	})
}

func (v *validator) pool(file, path, id string, pools map[string]bool) {
	if id != "" && !pools[id] {
		x := v.fault(file, path, "no pool '%s' in threads.pools", id)
		v.suggest(x, id, slices.Sorted(maps.Keys(pools)))
	}
}

// idle warns of a key of smtpd.yaml, when it is given, that has no effect.
func (v *validator) idle(path, why string) {
	if _, given := v.c.at[SmtpdFile][path]; given {
		v.fault(SmtpdFile, path, "has no effect: %s", why).Severity = diag.Warning
	}
}

// Each calls f with every script of connections, its phase and its path in the file.
func (h *Hooks) Each(f func(phase, path string, x *InlineHook)) {
	all := map[string][]InlineHook{
		"connect": h.Connect, "disconnect": h.Disconnect, "proxy": h.Proxy, "helo": h.Helo,
		"auth": h.Auth, "mailfrom": h.MailFrom, "rcptto": h.RcptTo, "eod": h.EOD,
	}
	for _, phase := range slices.Sorted(maps.Keys(all)) {
		for i := range all[phase] {
			f(phase, fmt.Sprintf("scripting.hooks.%s[%d]", phase, i), &all[phase][i])
		}
	}
}
