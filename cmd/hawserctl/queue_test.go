package main_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hawser-mta/hawser/cmd/internal/servertest"
)

// filled is a server whose units stand in all states that stay: H1 and H2 held, D1 and
// D2 deferred (busy after an attempt), A1 suspended.
func filled(t *testing.T) (*server, *servertest.Hop) {
	next := newSink(t)
	s := start(t, next, nil)
	s.send("news@one.example", "H1@held.example", `{"hold":true,"jobid":"j1","tenantid":"t1"}`, "x")
	s.send("ann@sub.one.example", "H2.Long@held.example", `{"hold":true,"jobid":"j2","tenantid":"t1"}`, strings.Repeat("long\r\n", 2000))
	s.send("news@two.example", "D1@wait.example", `{"delay":7200,"priority":1,"metadata":{"campaign":"spring"},"transportid":"other"}`, "x")
	s.send("ann@two.example", "busy@busy.example", `{"jobid":"j1"}`, "x")
	s.send("", "A1@stop.example", `{"metadata":{"campaign":"autumn"}}`, "x")
	s.Until("states", func() bool {
		return len(s.list("--state", "ACTIVE", "--state", "DEFER")) == 3 && len(s.list("--retrycount", "1")) == 1
	})
	return s, next
}

func TestFilters(t *testing.T) {
	t.Parallel()
	s, _ := filled(t)
	today := time.Now().UTC().Format("2006-01-02")
	for _, c := range []struct{ args, want string }{
		{"", "A1 D1 H1 H2.Long busy"},
		{"--queue hold", "H1 H2.Long"},
		{"--queue hold --queue active", "A1 H1 H2.Long"},
		{"--queue hold,active", "A1 H1 H2.Long"},
		{"--queue incoming", ""},
		{"--state DEFER", "D1 busy"},
		{"--state SENDING --state UNKNOWN --state UPDATE", ""},
		{"--jobid j1", "H1 busy"},
		{"--jobid j1 --tenantid t1", "H1"},
		{"--jobid j1 --jobid j2", "H1 H2.Long busy"},
		{"--transportid out --tenantid t1", "H1 H2.Long"},
		{"--recipientdomain HELD.example", "H1 H2.Long"},
		{"--recipientdomain *.example --queue defer", "D1 busy"},
		{"--senderdomain one.example", "H1"},
		{"--senderdomain *.one.example", "H2.Long"},
		{"--sender news@two.example", "D1"},
		{"--sender news", "D1 H1"},
		{"--sender @two.example", "D1 busy"},
		{"--sender <>", "A1"},
		{"--sender News@two.example", ""},
		{"--sender ~EW@two.example", "D1"},
		{"--recipient ~long", "H2.Long"},
		{"--recipient /^[hd]1$/i", "D1 H1"},
		{"--recipient /^[hd]1$/", ""},
		{"--recipient /[0-9]$/@held.example", "H1"},
		{"--localip 127.0.0.2", "A1"},
		{"--localip 127.0.0.0/8 --remoteip 127.0.0.1", "A1"},
		{"--remoteip 10.0.0.0/8", ""},
		{"--senderip 127.0.0.0/30 --queue hold", "H1 H2.Long"},
		{"--senderip 192.0.2.1", ""},
		{"--remotemx 127.0.0.1", "A1"},
		{"--grouping stop.example", "A1"},
		{"--retrycount 1", "busy"},
		{"--retrycount 0..3 --queue defer", "D1 busy"},
		{"--retrydelay >1h30m", "D1"},
		{"--retrydelay 10m..1h", "busy"},
		{"--age <1h --queue active", "A1"},
		{"--age >=1h", ""},
		{"--size >5KiB", "H2.Long"},
		{"--size <=5000 --queue hold", "H1"},
		{"--priority 1", "D1"},
		{"--ts " + today + " --jobid j2", "H2.Long"},
		{"--ts <2020-01-01", ""},
		{"--ts >=2020-01-01T10:00:00Z --priority 1", "D1"},
		{"--ts 2020-01-01.." + today + " --priority =1", "D1"},
		{"--metadata campaign=spring", "D1"},
		{"--metadata campaign=spring --metadata campaign=autumn", "A1 D1"},
		{"--metadata campaign=", ""},
	} {
		got := []string{}
		for _, u := range s.list(strings.Fields(c.args)...) {
			local, _, _ := strings.Cut(u.Recipient, "@")
			got = append(got, local)
		}
		slices.Sort(got)
		if diff := cmp.Diff(strings.Fields(c.want), got); diff != "" && time.Now().UTC().Format("2006-01-02") == today {
			t.Errorf("%s (-want +got)\n%s", c.args, diff)
		}
	}
	all := s.list()
	one := s.list("--id", all[2].id())
	if len(one) != 1 || one[0].id() != all[2].id() || len(s.list("--id", all[2].ID.Transaction)) != 1 {
		t.Errorf("by id: %v", one)
	}
	if n := len(s.list("--limit", "2")); n != 2 {
		t.Errorf("--limit 2 lists %d", n)
	}
	for _, bad := range [][]string{{"--state", "SLEEPING"}, {"--age", "old"}, {"--localip", "nowhere"}, {"--recipient", "/(/"}, {"--size", "9..1"}, {"--ts", "noon"}, {"--metadata", "x"}, {"--id", "a:0"}} {
		if r := s.ctl(append([]string{"queue", "list"}, bad...)...); r.code == 0 || r.out != "" || !strings.Contains(r.err, "got '") && !strings.Contains(r.err, "bad pattern") && !strings.Contains(r.err, "got a range") {
			t.Errorf("%v: %+v", bad, r)
		}
	}
}

