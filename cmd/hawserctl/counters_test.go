package main_test

import (
	"slices"
	"strings"
	"testing"
)

// tree are the names of spec mta 14 for a server "in" with an eod hook.
var tree = strings.Fields(`process.pid process.runtime process.elapsed monitor.ready monitor.healthy
	servers.in.connections servers.in.scripts.eod.running servers.in.scripts.eod.finished servers.in.scripts.eod.pending servers.in.scripts.eod.errors
	queue.scripts.predelivery.running queue.scripts.predelivery.finished queue.scripts.predelivery.pending queue.scripts.predelivery.errors
	queue.active.priority0 queue.active.priority1 queue.defer queue.hold queue.update queue.loader.count queue.loader.pending queue.loader.active
	queue.quota.size queue.pickup.total queue.pickup.skips queue.pickup.misses queue.pickup.pending queue.pickup.evals
	queue.policy.concurrency.suspends queue.policy.concurrency.counters queue.policy.rate.suspends queue.policy.rate.buckets
	queue.policy.dynamic.suspends queue.policy.dynamic.conditions queue.connections.concurrency queue.connections.max
	queue.pooling.size queue.pooling.hits queue.pooling.misses queue.pooling.expires queue.pooling.evicts queue.pooling.skips
	queue.delivery.delivered queue.delivery.delayed queue.delivery.failed
	resolver.cache.hits resolver.cache.misses resolver.cache.size resolver.cache.running
	threads._default.running threads._default.pending threads._default.size threads._queues.running threads._queues.pending threads._queues.size
	threads.loader.running threads.loader.pending threads.loader.size`)

func (s *server) counters() map[string]float64 {
	s.T.Helper()
	var list []struct {
		Name  string
		Value float64
	}
	s.json(&list, "stats")
	out := map[string]float64{}
	for _, x := range list {
		if _, twice := out[x.Name]; twice {
			s.T.Errorf("%s is there twice", x.Name)
		}
		out[x.Name] = x.Value
	}
	return out
}

// is reports whether counters have the values that are listed.
func (s *server) is(want map[string]float64) bool {
	s.T.Helper()
	got := s.counters()
	for k, v := range want {
		if x, ok := got[k]; !ok || x != v {
			return false
		}
	}
	return true
}

// TestCounters: every name is there, and the figures are those of what happens.
func TestCounters(t *testing.T) {
	t.Parallel()
	next := newSink(t)
	s := start(t, next, map[string]string{
		"hooks/eod/main.hsl": hook[:strings.Index(hook, "Accept")] + `
if ($mail->getHeader("Subject") == "x@wait.example") while (memory_fetch("go") === none) sleep(0.02);
if ($mail->getHeader("Subject") == "x@fail.example") throw Exception("no");
Accept();`,
		"hooks/queue/predelivery.hsl": `if ($message["recipientaddress"]["domain"] == "broken.example") throw Exception("no"); Try();`,
	})
	got := s.counters()
	for _, name := range tree {
		if _, ok := got[name]; !ok {
			t.Errorf("no %s", name)
		}
	}
	if got["monitor.ready"] != 1 || got["monitor.healthy"] != 1 || got["threads.loader.size"] != 4 || got["threads._queues.size"] != 0 {
		t.Errorf("%v", got)
	}
	waiting := make(chan error)
	go func() { waiting <- s.Send("a@b.example", "x@wait.example", "Subject: x@wait.example\r\n\r\nx\r\n") }()
	s.Until("a running script", func() bool {
		return s.is(map[string]float64{"servers.in.scripts.eod.running": 1, "servers.in.scripts.eod.finished": 0, "threads._default.running": 1})
	})
	s.ok("hsl", "memory", "set", "go", "1")
	if err := <-waiting; err != nil {
		t.Fatal(err)
	}
	if s.Send("a@b.example", "x@fail.example", "Subject: x@fail.example\r\n\r\nx\r\n") == nil {
		t.Error("a script that failed has accepted")
	}
	s.send("a@b.example", "x@broken.example", "{}", "x")
	s.send("a@b.example", "x@stop.example", "{}", "x")
	for range 3 {
		s.send("a@b.example", "x@slow.example", "{}", "x")
	}
	s.Until("the figures", func() bool {
		return s.is(map[string]float64{
			"servers.in.scripts.eod.running": 0, "servers.in.scripts.eod.finished": 7, "servers.in.scripts.eod.errors": 1,
			"queue.scripts.predelivery.finished": 6, "queue.scripts.predelivery.errors": 1, "queue.scripts.predelivery.running": 0,
			"queue.delivery.delivered": 2, "queue.defer": 1, "queue.active.priority0": 3, "queue.pickup.skips": 1,
			"queue.policy.rate.suspends": 1, "queue.policy.concurrency.suspends": 0, "queue.policy.dynamic.suspends": 0, "queue.loader.count": 0,
		})
	})
	// The second slow one may have come while the first one had the only place.
	if got := s.counters(); got["queue.pickup.evals"] < 3 || got["queue.policy.rate.waits"]+got["queue.policy.concurrency.waits"] < 1 {
		t.Errorf("%v", got)
	}
	s.openMetrics("halon_servers_scripts_finished{hook=\"eod\",id=\"in\"} 7\n", "halon_threads_size{id=\"_queues\"} 0\n", "halon_monitor_ready 1\n",
		"# TYPE halon_queue_policy_rate_suspends gauge\nhalon_queue_policy_rate_suspends 1\n", "halon_queue_scripts_errors{hook=\"predelivery\"} 1\n")
	s.Kill()
	s.Forget()
	s.Start()
	s.Until("the units that were read", func() bool {
		return s.is(map[string]float64{"queue.loader.count": 4, "queue.loader.pending": 0, "queue.loader.active": 0, "queue.delivery.delivered": 1})
	})
	s.ok("drain")
	if s.counters()["monitor.healthy"] != 0 {
		t.Error("it is healthy and accepts nothing")
	}
}

// openMetrics checks the text form: each family stands in one piece behind its type, and
// has no sample twice.
func (s *server) openMetrics(want ...string) {
	s.T.Helper()
	text := s.ok("stats", "--openmetrics")
	for _, w := range want {
		if !strings.Contains(text, w) {
			s.T.Errorf("no %q in\n%s", w, text)
		}
	}
	var families, samples []string
	for line := range strings.Lines(strings.TrimSuffix(text, "# EOF\n")) {
		if rest, ok := strings.CutPrefix(line, "# TYPE "); ok {
			name, _, _ := strings.Cut(rest, " ")
			if slices.Contains(families, name) {
				s.T.Errorf("family %s is there twice", name)
			}
			families = append(families, name)
			continue
		}
		sample, _, _ := strings.Cut(line, " ")
		name, _, _ := strings.Cut(sample, "{")
		if len(families) == 0 || strings.TrimSuffix(name, "_total") != families[len(families)-1] || slices.Contains(samples, sample) {
			s.T.Errorf("sample %s behind %v", sample, families)
		}
		samples = append(samples, sample)
	}
}
