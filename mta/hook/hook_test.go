package hook_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/netip"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hawser-mta/hawser/mta/address"
	"github.com/hawser-mta/hawser/mta/config"
	"github.com/hawser-mta/hawser/mta/hook"
	"github.com/hawser-mta/hawser/mta/message"
	"github.com/hawser-mta/hawser/mta/script"
	"github.com/hawser-mta/hawser/mta/smtp"
	"github.com/hawser-mta/hawser/mta/spool"
	"github.com/hawser-mta/hawser/runtime/module"
	"github.com/hawser-mta/hawser/runtime/registry"
	"github.com/hawser-mta/hawser/runtime/runtest"
	"github.com/hawser-mta/hawser/runtime/vm"
	"github.com/hawser-mta/hawser/stdlib"
)

func universe() *registry.Universe {
	b := registry.New()
	stdlib.Register(b)
	script.Register(b)
	hook.Register(b)
	return b.Freeze()
}

// TestErrors compiles the faulty programs that stand in hooks.
func TestErrors(t *testing.T) {
	t.Parallel()
	runtest.Dir(t, universe(), "../../testdata/lang/errors/hook")
}

type rig struct {
	*hook.Runner
	log bytes.Buffer
	out bytes.Buffer
}

// runner runs one script per phase; "rcptto@DOMAIN" is for a recipient domain.
func runner(t *testing.T, scripts map[string]string) *rig {
	t.Helper()
	u := universe()
	root := &module.Root{FS: fstest.MapFS{}}
	snap := &hook.Snapshot{
		Universe: u, Hostname: "mx.test", Transports: map[string]bool{"mx": true, "slow": true},
		Limits: vm.Limits{Steps: 100_000, Memory: 64 << 20, Time: 5 * time.Second}, Hooks: map[string]hook.Binding{},
	}
	b := hook.Binding{IDs: map[hook.Phase]string{}, Domains: map[string]string{}}
	var entries []module.Entry
	for key, src := range scripts {
		phase, domain, byDomain := strings.Cut(key, "@")
		id := phase + "/main"
		switch {
		case byDomain:
			id = phase + "/" + domain
			b.Domains[domain] = domain
		case strings.HasSuffix(phase, "delivery"):
			id = "queue/" + phase
		default:
			b.IDs[hook.Phase(phase)] = "main"
		}
		entries = append(entries, module.Entry{ID: id, Context: phase, Root: root, Path: id + ".hsl", Source: []byte(src)})
	}
	snap.Hooks["in"] = b
	loader := module.NewLoader(u)
	loader.Compat, snap.Compat = strings.HasPrefix(t.Name(), "TestLegacy"), strings.HasPrefix(t.Name(), "TestLegacy")
	set, diags := loader.Build(t.Context(), &module.Roots{Files: root}, entries)
	if err := diags.Err(); err != nil {
		t.Fatal(err)
	}
	snap.Set = set
	r := &rig{}
	r.Runner = &hook.Runner{
		Current: func() *hook.Snapshot { return snap }, Logger: slog.New(slog.NewTextHandler(&r.log, nil)),
		Submit: func(_ context.Context, src message.Source, q hook.Queued) (string, error) {
			b, err := io.ReadAll(message.Reader(src))
			r.out.WriteString(q.Recipient.String() + " " + string(b))
			return "new", err
		},
	}
	snap.Host = vm.DefaultHost(&r.out)
	return r
}

func input(p hook.Phase) *hook.Input {
	return &hook.Input{
		Phase: p, Tx: &hook.Transaction{ID: "tx"},
		Conn: &hook.Connection{ID: "c", ServerID: "in", RemoteIP: netip.MustParseAddr("192.0.2.1"), RemotePort: 5, LocalIP: netip.MustParseAddr("192.0.2.2"), LocalPort: 25},
	}
}

func parse(s string) address.Address {
	a, err := address.Parse(s)
	if err != nil {
		panic(err)
	}
	return a
}

