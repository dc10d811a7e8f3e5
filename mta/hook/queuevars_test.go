package hook_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hawser-mta/hawser/mta/config"
	"github.com/hawser-mta/hawser/mta/hook"
	"github.com/hawser-mta/hawser/mta/message"
	"github.com/hawser-mta/hawser/mta/policy"
	"github.com/hawser-mta/hawser/mta/smtp"
	"github.com/hawser-mta/hawser/mta/spool"
)

// TestMessageFile: both forms of a queued message are read as files, and only then
// opened.
func TestMessageFile(t *testing.T) {
	t.Parallel()
	const read = `
		$f = File($message["file"]["original"]); $m = File($message["file"]["modified"]);
		echo $f->read(); echo $m->readline(); echo $m->seek(0, "SEEK_END") == $message["size"];
		echo MailMessage::File(File($message["file"]["modified"]))->getHeader("X-New"); $f->close();`
	const raw = "Subject: s\r\n\r\nbody\r\n"
	patch := message.Patch{{Data: []byte("X-New: 1\r\n")}}
	u := &spool.Unit{Patch: patch, Size: int64(len(raw)) + patch.Size()}
	for _, phase := range []hook.Phase{hook.PreDelivery, hook.PostDelivery} {
		r := runner(t, map[string]string{string(phase): read})
		opened := 0
		open := func() (message.Source, error) { opened++; return message.Bytes([]byte(raw)), nil }
		r.RunQueue(t.Context(), &hook.QueueInput{Phase: phase, Unit: u, Content: open})
		if d := cmp.Diff(raw+"\nX-New: 1\ntrue\n1\n", r.out.String()); d != "" || opened != 1 {
			t.Errorf("%s: opened %d times (-want +got)\n%s%s", phase, opened, d, r.log.String())
		}
	}
	r := runner(t, map[string]string{"predelivery": `$f = File($message["file"]["original"]); echo [$f->read(), $message["size"]];`})
	r.RunQueue(t.Context(), &hook.QueueInput{Phase: hook.PreDelivery, Unit: u, Content: func() (message.Source, error) { return nil, errors.New("gone") }})
	if got := r.out.String(); !strings.HasPrefix(got, "[0=>none,") {
		t.Errorf("a file that cannot be read: %s %s", got, r.log.String())
	}
	r = runner(t, map[string]string{"predelivery": `echo $message["size"];`})
	r.RunQueue(t.Context(), &hook.QueueInput{Phase: hook.PreDelivery, Unit: u, Content: func() (message.Source, error) { t.Error("opened"); return nil, errors.New("x") }})
}

