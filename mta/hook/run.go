package hook

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/hawser-mta/hawser/mta/message"
	"github.com/hawser-mta/hawser/mta/script/mail"
	"github.com/hawser-mta/hawser/runtime/registry"
	"github.com/hawser-mta/hawser/runtime/value"
	"github.com/hawser-mta/hawser/runtime/vm"
)

// run is the state of one script while it runs (vm.Thread.Data).
type run struct {
	ctx     context.Context
	r       *Runner
	snap    *Snapshot
	phase   Phase
	in      *Input
	queue   *QueueInput
	queued  []Queued
	meta    map[string]string
	metaSet bool
	mail    value.Value       // eod: the message
	texts   map[string]string // fields that legacy functions put together
	pending *value.Array      // options that legacy functions set, nil without
}

// MessageID names the message for caches that live with it.
func (x *run) MessageID() string {
	if x.in != nil {
		return x.in.Tx.ID
	}
	return x.queue.Unit.ID()
}

// state returns the run behind a thread; functions of hooks have one.
func state(t *vm.Thread, name string) (*run, error) {
	x, ok := t.Data.(*run)
	if !ok {
		return nil, vm.NotAvailable(name)
	}
	return x, nil
}

// end ends the script with a decision.
func end(v Verdict) (value.Value, error) { return value.None, &vm.Terminate{Decision: v} }

// QueueCopy implements mail.Queuer.
func (x *run) QueueCopy(t *vm.Thread, src message.Source, patch message.Patch, sender, recipient value.Value, transport string, o *registry.Options, eod bool) (string, int, error) {
	q := Queued{TransportID: transport, Patch: patch}
	if !x.snap.Transports[transport] {
		return "", 0, fmt.Errorf("queue(): unknown transport '%.80s'", transport)
	}
	var params *value.Array
	var err error
	if q.Sender, params, err = mail.Parse("queue(): sender", sender); err != nil {
		return "", 0, err
	}
	q.SenderExtra = mail.Params(params)
	if q.Recipient, params, err = mail.Parse("queue(): recipient", recipient); err != nil {
		return "", 0, err
	}
	if q.Recipient.IsNull() {
		return "", 0, errors.New("queue(): the recipient is empty")
	}
	q.RcptExtra = mail.Params(params)
	if x.in != nil {
		q.Priority = x.in.Conn.Priority
	}
	if err := readQueued(&q, o); err != nil {
		return "", 0, err
	}
	if !eod {
		if err := x.reserve(&q, src); err != nil {
			return "", 0, err
		}
		defer Release([]Queued{q})
		tx, err := x.r.Submit(t.Context(), src, q)
		if err != nil {
			x.r.Logger.Error("queue", "err", err)
			return "", 0, mail.ErrSpool
		}
		return tx, 1, nil
	}
	if x.phase != EOD {
		return "", 0, vm.NotAvailable("queue")
	}
	q.Number = len(x.queued) + 1
	if q.Number > maxCopies {
		return "", 0, fmt.Errorf("queue(): more than %d copies of a message", maxCopies)
	}
	if err := x.reserve(&q, src); err != nil {
		return "", 0, err
	}
	x.queued = append(x.queued, q)
	return x.in.Tx.ID, q.Number, nil
}

// reserve makes a copy count for its quotas.
func (x *run) reserve(q *Queued, src message.Source) (err error) {
	if x.r.Reserve == nil || len(q.Quotas) == 0 {
		return nil
	}
	if q.Reserved, err = x.r.Reserve(q.Quotas, src.Size()+q.Patch.Size()); err != nil {
		return fmt.Errorf("queue(): %w", err)
	}
	return nil
}

// maxCopies bounds the copies of one message.
const maxCopies = 100_000

func readQueued(q *Queued, o *registry.Options) error {
	meta, err := metadata(o.Array("metadata"))
	if err != nil {
		return err
	}
	q.Metadata = meta
	q.Hold = o.Bool("hold", false)
	q.Delay = duration(o.Num("delay", 0))
	q.JobID, q.TenantID = o.Str("jobid", ""), o.Str("tenantid", "")
	q.Priority = min(max(o.Int("priority", q.Priority), 0), 1)
	q.Quotas = o.Strings("quotas")
	if d, ok := o.Get("dsn"); ok {
		if q.DSN, err = readDSN(registry.OptionsOf("queue", d)); err != nil {
			return err
		}
	}
	return o.Err()
}

// readDSN reads envid, ret, notify and orcpt.
func readDSN(o *registry.Options) (DSNRequest, error) {
	d := DSNRequest{EnvID: o.Str("envid", ""), Ret: strings.ToUpper(o.Str("ret", "")), Orcpt: o.Str("orcpt", "")}
	if d.Ret != "" && d.Ret != "FULL" && d.Ret != "HDRS" {
		o.Bad("ret", "FULL or HDRS")
	}
	if v, ok := o.Get("notify"); ok {
		var words []string
		if v.IsArray() {
			words = o.Strings("notify")
		} else {
			words = strings.Split(o.Str("notify", ""), ",")
		}
		for _, w := range words {
			switch w = strings.ToUpper(strings.TrimSpace(w)); w {
			case "NEVER", "SUCCESS", "FAILURE", "DELAY":
				d.Notify = append(d.Notify, w)
			case "":
			default:
				o.Bad("notify", "NEVER, SUCCESS, FAILURE or DELAY")
			}
		}
	}
	return d, o.Err()
}

func duration(seconds float64) time.Duration {
	return time.Duration(min(max(seconds, 0), 1e9) * float64(time.Second))
}

// metadata reads an array of texts.
func metadata(a *value.Array) (map[string]string, error) {
	if a == nil {
		return nil, nil
	}
	out := make(map[string]string, a.Len())
	for k, v := range a.All() {
		if !v.IsString() {
			return nil, fmt.Errorf("metadata must be string, got %s for '%.40s'", v.TypeName(), k.String())
		}
		out[k.String()] = strings.Clone(v.Str())
	}
	return out, nil
}