func TestReplies(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, phase, src, want string }{
		{"default accept", "mailfrom", `Accept();`, "Accept 250 2.1.0 Ok"},
		{"implicit accept", "helo", `$x = 1;`, "Accept 250 mx.test"},
		{"implicit auth", "auth", ``, "Reject 535 5.7.8 Authentication credentials invalid"},
		{"implicit eod", "eod", ``, "Defer 421 4.3.0 Message temporarily rejected"},
		{"script error", "mailfrom", `throw "x";`, "Defer 450 4.7.1 Sender temporarily rejected"},
		{"endless", "rcptto", `forever { }`, "Defer 450 4.7.1 Recipient temporarily rejected"},
		{"growing", "rcptto", `$a = "x"; forever $a .= $a;`, "Defer 450 4.7.1 Recipient temporarily rejected"},
		{"reason", "rcptto", `Reject("no such user");`, "Reject 554 5.7.1 no such user"},
		{"lines", "rcptto", `Reject(["a", "b"]);`, "Reject 554 5.7.1 a|5.7.1 b"},
		{"code drops the enhanced one", "mailfrom", `Reject("x", ["reply_codes" => ["code" => 450]]);`, "Reject 450 x"},
		{"code keeps the enhanced one", "mailfrom", `Reject("x", ["reply_codes" => ["code" => 550]]);`, "Reject 550 5.7.1 x"},
		{"both codes", "mailfrom", `Reject("x", ["reply_codes" => ["code" => 550, "enhanced" => [5, 1, 2]]]);`, "Reject 550 5.1.2 x"},
		{"code out of range", "mailfrom", `Reject("x", ["reply_codes" => ["code" => 250]]);`, "Defer 450 4.7.1 Sender temporarily rejected"},
		{"not caught", "mailfrom", `try { Reject("x"); } catch ($e) { Accept(); } Accept();`, "Reject 554 5.7.1 x"},
		{"from a function and a callback", "mailfrom", `function f() { array_map(function ($x) { Reject("in"); }, [1]); } f();`, "Reject 554 5.7.1 in"},
		{"connect closes", "connect", `Defer("busy");`, "Defer 421 busy close"},
		{"connect banner", "connect", `Accept(["reason" => "hello\nthere"]);`, "Accept 220 hello|there"},
		{"eod reason", "eod", `Accept("kept");`, "Accept 250 2.0.0 kept"},
		{"eod options", "eod", `Accept(["reason" => "kept"]);`, "Accept 250 2.0.0 kept"},
		{"eod both", "eod", `Accept("kept", ["reply_codes" => ["code" => 251]]);`, "Accept 251 2.0.0 kept"},
		{"disconnect option", "helo", `Reject("x", ["disconnect" => true]);`, "Reject 554 x close"},
		{"proxy answers", "proxy", `Reply("hi", ["next" => true]);`, "Reply 250 2.0.0 hi next"},
		{"proxy fails", "proxy", `throw 1;`, "Reply 421 4.3.0 Temporary failure, session c close"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := runner(t, map[string]string{c.phase: c.src})
			in := input(hook.Phase(c.phase))
			in.Mail = message.Parse(message.Bytes([]byte("A: b\r\n\r\nx")))
			v := r.Run(t.Context(), in)
			got := string(v.Action) + " " + v.Reply.String()
			wire := strings.TrimSuffix(string(smtp.AppendReply(nil, v.Reply)), "\r\n")
			var texts []string
			for _, l := range strings.Split(wire, "\r\n") {
				texts = append(texts, l[4:])
			}
			got = string(v.Action) + " " + wire[:3] + " " + strings.Join(texts, "|")
			if v.Disconnect {
				got += " close"
			}
			if v.Next {
				got += " next"
			}
			if got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

// TestVariables prints what each hook sees.
func TestVariables(t *testing.T) {
	t.Parallel()
	show := `echo $connection; echo $transaction; echo $arguments;`
	for _, c := range []struct {
		phase  string
		change func(in *hook.Input)
		want   string
	}{
		{"connect", func(in *hook.Input) { in.Conn.RemotePTR = "c.test" },
			`["id"=>"c","priority"=>0]
["id"=>"tx"]
["remoteip"=>"192.0.2.1","remoteport"=>5,"remoteptr"=>"c.test","localip"=>"192.0.2.2","localport"=>25,"serverid"=>"in"]
`},
		{"helo", func(in *hook.Input) {
			in.Verb, in.Host, in.Extensions = "EHLO", "c.test", []string{"SIZE 1"}
			in.Conn.Helo = &hook.HeloName{Verb: "EHLO", Host: "old"}
		},
			`["id"=>"c","priority"=>0,"remoteip"=>"192.0.2.1","remoteport"=>5,"localip"=>"192.0.2.2","localport"=>25,"serverid"=>"in"]
["id"=>"tx"]
["verb"=>"EHLO","host"=>"c.test","extensions"=>[0=>"SIZE 1"]]
`},
		{"rcptto", func(in *hook.Input) {
			s := parse("S@X.test")
			in.Tx.Sender, in.Tx.SenderParams = &s, smtp.Params{{Key: "SIZE", Value: "5"}}
			in.Address, in.TransportID = parse(`"A b"@Y.test`), "mx"
			in.Conn.TLS = &hook.TLS{Protocol: "TLSv1.3", Cipher: "X", KeySize: 128}
			in.Conn.Auth = &hook.AuthName{Mechanism: "PLAIN", Username: "jo"}
		},
			`["id"=>"c","priority"=>0,"remoteip"=>"192.0.2.1","remoteport"=>5,"localip"=>"192.0.2.2","localport"=>25,"serverid"=>"in","tls"=>["protocol"=>"TLSv1.3","cipher"=>"X","keysize"=>128],"auth"=>["mechanism"=>"PLAIN","username"=>"jo"]]
["id"=>"tx","sender"=>"s@x.test","senderaddress"=>["localpart"=>"S","domain"=>"X.test"],"senderparams"=>["SIZE"=>"5"],"recipients"=>[]]
["recipient"=>"\"a b\"@y.test","address"=>["localpart"=>"A b","domain"=>"Y.test"],"params"=>[],"transportid"=>"mx"]
`},
		{"auth", func(in *hook.Input) { in.Mechanism, in.Username, in.Password = "PLAIN", "jo", "pw" },
			`["id"=>"c","priority"=>0,"remoteip"=>"192.0.2.1","remoteport"=>5,"localip"=>"192.0.2.2","localport"=>25,"serverid"=>"in"]
["id"=>"tx"]
["mechanism"=>"PLAIN","username"=>"jo","password"=>"pw"]
`},
		{"disconnect", func(in *hook.Input) {
			r := smtp.MakeReply(421, [3]int{4, 4, 2}, "bye")
			in.Close = hook.Close{Local: true, Reply: &r, State: "MAIL"}
		},
			`["id"=>"c","priority"=>0,"remoteip"=>"192.0.2.1","remoteport"=>5,"localip"=>"192.0.2.2","localport"=>25,"serverid"=>"in"]
[]
["close"=>"local","reply"=>["code"=>421,"enhanced"=>[0=>4,1=>4,2=>2],"reason"=>[0=>"bye"],"state"=>"MAIL"]]
`},
	} {
		t.Run(c.phase, func(t *testing.T) {
			t.Parallel()
			r := runner(t, map[string]string{c.phase: show})
			in := input(hook.Phase(c.phase))
			c.change(in)
			r.Run(t.Context(), in)
			if d := cmp.Diff(c.want, r.out.String()); d != "" {
				t.Errorf("(-want +got)\n%s", d)
			}
		})
	}
}

func TestAcceptOptions(t *testing.T) {
	t.Parallel()
	r := runner(t, map[string]string{
		"connect":      `Accept(["remoteip" => "2001:db8::1", "remoteptr" => "", "priority" => 1]);`,
		"helo":         `Accept(["host" => "h", "extensions" => ["DSN"]]);`,
		"mailfrom":     `Accept(["sender" => ["localpart" => "a b", "domain" => "z.test"], "params" => ["RET" => "FULL"]]);`,
		"rcptto":       `Accept(["recipient" => "n@z.test", "transportid" => "slow"]);`,
		"rcptto@b.org": `Reject("by domain");`,
		"auth":         `Accept(["username" => "api"]);`,
		"proxy":        `Pass(["command" => "NOOP"]);`,
	})
	v := r.Run(t.Context(), input(hook.Connect))
	if v.RemoteIP.String() != "2001:db8::1" || *v.RemotePTR != "" || *v.Priority != 1 {
		t.Errorf("%+v", v)
	}
	if v = r.Run(t.Context(), input(hook.Helo)); *v.Host != "h" || v.Extensions[0] != "DSN" {
		t.Errorf("%+v", v)
	}
	if v = r.Run(t.Context(), input(hook.MailFrom)); v.Address.String() != `"a b"@z.test` || v.Params[0].Value != "FULL" {
		t.Errorf("%+v", v)
	}
	if v = r.Run(t.Context(), input(hook.RcptTo)); v.Address.String() != "n@z.test" || *v.TransportID != "slow" {
		t.Errorf("%+v", v)
	}
	in := input(hook.RcptTo)
	in.Address = parse("x@B.ORG")
	if v = r.Run(t.Context(), in); v.Reply.Lines[0] != "by domain" {
		t.Errorf("%+v", v)
	}
	if v = r.Run(t.Context(), input(hook.Auth)); *v.Username != "api" {
		t.Errorf("%+v", v)
	}
	if v = r.Run(t.Context(), input(hook.Proxy)); v.Action != hook.Pass || *v.Command != "NOOP" || v.Next {
		t.Errorf("%+v", v)
	}
}

// TestEOD: copies carry the changes made so far, and only Accept releases them.
func TestEOD(t *testing.T) {
	t.Parallel()
	r := runner(t, map[string]string{"eod": `
		$mail = $arguments["mail"];
		$id = $mail->snapshot();
		foreach ($transaction["recipients"] as $r) {
			$mail->restore($id);
			$mail->addHeader("X-To", $r["recipient"]);
			echo $mail->queue($transaction["senderaddress"], ["localpart" => $r["address"]["localpart"], "domain" => "q.test", "params" => ["NOTIFY" => "NEVER"]], "mx",
				["jobid" => "j", "metadata" => ["k" => "v"], "delay" => 5, "dsn" => ["notify" => "delay,failure", "envid" => "e"]]);
		}
		MIME()->addHeader("Subject", "copy")->setBody("x")->queue("", "archive@z.test", "slow");
		try { $mail->queue("", "a@b.test", "nope"); } catch ($e) { echo $e->message(); }
		Accept();`})
	in := input(hook.EOD)
	s := parse("s@x.test")
	in.Tx.Sender, in.Tx.Recipients = &s, []hook.Recipient{{Address: parse("a@y.test")}, {Address: parse("b@y.test")}}
	in.Mail = message.Parse(message.Bytes([]byte("Subject: s\r\n\r\nbody\r\n")))
	v := r.Run(t.Context(), in)
	if v.Action != hook.Accept || len(v.Queued) != 2 {
		t.Fatalf("%+v\n%s", v, r.log.String())
	}
	q := v.Queued[1]
	copied, err := io.ReadAll(message.Reader(q.Patch.Apply(in.Mail.Source())))
	if err != nil || string(copied) != "X-To: b@y.test\r\nSubject: s\r\n\r\nbody\r\n" {
		t.Errorf("%q %v", copied, err)
	}
	q.Patch = nil
	want := hook.Queued{
		Number: 2, Sender: s, Recipient: parse("b@q.test"), RcptExtra: smtp.Params{{Key: "NOTIFY", Value: "NEVER"}}, TransportID: "mx",
		JobID: "j", Metadata: map[string]string{"k": "v"}, Delay: 5 * time.Second, DSN: hook.DSNRequest{EnvID: "e", Notify: []string{"DELAY", "FAILURE"}},
	}
	if d := cmp.Diff(want, q); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
	out := r.out.String()
	if !strings.Contains(out, "archive@z.test Subject: copy") || !strings.Contains(out, `["transaction"=>"tx","queue"=>2]`) || !strings.Contains(out, "unknown transport 'nope'") {
		t.Errorf("got %s", out)
	}
}

func TestUnscripted(t *testing.T) {
	t.Parallel()
	r := runner(t, nil)
	in := input(hook.RcptTo)
	if v := r.Run(t.Context(), in); v.Action != hook.Reject || v.Reply.Code != 554 {
		t.Errorf("a recipient without a transport: %+v", v)
	}
	in.TransportID = "mx"
	if v := r.Run(t.Context(), in); v.Action != hook.Accept {
		t.Errorf("%+v", v)
	}
	in = input(hook.EOD)
	s := parse("s@x.test")
	in.Tx.Sender, in.Tx.SenderParams = &s, smtp.Params{{Key: "ENVID", Value: "a+2Bb"}}
	in.Tx.Recipients = []hook.Recipient{{Address: parse("a@y.test"), TransportID: "mx", Params: smtp.Params{{Key: "NOTIFY", Value: "never"}}}}
	v := r.Run(t.Context(), in)
	if len(v.Queued) != 1 || v.Queued[0].DSN.EnvID != "a+b" || v.Queued[0].DSN.Notify[0] != "NEVER" || v.Reply.Lines[0] != "Ok: queued as tx" {
		t.Errorf("%+v", v)
	}
}

// TestContext: $context lives as long as the connection.
func TestContext(t *testing.T) {
	t.Parallel()
	r := runner(t, map[string]string{
		"connect": `echo $context; $context = ["n" => 1]; Accept();`, "mailfrom": `$context["n"] += 1; echo $context;`,
	})
	in := input(hook.Connect)
	r.Run(t.Context(), in)
	for range 2 {
		m := input(hook.MailFrom)
		m.Conn = in.Conn
		r.Run(t.Context(), m)
	}
	if got := r.out.String(); got != "\n[\"n\"=>2]\n[\"n\"=>3]\n" {
		t.Errorf("got %q", got)
	}
}

func TestQueueHooks(t *testing.T) {
	t.Parallel()
	r := runner(t, map[string]string{
		"predelivery": `echo $message["id"]; echo $arguments; SetMetaData([...GetMetaData(), "seen" => "1"]); $context = "left";
			Try(["host" => "10.0.0.1", "port" => 26, "tls_sni" => true, "timeout" => ["EOD" => 5], "sourceip" => ["a", ["address" => "192.0.2.9", "helo" => "h"]], "jobid" => "j2"]);`,
		"postdelivery": `echo $context; echo $arguments["attempt"]["result"]["reason"]; Queue(["delay" => 7, "reason" => "slow down", "increment_retry" => false, "dsn" => ["from" => "pm@x.test", "send" => true]]);`,
	})
	u := &spool.Unit{Transaction: "t", Queue: 3, Recipient: parse("a@y.test"), Metadata: map[string]string{"k": "v"}}
	v, left := r.RunQueue(t.Context(), &hook.QueueInput{Phase: hook.PreDelivery, Unit: u, Retry: 2})
	if v.Action != hook.Try || v.Try.Host[0] != "10.0.0.1" || v.Try.TLSSNI != config.SNIHost || v.Try.Timeout["EOD"] != 5*time.Second || v.Try.SourceIP[1].Helo != "h" || *v.Try.JobID != "j2" {
		t.Errorf("%+v\n%s", v.Try, r.log.String())
	}
	if d := cmp.Diff(map[string]string{"k": "v", "seen": "1"}, v.Meta); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
	in := &hook.QueueInput{Phase: hook.PostDelivery, Unit: u, Retry: 3, Context: left, Action: "QUEUE",
		Attempt: &hook.Attempt{Result: &hook.AttemptResult{Reply: smtp.MakeReply(450, [3]int{4, 2, 0}, "full"), State: "RCPT"}}}
	v, _ = r.RunQueue(t.Context(), in)
	if v.Action != hook.Queue || *v.Queue.Delay != 7*time.Second || v.Queue.Increment || v.DSN.From.String() != "pm@x.test" || !*v.DSN.Send {
		t.Errorf("%+v %s", v, r.log.String())
	}
	if d := cmp.Diff("[\"transaction\"=>\"t\",\"queue\"=>3]\n[\"retry\"=>2]\nleft\n[0=>\"full\"]\n", r.out.String()); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
	in.Action = ""
	if v, _ = r.RunQueue(t.Context(), in); v.Action != hook.Default || !strings.Contains(r.log.String(), "the message was delivered") {
		t.Errorf("Queue of a delivered message: %+v", v)
	}
}

func TestQueueHookErrors(t *testing.T) {
	t.Parallel()
	r := runner(t, map[string]string{"predelivery": `throw "x";`, "postdelivery": `throw "y";`})
	v, _ := r.RunQueue(t.Context(), &hook.QueueInput{Phase: hook.PreDelivery, Unit: &spool.Unit{}})
	if v.Action != hook.Queue || *v.Queue.Delay != 300*time.Second || v.Queue.Increment {
		t.Errorf("%+v", v)
	}
	if v, _ = r.RunQueue(t.Context(), &hook.QueueInput{Phase: hook.PostDelivery, Unit: &spool.Unit{}}); v.Action != hook.Default {
		t.Errorf("%+v", v)
	}
	if !strings.Contains(r.log.String(), "queue/predelivery.hsl:1:7") {
		t.Errorf("the log has no position: %s", r.log.String())
	}
}

// TestWrongPhase: what a hook does not have is found when it is compiled.
func TestWrongPhase(t *testing.T) {
	t.Parallel()
	root := &module.Root{FS: fstest.MapFS{}}
	for phase, src := range map[string]string{"disconnect": "Reject();", "eod": "Try();", "postdelivery": "$context = 1;", "mailfrom": "Accept(1, 2, 3);"} {
		_, diags := module.NewLoader(universe()).Build(t.Context(), &module.Roots{Files: root}, []module.Entry{{ID: "x", Context: phase, Root: root, Path: "x.hsl", Source: []byte(src)}})
		if !diags.Errors() {
			t.Errorf("%s: %s compiles", phase, src)
		}
	}
}

func TestCancelled(t *testing.T) {
	t.Parallel()
	r := runner(t, map[string]string{"mailfrom": `sleep(1000);`})
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("gone"))
	begin := time.Now()
	if v := r.Run(ctx, input(hook.MailFrom)); v.Action != hook.Defer || time.Since(begin) > 3*time.Second {
		t.Errorf("%+v after %s", v, time.Since(begin))
	}
}

func BenchmarkRun(b *testing.B) {
	u := universe()
	root := &module.Root{FS: fstest.MapFS{}}
	set, _ := module.NewLoader(u).Build(b.Context(), &module.Roots{Files: root}, []module.Entry{{ID: "rcptto/main", Context: "rcptto", Root: root, Path: "x.hsl",
		Source: []byte(`if ($arguments["address"]["domain"] == "blocked.test") Reject("no"); Accept(["transportid" => "mx"]);`)}})
	snap := &hook.Snapshot{Universe: u, Set: set, Hostname: "mx", Transports: map[string]bool{"mx": true}, Host: vm.DefaultHost(io.Discard),
		Hooks: map[string]hook.Binding{"in": {IDs: map[hook.Phase]string{hook.RcptTo: "main"}}}}
	r := &hook.Runner{Current: func() *hook.Snapshot { return snap }, Logger: slog.New(slog.DiscardHandler)}
	in := input(hook.RcptTo)
	s := parse("s@x.test")
	in.Tx.Sender, in.Address = &s, parse("a@y.test")
	b.ReportAllocs()
	for b.Loop() {
		if v := r.Run(b.Context(), in); v.Action != hook.Accept {
			b.Fatal(v)
		}
	}
}