// TestPostdeliveryArguments: the exact shape of what an attempt leaves (spec hooks 12.1
// to 12.3).
func TestPostdeliveryArguments(t *testing.T) {
	t.Parallel()
	five := 5
	in := &hook.QueueInput{
		Phase: hook.PostDelivery, Unit: &spool.Unit{}, Retry: 2, Expired: true, Action: "BOUNCE",
		DSN: &hook.DSNFacts{Action: "failed", ID: "d", Status: [3]int{5, 1, 1}, Type: "smtp", Code: "550 5.1.1 no"},
		Attempt: &hook.Attempt{
			Grouping: "&big", Duration: 1500 * time.Millisecond,
			Result: &hook.AttemptResult{Reply: smtp.MakeReply(550, [3]int{5, 1, 1}, "no", "never"), State: "RCPT"},
			Conn: &hook.AttemptConn{ID: "c", Transactions: 3, LocalIP: "192.0.2.1", LocalIPID: "a", Helo: "h", RemoteIP: "192.0.2.2", RemoteMX: "MX.test", Greet: []string{"hi"},
				TLSTried: true, TLSStarted: true, Protocol: "TLSv1.3", Cipher: "X", KeySize: 256, Report: "certificate-expired",
				TLSA: []hook.TLSA{{Usage: 3, Selector: 1, MatchingType: 1, Data: "ab"}, {Usage: 2, Data: "cd"}}},
			Policy: []policy.Applied{
				{Limits: policy.Limits{Concurrency: -1}, Fields: []policy.Field{}},
				{Limits: policy.Limits{Concurrency: 4, Rate: config.Rate{Count: 2, Interval: time.Minute}, ConnectInterval: 500 * time.Millisecond}, Fields: []policy.Field{policy.RemoteMX, policy.LocalIP},
					Rollups: map[policy.Field]string{policy.RemoteMX: "#google"}, Tag: "slow", Stop: true, Properties: map[string]any{"b": true, "a": 1.5, "c": "x"},
					Dynamic: &policy.Condition{ID: "dyn", Then: config.PolicyAction{Tag: "hot", Concurrency: &five, Properties: map[string]any{"n": 3.0}}}},
				{Limits: policy.Limits{Concurrency: 0}, Fields: []policy.Field{policy.JobID}, Tag: "slow"},
			},
		},
	}
	want := `["retry"=>2,"expired"=>true,"action"=>"BOUNCE","grouping"=>"&big",` +
		`"policy"=>["tags"=>[0=>"slow"],"policies"=>[0=>["fields"=>[],"properties"=>[],"dynamic"=>[]],` +
		`1=>["fields"=>[0=>"remotemx",1=>"localip"],"grouping"=>["remotemx"=>"#google"],"properties"=>["a"=>"1.5","b"=>"true","c"=>"x"],"tags"=>[0=>"slow"],"stop"=>true,` +
		`"dynamic"=>[0=>["id"=>"dyn","tag"=>"hot","properties"=>["n"=>"3"],"ttl"=>0]],"concurrency"=>4,"rate"=>[0=>2,1=>60],"connectinterval"=>0.5],` +
		`2=>["fields"=>[0=>"jobid"],"properties"=>[],"tags"=>[0=>"slow"],"dynamic"=>[],"concurrency"=>0]]],` +
		`"attempt"=>["result"=>["code"=>550,"enhanced"=>[0=>5,1=>1,2=>1],"reason"=>[0=>"no",1=>"never"],"state"=>"RCPT"],` +
		`"connection"=>["id"=>"c","transactions"=>3,"localip"=>"192.0.2.1","localipid"=>"a","helo"=>"h","remoteip"=>"192.0.2.2","remotemx"=>"mx.test","remotegreet"=>[0=>"hi"],` +
		`"tls"=>["started"=>true,"protocol"=>"TLSv1.3","cipher"=>"X","keysize"=>256,"tlsrpt"=>"certificate-expired",` +
		`"tlsa"=>["records"=>[0=>["usage"=>3,"selector"=>1,"mtype"=>1,"data"=>"ab"],1=>["usage"=>2,"selector"=>0,"mtype"=>0,"data"=>"cd"]]]]],"duration"=>1.5],` +
		`"dsn"=>["action"=>"failed","id"=>["transaction"=>"d","queue"=>1],"status"=>[0=>5,1=>1,2=>1],"diagnostictype"=>"smtp","diagnosticcode"=>"550 5.1.1 no"]]` + "\n"
	r := runner(t, map[string]string{"postdelivery": `echo $arguments;`})
	r.RunQueue(t.Context(), in)
	if d := cmp.Diff(want, r.out.String()); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
	r = runner(t, map[string]string{"postdelivery": `echo $arguments;`})
	r.RunQueue(t.Context(), &hook.QueueInput{Phase: hook.PostDelivery, Unit: &spool.Unit{}, Action: "DELETE"})
	if d := cmp.Diff("[\"retry\"=>0,\"expired\"=>false,\"action\"=>\"DELETE\"]\n", r.out.String()); d != "" {
		t.Errorf("without an attempt (-want +got)\n%s", d)
	}
	r = runner(t, map[string]string{"postdelivery": `echo $arguments["attempt"]["connection"]["tls"];`})
	in.Attempt.Conn = &hook.AttemptConn{TLSTried: true, Report: "dnssec-invalid", TLSAFailed: true}
	r.RunQueue(t.Context(), in)
	if d := cmp.Diff("[\"started\"=>false,\"tlsrpt\"=>\"dnssec-invalid\",\"tlsa\"=>[\"error\"=>[\"temporary\"=>true]]]\n", r.out.String()); d != "" {
		t.Errorf("a look-up that failed (-want +got)\n%s", d)
	}
}

// TestTryDSN: Try changes only the wishes that it names.
func TestTryDSN(t *testing.T) {
	t.Parallel()
	r := runner(t, map[string]string{"predelivery": `Try(["dsn" => ["success" => "delivered", "ret" => "", "notify" => []]]);`})
	v, _ := r.RunQueue(t.Context(), &hook.QueueInput{Phase: hook.PreDelivery, Unit: &spool.Unit{}})
	d := v.Try.DSN
	if v.Try.DSNSuccess != "delivered" || d.EnvID != nil || d.Orcpt != nil || d.Ret == nil || *d.Ret != "" || d.Notify == nil || len(*d.Notify) != 0 {
		t.Errorf("%+v\n%s", d, r.log.String())
	}
}

