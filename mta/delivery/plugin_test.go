package delivery_test

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hawser-mta/hawser/mta/hook"
	"github.com/hawser-mta/hawser/mta/message"
	"github.com/hawser-mta/hawser/mta/plugin"
	"github.com/hawser-mta/hawser/mta/policy"
	"github.com/hawser-mta/hawser/mta/spool"
)

// shelf is a queue whose predelivery gives every unit to the plugin of that id.
type shelf struct{}

func (shelf) RunQueue(_ context.Context, in *hook.QueueInput) (hook.Verdict, any) {
	if in.Phase == hook.PreDelivery {
		return hook.Verdict{Action: hook.Try, Try: &hook.TryOptions{Plugin: &hook.PluginOption{ID: "shelf"}}}, nil
	}
	return hook.Verdict{Action: hook.Default}, nil
}

// Content implements delivery.Content.
func (shelf) Content(*spool.Unit) (message.Source, error) {
	return message.Bytes([]byte("\r\n")), nil
}

// record is a log that is read while it is written.
type record struct {
	mu sync.Mutex
	b  strings.Builder
}

// Write implements io.Writer.
func (r *record) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.b.Write(p)
}

// String implements fmt.Stringer.
func (r *record) String() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.b.String()
}

// TestPluginOverdue: an attempt of a plugin may last for ever, but after an hour the log
// has it, once; the end of the server ends the waiting. What is done late or twice counts
// no more, and holds nobody up.
func TestPluginOverdue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log record
		attempts := make(chan *plugin.Delivery, 1)
		d := deliverer(t, "transportgroups: [{ id: g, connection: { server: 0.0.0.0 }, transports: [{ id: out }] }]\n")
		d.Hooks, d.Content, d.Policies, d.Logger = shelf{}, shelf{}, policy.New(), slog.New(slog.NewTextHandler(&log, nil))
		d.Plugins = plugin.NewSet(&plugin.Plugin{ID: "shelf", Deliver: func(x *plugin.Delivery) { attempts <- x }})
		run := func(ctx context.Context) chan *hook.Attempt {
			u := &spool.Unit{Transaction: "tx", Queue: 1, TransportID: "out"}
			r, out := d.Prepare(ctx, u, nil)
			if r == nil || r.Reuse != "" {
				t.Fatal(r, out)
			}
			l, _ := d.Policies.Acquire(&policy.Waiter{Facts: r.Facts, Sources: r.Sources})
			done := make(chan *hook.Attempt)
			go func() {
				result, left := d.Transmit(ctx, u, r, l, nil)
				if left != nil {
					t.Error("a connection is left")
				}
				done <- result.(*hook.Attempt)
			}()
			return done
		}
		done := run(t.Context())
		attempt := <-attempts
		time.Sleep(time.Hour - time.Second)
		synctest.Wait()
		if log.String() != "" {
			t.Errorf("too early: %s", log.String())
		}
		time.Sleep(10 * time.Hour)
		synctest.Wait()
		if n := strings.Count(log.String(), "lasts for more than an hour"); n != 1 || !strings.Contains(log.String(), "plugin=shelf transaction=tx queueid=1") {
			t.Errorf("%d times in %s", n, log.String())
		}
		attempt.Done(plugin.Result{Code: 250})
		attempt.Done(plugin.Result{Code: 550})
		attempt.Done(plugin.Result{Code: 550})
		if a := <-done; a.Result == nil || a.Result.Reply.Code != 250 || a.Duration < 10*time.Hour {
			t.Errorf("%+v", a)
		}
		ctx, stop := context.WithCancel(t.Context())
		done = run(ctx)
		attempt = <-attempts
		stop()
		if a := <-done; a.Result != nil || a.Error != nil || !strings.Contains(log.String(), "the server stops before a plugin has ended its attempt") {
			t.Errorf("%+v", a)
		}
		attempt.Done(plugin.Result{Code: 250})
	})
}
