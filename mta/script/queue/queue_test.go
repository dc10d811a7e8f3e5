package queue_test

import (
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hawser-mta/hawser/mta/script/queue"
	"github.com/hawser-mta/hawser/mta/script/scripttest"
)

// server keeps what it is told.
type server struct {
	suspensions []queue.Suspension
	policies    []queue.Policy
}

func (s *server) Suspend(x queue.Suspension) (string, bool, bool) {
	s.suspensions = append(s.suspensions, x)
	return "s1", true, true
}

func (s *server) Policy(p queue.Policy) (string, bool, bool) {
	s.policies = append(s.policies, p)
	return "p1", false, len(p.Fields) < 3
}

func (s *server) DeletePolicy(id string) bool       { return id == "p1" }
func (s *server) Quota(name string) (n, size int64) { return int64(len(name)), 1 << 40 }

func TestQueue(t *testing.T) {
	t.Parallel()
	s := &server{}
	out := scripttest.Execute(t, `
		echo queue_suspend(["localip" => "192.0.2.1", "grouping" => "&google"], 600, ["tag" => "blocked", "properties" => ["a" => 1, "b" => "x", "c" => true]]);
		echo queue_suspend([], 0, ["id" => "all", "update" => false]);
		echo [queue_suspend(["nonsense" => "x"], 1), queue_suspend(["jobid" => ""], 1), queue_suspend(["jobid" => 5], 1)];
		echo queue_policy(["grouping","jobid"], ["grouping"=>"&bigmail","jobid"=>"bulk-7"], ["concurrency"=>"2","rate"=>[30,300],"tag"=>"throttle"], 1800);
		echo queue_policy(["remotemx"], ["remotemx" => "*.example.com"], ["rate" => "1.5/60", "stop" => true, "cluster" => false], 0, ["id" => "x", "type" => "warmup", "update" => false]);
		echo queue_policy(["remotemx"], [], ["connectinterval" => 0.5, "rate" => ["count" => 5, "interval" => 1, "algorithm" => "tokenbucket"]], 1);
		echo queue_policy(["remotemx"], [], ["concurrency" => 0, "connectinterval" => 0, "rate" => [0.5, 60]], 1);
		echo [queue_policy(["remotemx"], ["jobid" => "x"], ["concurrency" => 1], 1), queue_policy(["a","b","c"], [], ["concurrency" => 1], 1)];
		echo [PickupSuspend(["nonsense" => "x"], 1), PickupPolicy(["a","b","c"], [], ["concurrency" => 1], 1)];
		echo [queue_policy_delete("p1"), queue_policy_delete("zzz"), queue_quota("abc")];`, map[string]any{queue.Service: s})
	want := `["id"=>"s1","new"=>true]
["id"=>"s1","new"=>true]
[0=>none,1=>none,2=>none]
["id"=>"p1","new"=>false]
["id"=>"p1","new"=>false]
["id"=>"p1","new"=>false]
["id"=>"p1","new"=>false]
[0=>none,1=>none]
[0=>false,1=>false]
[0=>true,1=>false,2=>["count"=>3,"bytes"=>1099511627776]]
`
	if d := cmp.Diff(want, out); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
	suspensions := []queue.Suspension{
		{Match: []queue.Match{{Field: "localip", Pattern: "192.0.2.1"}, {Field: "grouping", Pattern: "&google"}}, TTL: 10 * time.Minute, Tag: "blocked", Update: true,
			Properties: map[string]any{"a": 1.0, "b": "x", "c": true}},
		{ID: "all"},
	}
	if d := cmp.Diff(suspensions, s.suspensions); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
	policies := []queue.Policy{
		{Fields: []string{"grouping", "jobid"}, If: []queue.Match{{Field: "grouping", Pattern: "&bigmail"}, {Field: "jobid", Pattern: "bulk-7"}}, Concurrency: new(2),
			Rate: &queue.Rate{Count: 30, Interval: 5 * time.Minute}, Tag: "throttle", Cluster: true, TTL: 30 * time.Minute, Type: "dynamic", Update: true},
		{Fields: []string{"remotemx"}, If: []queue.Match{{Field: "remotemx", Pattern: "*.example.com"}}, Rate: &queue.Rate{Count: 1.5, Interval: time.Minute},
			Stop: true, ID: "x", Type: "warmup"},
		{Fields: []string{"remotemx"}, ConnectInterval: new(time.Second / 2), Rate: &queue.Rate{Count: 5, Interval: time.Second, Algorithm: "tokenbucket"},
			Cluster: true, TTL: time.Second, Type: "dynamic", Update: true},
		{Fields: []string{"remotemx"}, Concurrency: new(0), ConnectInterval: new(time.Duration(0)), Rate: &queue.Rate{Count: 1, Interval: 2 * time.Minute},
			Cluster: true, TTL: time.Second, Type: "dynamic", Update: true},
		{Fields: []string{"a", "b", "c"}, Concurrency: new(1), Cluster: true, TTL: time.Second, Type: "dynamic", Update: true},
		{Fields: []string{"a", "b", "c"}, Concurrency: new(1), Cluster: true, TTL: time.Second, Type: "dynamic", Update: true},
	}
	if d := cmp.Diff(policies, s.policies); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	for src, want := range map[string]string{
		`queue_policy([], [], [], 1)`:                                                              "queue_policy(): policy must have concurrency, rate or connectinterval",
		`queue_policy([], [], ["rate" => "fast"], 1)`:                                              `queue_policy(): option rate must be [count, seconds], "count/seconds" or an array with count, interval and algorithm`,
		`queue_policy([], [], ["rate" => [1, 0]], 1)`:                                              `queue_policy(): option rate must be [count, seconds], "count/seconds" or an array with count, interval and algorithm`,
		`queue_policy([], [], ["rate" => ["count" => 1, "interval" => 1, "algorithm" => "x"]], 1)`: `queue_policy(): option rate must be [count, seconds], "count/seconds" or an array with count, interval and algorithm`,
		`queue_policy([], [], ["concurrency" => -1], 1)`:                                           "queue_policy(): option concurrency must be 0 or more",
		`queue_policy([], [], ["connectinterval" => -1], 1)`:                                       "queue_policy(): option connectinterval must be 0 or more seconds",
		`queue_policy([], [], ["concurrency" => 1, "tag" => "x" * 33], 1)`:                         "queue_policy(): option tag must be at most 32 bytes",
		`queue_policy([], [], ["rate" => [1, 2000000000]], 1)`:                                     `queue_policy(): option rate must be [count, seconds], "count/seconds" or an array with count, interval and algorithm`,
		`queue_policy([], [], ["concurrency" => 1], -1)`:                                           "queue_policy(): ttl must be a number of seconds of 0 or more",
		`queue_policy([], [], ["concurrency" => 1], 1, ["type" => "static"])`:                      "queue_policy(): option type must be dynamic, backoff or warmup",
		`queue_suspend([], 1, ["tag" => "x" * 33])`:                                                "queue_suspend(): option tag must be at most 32 bytes",
		`queue_suspend([], 1, ["properties" => ["a" => []]])`:                                      "queue_suspend(): option properties must be an array of string, number or boolean",
		`queue_suspend([], 1)`:                                                                     "queue_suspend(): not available",
		`queue_policy([], [], ["concurrency" => 1], 1)`:                                            "queue_policy(): not available",
		`queue_policy_delete("x")`:                                                                 "queue_policy_delete(): not available",
		`queue_quota("x")`:                                                                         "queue_quota(): not available",
		`server_concurrency("x")`:                                                                  "server_concurrency(): not available",
	} {
		if got := scripttest.Execute(t, `try { `+src+`; } catch ($e) { echo $e->message(); }`, nil); got != want+"\n" {
			t.Errorf("%s: got %s, want %s", src, got, want)
		}
	}
}

func TestConnections(t *testing.T) {
	t.Parallel()
	count := func(server string, from netip.Prefix) (int, bool) {
		return map[string]int{"invalid Prefix": 7, "192.0.2.1/32": 2, "192.0.2.0/24": 5, "2001:db8::/32": 1}[from.String()], server == "in"
	}
	out := scripttest.Execute(t, `echo [server_concurrency("in"), server_concurrency("in", "192.0.2.1"), server_concurrency("in", "::ffff:192.0.2.1"),
		server_concurrency("in", "192.0.2.77/24"), server_concurrency("in", "2001:db8::1/32"), server_concurrency("in", "nonsense"), server_concurrency("out")];`,
		map[string]any{queue.ConnectionService: queue.Connections(count)})
	if want := "[0=>7,1=>2,2=>2,3=>5,4=>1,5=>none,6=>none]\n"; out != want {
		t.Errorf("got %s, want %s", out, want)
	}
}