// TestQueueOptionFaults: values of Try, Queue and Bounce that make no sense.
func TestQueueOptionFaults(t *testing.T) {
	t.Parallel()
	for call, want := range map[string]string{
		`Try(["protocol" => "http"])`:                   "option protocol must be smtp or lmtp",
		`Try(["proxyprotocol" => 3])`:                   "option proxyprotocol must be 1 or 2",
		`Try(["dsn" => ["notify" => "SOMETIMES"]])`:     "option notify must be NEVER, SUCCESS, FAILURE or DELAY",
		`Try(["plugin" => ["arguments" => []]])`:        "option id must be the id of a delivery plugin",
		`Try(["plugin" => "kafka"])`:                    "option plugin must be array",
		`Try(["dsn" => ["success" => "x"]])`:            "option success must be relayed or delivered",
		`Try(["port" => "x"])`:                          "option port must be number",
		`Try(["sourceip" => "a"])`:                      "option sourceip must be array",
		`Queue(["transportid" => "zzz"])`:               "unknown transport",
		`Queue(["delay" => "soon"])`:                    "option delay must be number",
		`Bounce(["dsn" => ["dkim" => "s1"]])`:           "option dkim must be array",
		`Bounce(["dsn" => ["metadata" => ["a" => 1]]])`: "metadata must be string, got number for 'a'",
	} {
		r := runner(t, map[string]string{"predelivery": call + ";"})
		v, _ := r.RunQueue(t.Context(), &hook.QueueInput{Phase: hook.PreDelivery, Unit: &spool.Unit{}})
		if v.Action != hook.Queue || !strings.Contains(r.log.String(), want) {
			t.Errorf("%s: %v %s", call, v.Action, r.log.String())
		}
	}
}

// TestReservations: copies count for their quotas from queue() on, until they are handed
// on or dropped; a full quota is an exception.
func TestReservations(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		script   string
		accepted bool
		open     int // reservations that stay with the copies
	}{
		{`$m->queue("", "a@y.test", "mx", ["quotas" => ["q", "r"]]); $m->queue("", "b@y.test", "mx", ["quotas" => ["q"]]); $m->queue("", "b@y.test", "mx"); Accept();`, true, 2},
		{`$m->queue("", "a@y.test", "mx", ["quotas" => ["q"]]); Reject();`, false, 0},
		{`$m->queue("", "a@y.test", "mx", ["quotas" => ["q"]]); throw "x";`, false, 0},
		{`try { $m->queue("", "a@y.test", "mx", ["quotas" => ["full"]]); } catch ($e) { echo $e->message(); } Accept();`, true, 0},
		{`$m->snapshot(); MailMessage::String("A: b\r\n\r\n")->queue("", "a@y.test", "mx", ["quotas" => ["q"]]); Accept();`, true, 0},
	} {
		r := runner(t, map[string]string{"eod": `$m = $arguments["mail"]; $m->addHeader("X", "1"); ` + c.script})
		open, sizes := 0, []int64{}
		r.Reserve = func(names []string, size int64) (func(), error) {
			if names[0] == "full" {
				return nil, errors.New("quota 'full' is full: 1 messages, at most 1")
			}
			open++
			sizes = append(sizes, size)
			return func() { open-- }, nil
		}
		in := input(hook.EOD)
		s := parse("s@x.test")
		in.Tx.Sender, in.Mail = &s, message.Parse(message.Bytes([]byte("A: b\r\n\r\n")))
		v := r.Run(t.Context(), in)
		if (v.Action == hook.Accept) != c.accepted || open != c.open {
			t.Errorf("%s: %v, %d open\n%s", c.script, v.Action, open, r.log.String())
		}
		if strings.Contains(c.script, "full") && r.out.String() != "queue(): quota 'full' is full: 1 messages, at most 1\n" {
			t.Errorf("got %q", r.out.String())
		}
		if len(sizes) > 0 && sizes[0] != 14 && !strings.Contains(c.script, "String") {
			t.Errorf("sizes %v", sizes)
		}
		if hook.Release(v.Queued); open != 0 {
			t.Errorf("%s: %d open in the end", c.script, open)
		}
	}
}