// TestFields: the objects of a list have the names and values of the specification.
func TestFields(t *testing.T) {
	t.Parallel()
	s, _ := filled(t)
	var list []map[string]any
	s.json(&list, "queue", "list", "--queue", "active")
	if len(list) != 1 {
		t.Fatalf("%v", list)
	}
	u := list[0]
	for _, name := range []string{"ts", "size", "id"} {
		if u[name] == nil {
			t.Errorf("no %s", name)
		}
		delete(u, name)
	}
	want := map[string]any{
		"state": "ACTIVE", "retry": 0.0, "retryts": nil, "sender": "", "recipient": "A1@stop.example", "transportid": "out", "jobid": "", "tenantid": "",
		"priority": 0.0, "localips": []any{"127.0.0.2"}, "remoteip": "127.0.0.1", "remotemx": "127.0.0.1", "grouping": "stop.example",
		"tags": []any{"abuse"}, "metadata": map[string]any{"campaign": "autumn"}, "lasterror": "",
	}
	if diff := cmp.Diff(want, u); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if u := s.list("--retrycount", "1"); u[0].Retry != 1 || !strings.Contains(u[0].LastError, "Busy") {
		t.Errorf("%+v", u)
	}
	text := s.ok("queue", "show", "--queue", "active")
	for _, want := range []string{"recipient    A1@stop.example\n", "sender       <>\n", "tags         abuse\n", "metadata     campaign=autumn\n"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	var sums []struct {
		State       string
		Count, Size int
		Oldest      time.Time
	}
	s.json(&sums, "queue", "summary")
	counts := map[string]int{}
	for _, g := range sums {
		counts[g.State] = g.Count
		if g.Size <= 0 || time.Since(g.Oldest) > time.Hour {
			t.Errorf("%+v", g)
		}
	}
	if diff := cmp.Diff(map[string]int{"HOLD": 2, "DEFER": 2, "ACTIVE": 1}, counts); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if top := strings.Split(s.ok("queue", "top", "--by", "recipientdomain,tenantid", "--limit", "1"), "\n"); len(top) != 3 || !strings.HasPrefix(top[1], "held.example     t1        ") {
		t.Errorf("%q", top)
	}
	if r := s.ctl("queue", "top", "--by", "colour"); r.code != 1 || !strings.Contains(r.err, "got 'colour', want some of grouping, ") {
		t.Errorf("%+v", r)
	}
}

func TestChanges(t *testing.T) {
	t.Parallel()
	s, next := filled(t)
	for _, bad := range [][]string{{"hold"}, {"delete", "--all"}, {"bounce", "--yes"}, {"retry", "--all", "--yes", "--jobid", "x"}} {
		if r := s.ctl(append([]string{"queue"}, bad...)...); r.code != 2 || r.out != "" {
			t.Errorf("%v: %+v", bad, r)
		}
	}
	step := func(want string, args ...string) {
		t.Helper()
		if got := s.ok(append([]string{"queue"}, args...)...); got != want+"\n" {
			t.Errorf("%v: got %q, want %q", args, got, want)
		}
	}
	step("0 affected", "hold", "--jobid", "nobody")
	step("3 affected", "hold", "--queue", "defer,active")
	step("0 affected", "hold", "--all", "--yes")
	step(`{"affected":1}`, "release", "--recipient", "H1", "--json")
	s.Until("the released unit", func() bool { return len(next.With("Subject: H1@")) == 1 })
	r := s.ctl("queue", "update", "--jobid", "j1", "--set-transportid", "othre")
	if r.code != 1 || !strings.Contains(r.err, "update.transportid: no transport 'othre', want one of other, out") {
		t.Errorf("an unknown transport: %+v", r)
	}
	step("2 affected", "update", "--jobid", "j1", "--jobid", "j2", "--set-jobid", "j9", "--set-tenantid", "t9", "--set-priority", "1", "--set-metadata", "k=v", "--set-transportid", "other")
	if u := s.list("--jobid", "j9"); len(u) != 2 || u[0].TenantID != "t9" || u[0].Priority != 1 || u[0].Metadata["k"] != "v" || u[0].TransportID != "other" {
		t.Errorf("%+v", u)
	}
	step("1 affected", "release", "--sender", "<>")
	s.Until("the suspended unit", func() bool { return len(s.list("--queue", "active")) == 1 })
	step("1 affected", "retry", "--recipient", "D1")
	s.Until("the unit that waited", func() bool { return len(next.With("Subject: D1@")) == 1 })
	step("1 affected", "delete", s.list("--recipient", "H2.Long")[0].id())
	step("1 affected", "bounce", "--recipient", "busy")
	s.Until("the notification", func() bool { return len(next.With("To: ann@two.example")) == 1 })
	s.Until("the rest", func() bool { return len(s.list()) == 1 })
	step("1 affected", "delete", "--all", "--yes")
	s.Until("nothing", func() bool { return len(s.list()) == 0 })
	s.send("a@b.example", "later@wait.example", `{"delay":7200}`, "x")
	step("1 affected", "update", "--recipient", "later", "--set-delay", "1s")
	s.Until("the delay", func() bool { return len(next.With("Subject: later@")) == 1 })
	if r := s.ctl("queue", "update", "--recipient", "x"); r.code != 1 || !strings.Contains(r.err, "nothing to change") {
		t.Errorf("%+v", r)
	}
	if r := s.ctl("queue", "update", "--recipient", "x", "--set-priority", "7"); r.code != 1 || !strings.Contains(r.err, "got 7, want 0 or 1") {
		t.Errorf("%+v", r)
	}
	s.Stop()
}

// TestTransfer: what is exported and imported elsewhere arrives with the same bytes.
func TestTransfer(t *testing.T) {
	t.Parallel()
	next := newSink(t)
	from, to := start(t, next, nil), start(t, next, nil)
	body := "line\r\n.dot\r\n\xff\xfe binary\r\n" + strings.Repeat("0123456789abcdef\r\n", 40_000)
	from.send("news@one.example", "H1@held.example", `{"hold":true,"jobid":"j1","metadata":{"k":"v"},"quotas":["q"]}`, strings.TrimSuffix(body, "\r\n"))
	u := from.list()[0]
	files := strings.Fields(from.ok("queue", "export", u.id()))
	eml, err := os.ReadFile(filepath.Join(from.Dir, files[0]))
	if err != nil {
		t.Fatal(err)
	}
	if files[0] != u.id()+".eml" || files[1] != u.id()+".json" || !strings.HasSuffix(string(eml), "\r\n\r\n"+body) || !strings.Contains(string(eml), "X-Seen: yes\r\n") || len(eml) != u.Size {
		t.Errorf("%v: %d bytes of %d, %.300q", files, len(eml), u.Size, eml)
	}
	other := t.TempDir()
	from.ok("queue", "export", u.id(), "--original", "-o", other)
	original, err := os.ReadFile(filepath.Join(other, u.id()+".eml"))
	if err != nil || strings.Contains(string(original), "X-Seen") || !strings.HasSuffix(string(original), "\r\n\r\n"+body) {
		t.Errorf("the original: %v, %.200q", err, original)
	}
	if got := from.ok("queue", "quota"); !strings.Contains(got, fmt.Sprintf("q          1  %.1fKiB", float64(u.Size)/1024)) {
		t.Errorf("%s", got)
	}
	to.ok("suspend", "add", "--recipientdomain", "held.example")
	var imported struct {
		Affected int
		IDs      []struct {
			Transaction string
			Queue       int
		}
	}
	to.json(&imported, "queue", "import", filepath.Join(from.Dir, files[0]))
	if imported.Affected != 1 || len(imported.IDs) != 1 {
		t.Fatalf("%+v", imported)
	}
	id := fmt.Sprintf("%s:%d", imported.IDs[0].Transaction, imported.IDs[0].Queue)
	to.Until("the imported unit", func() bool { return len(to.list("--queue", "active")) == 1 })
	got := to.list("--id", id)
	if len(got) != 1 || got[0].id() == u.id() {
		t.Fatalf("%+v", got)
	}
	want := u
	want.ID, want.State, want.LocalIPs, want.RemoteIP, want.RemoteMX, want.Grouping = got[0].ID, "ACTIVE", got[0].LocalIPs, "127.0.0.1", "127.0.0.1", "held.example"
	if diff := cmp.Diff(want, got[0]); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	to.ok("queue", "export", id, "-o", other)
	again, err := os.ReadFile(filepath.Join(other, id+".eml"))
	if err != nil || string(again) != string(eml) {
		t.Errorf("the bytes differ: %v, %d and %d", err, len(again), len(eml))
	}
	to.ok("suspend", "delete", to.suspensions("dynamic")[0])
	to.Until("the delivery", func() bool { return len(next.With("Subject: H1@")) == 1 })
	if mail := next.With("Subject: H1@")[0]; mail != string(eml) {
		t.Errorf("the sink has %d bytes, want %d: %.300q", len(mail), len(eml), mail)
	}
	if got := to.ok("queue", "import", filepath.Join(from.Dir, files[1])); got != "1 affected\n" {
		t.Errorf("%q", got)
	}
	if r := to.ctl("queue", "export", "nobody:1"); r.code != 1 || r.err != "hawserctl: no unit 'nobody:1'\n" {
		t.Errorf("%+v", r)
	}
	if r := to.ctl("queue", "import", "nothing.eml"); r.code != 2 || !strings.Contains(r.err, "nothing.json: no such file") {
		t.Errorf("%+v", r)
	}
}
