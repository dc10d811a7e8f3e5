package mail_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/hawser-mta/hawser/mta/message"
	"github.com/hawser-mta/hawser/mta/script"
	"github.com/hawser-mta/hawser/mta/script/mail"
	"github.com/hawser-mta/hawser/runtime/module"
	"github.com/hawser-mta/hawser/runtime/registry"
	"github.com/hawser-mta/hawser/runtime/value"
	"github.com/hawser-mta/hawser/runtime/vm"
	"github.com/hawser-mta/hawser/stdlib"
)

// queuer notes what is queued.
type queuer struct{ got []string }

func (q *queuer) QueueCopy(_ *vm.Thread, src message.Source, _ message.Patch, sender, recipient value.Value, transport string, o *registry.Options, eod bool) (string, int, error) {
	if transport == "full" {
		return "", 0, mail.ErrSpool
	}
	q.got = append(q.got, strings.Join([]string{sender.String(), recipient.String(), transport, o.Str("jobid", "")}, " "))
	return "tx", len(q.got), o.Err()
}

// TestSendOfOld: what send() of MIME does with the arguments of queue(), in a program
// compiled with compat, in one without, and in one without that imports one with.
func TestSendOfOld(t *testing.T) {
	t.Parallel()
	const lib = `function post(...$a) { $m = MIME()->setBody("x"); try { return $m->send(...$a); } catch ($e) { return $e->message(); } }`
	const calls = `
echo post("a@x.test", "b@y.test", "mx");
echo post("a@x.test", ["localpart" => "c", "domain" => "y.test"], "mx", ["jobid" => "7"]);
echo post("a@x.test", "b@y.test", "full");
echo post("a@x.test", ["b@y.test"], "mx");
echo post("a@x.test", ["b@y.test"], "mx", ["jobid" => "7"]);
echo post("a@x.test", "b@y.test", ["host" => "127.0.0.1"]);
echo post("a@x.test", [], "mx");
echo post("a@x.test", "b@y.test");
echo post("a@x.test", "b@y.test", "mx", [], 1);
echo MailMessage::String("") != none;
`
	const old = `["transaction"=>"tx","queue"=>1]
["transaction"=>"tx","queue"=>2]

["error"=>["temporary"=>true,"message"=>"no transport 'mx'","reason"=>"no transport 'mx'","type"=>"config"],"tls"=>["started"=>false]]
send(): options go with the id of a transport and one recipient
send(): argument 2 (recipients) must be array, got string
send(): there is no recipient
Too few arguments to MIME->send
Too many arguments to MIME->send
true
`
	const modern = `MIME->send(): argument 2 (recipients) must be array, got string
Too many arguments to MIME->send
MIME->send(): argument 2 (recipients) must be array, got string
["error"=>["temporary"=>true,"message"=>"no transport 'mx'","reason"=>"no transport 'mx'","type"=>"config"],"tls"=>["started"=>false]]
Too many arguments to MIME->send
MIME->send(): argument 2 (recipients) must be array, got string
send(): there is no recipient
Too few arguments to MIME->send
Too many arguments to MIME->send
true
`
	queued := []string{"a@x.test b@y.test mx ", `a@x.test ["localpart"=>"c","domain"=>"y.test"] mx 7`}
	for _, c := range []struct {
		name, src, want string
		compat          bool
		queued          []string
	}{
		{"with compat", lib + calls, old, true, queued},
		{"without", lib + calls, modern, false, nil},
		{"of a module with", `import { post } from "extras://old";` + calls, old, false, queued},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := registry.New()
			stdlib.Register(b)
			script.Register(b)
			loader := module.NewLoader(b.Freeze())
			loader.Compat = c.compat
			root := &module.Root{FS: fstest.MapFS{}}
			extras := &module.Root{FS: fstest.MapFS{"old.hsl": {Data: []byte(lib)}}, Prefix: "extras://", Compat: true}
			set, diags := loader.Build(t.Context(), &module.Roots{Files: root, Extras: []*module.Root{extras}},
				[]module.Entry{{ID: "x", Root: root, Path: "x", Source: []byte(c.src)}})
			if set == nil {
				t.Fatal(diags.Err())
			}
			var out strings.Builder
			q := &queuer{}
			th := vm.New(set.Image("x"), vm.DefaultHost(&out), vm.Limits{})
			th.Data = q
			if _, err := th.Run(t.Context()); err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(c.want, out.String()); d != "" {
				t.Errorf("output (-want +got)\n%s", d)
			}
			if d := cmp.Diff(c.queued, q.got); d != "" {
				t.Errorf("queued (-want +got)\n%s", d)
			}
		})
	}
}
