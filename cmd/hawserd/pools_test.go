package main_test

import (
	"fmt"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/hawser-mta/hawser/cmd/internal/servertest"
)

// TestPools: as many scripts run at once as their pool has places: that of the script,
// else of its server, else the built-in one.
func TestPools(t *testing.T) {
	t.Parallel()
	const slow = `syslog("info", "enter " . %s); sleep(0.1); syslog("info", "leave " . %[1]s);`
	for _, c := range []struct {
		name, threads, server, hooks string
		eod, predelivery             int // most at once; -1: more than one; 0: that depends
	}{
		{"none", "", "", "", -1, -1},
		{"of the server", "", "threads: { script: 1 }", "", 1, 0},
		{"named by the server", "threads: { pools: [{ id: narrow, size: 1 }, { id: wide, size: 50 }] }", "threads: narrow", "", 1, 0},
		{"named by the script", "threads: { pools: [{ id: narrow, size: 1 }, { id: wide, size: 50 }] }", "threads: wide", "eod: [{ id: main, threads: narrow }]", 1, 0},
		{"wider than the server's", "threads: { pools: [{ id: wide, size: 50 }] }", "threads: { script: 1 }", "eod: [{ id: main, threads: wide }]", -1, 0},
		{"of connections", "threads: { pools: [{ id: _default, size: 1 }] }", "", "", 1, 0},
		{"of the queue", "threads: { pools: [{ id: _queues, size: 1 }] }", "", "", -1, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			next := servertest.NewHop(t)
			s := workspace(t, next.Port, map[string]string{
				"hooks/eod/main.hsl":          fmt.Sprintf(slow, `"eod"`) + queueAll,
				"hooks/queue/predelivery.hsl": fmt.Sprintf(slow, `"predelivery"`) + "Try();",
			})
			s.Files(map[string]string{
				"config/smtpd.yaml": fmt.Sprintf("version: \"6.10\"\nservers: [{ id: in, listeners: [{ address: 127.0.0.1, port: %d }], %s }]\n%s\n", s.Port, c.server, c.threads),
				"config/smtpd-app.yaml": fmt.Sprintf(`version: "6.10"
servers: [{ id: in, transport: out, phases: { connect: { fcrdns: false }, eod: { hook: main } } }]
scripting: { hooks: { %s } }
transportgroups: [{ id: all, transports: [{ id: out, connection: { server: 127.0.0.1, port: %d } }] }]
`, c.hooks, next.Port)})
			s.Start()
			const mails = 6
			var all sync.WaitGroup
			for i := range mails {
				all.Go(func() {
					if err := s.Send("a@x.test", fmt.Sprintf("r%d@y.test", i), "x\r\n"); err != nil {
						t.Error(err)
					}
				})
			}
			all.Wait()
			next.Wait(t, mails)
			for what, want := range map[string]int{"eod": c.eod, "predelivery": c.predelivery} {
				now, most := 0, 0
				for _, m := range regexp.MustCompile(`msg="(enter|leave) `+what+`"`).FindAllStringSubmatch(s.Text(), -1) {
					now += map[string]int{"enter": 1, "leave": -1}[m[1]]
					most = max(most, now)
				}
				if want > 0 && most != want || want < 0 && most < 2 {
					t.Errorf("%d scripts of %s at once, want %d", most, what, want)
				}
			}
			s.Stop()
		})
	}
}

// TestUnknownPool: what names a pool that is not there is an error with its place, a key
// without effect a warning.
func TestUnknownPool(t *testing.T) {
	t.Parallel()
	s := workspace(t, 1, nil)
	s.Files(map[string]string{
		"config/smtpd.yaml": fmt.Sprintf(`version: "6.10"
servers: [{ id: in, listeners: [{ address: 127.0.0.1, port: %d }], threads: { event: 4, script: 8 } }]
threads: { pools: [{ id: heavy, size: 2, priority: 10 }] }
`, s.Port),
		"config/smtpd-app.yaml": `version: "6.10"
servers: [{ id: in }]
scripting: { hooks: { eod: [{ id: main, threads: hevy }, { id: none, threads: heavy }] } }
`})
	text := refused(t, s.Dir)
	for _, want := range []string{
		"scripting.hooks.eod[0].threads: no pool 'hevy' in threads.pools", "did you mean 'heavy'?",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	s.Files(map[string]string{"config/smtpd-app.yaml": `version: "6.10"
servers: [{ id: in }]
scripting: { hooks: { eod: [{ id: none, threads: heavy }] } }
`})
	text = refused(t, s.Dir)
	for _, want := range []string{
		"warning: threads.pools[0].priority: has no effect", "warning: servers[0].threads.event: has no effect",
		"scripting.hooks.eod[0]: no data, and no file hooks/eod/none.hsl",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
}
