package queue

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/hawser-mta/hawser/lang/sig"
	"github.com/hawser-mta/hawser/runtime/registry"
	"github.com/hawser-mta/hawser/runtime/value"
	"github.com/hawser-mta/hawser/runtime/vm"
)

// Register declares the functions.
func Register(b *registry.Builder) {
	b.Func(sig.New("queue_suspend(fields: array, ttl: number, options?: array) -> array|none",
		"Stops the pickup of messages whose fields match, for ttl seconds or until it is removed; gives its id and whether it is new.",
		sig.Opt("id: string", "a name of its own"), sig.Opt("tag: string", "at most 32 bytes, for listings"),
		sig.Opt("update: boolean = true", "one with the same fields gets the new ttl"),
		sig.Opt("properties: array", "name => value, for listings")).Gives(`["id" => string, "new" => boolean]`), suspend)
	b.Func(sig.New("queue_policy(fields: array, condition: array, policy: array, ttl: number, options?: array) -> array|none",
		"Limits deliveries for values of the fields of a configured policy, for ttl seconds; gives the id of the condition and whether it is new.",
		sig.Opt("id: string", "a name of its own"), sig.Opt(`type: string = "dynamic"`, "dynamic, backoff or warmup"),
		sig.Opt("update: boolean = true", "one with the same fields and condition is replaced")).Gives(`["id" => string, "new" => boolean]`), policy)
	b.Func(sig.New("queue_policy_delete(id: string) -> boolean|none", "Removes a dynamic condition; false when there is none of that id."),
		on("queue_policy_delete", func(s Server, a []value.Value) (value.Value, error) {
			return value.Bool(s.DeletePolicy(a[0].Str())), nil
		}))
	b.Func(sig.New("queue_quota(name: string) -> array", "Count and bytes of the queued messages that are assigned to a quota.").
		Gives(`["count" => number, "bytes" => number]`),
		on("queue_quota", func(s Server, a []value.Value) (value.Value, error) {
			n, size := s.Quota(a[0].Str())
			return value.FromArray(value.Map("count", value.Num(float64(n)), "bytes", value.Num(float64(size)))), nil
		}))
	b.Func(sig.New("server_concurrency(serverid: string, address?: string) -> number|none",
		"The open inbound connections of a server, all or those from an address or network; none when it or the address is unknown."), concurrency)
	for old, modern := range map[string]string{
		"PickupSuspend(fields: array, ttl: number, options?: array) -> boolean":                                 "queue_suspend",
		"PickupPolicy(fields: array, condition: array, policy: array, ttl: number, options?: array) -> boolean": "queue_policy",
	} {
		impl := b.Impl(modern)
		b.Func(sig.New(old, "The old form of "+modern+".").Legacy(modern), func(t *vm.Thread, a []value.Value) (value.Value, error) {
			v, err := impl(t, a)
			return value.Bool(v.IsArray()), err
		})
	}
}

func server(t *vm.Thread, fn string) (Server, error) {
	s, ok := t.Host().Services[Service].(Server)
	if !ok {
		return nil, vm.NotAvailable(fn)
	}
	return s, nil
}

func on(fn string, f func(s Server, a []value.Value) (value.Value, error)) vm.Impl {
	return func(t *vm.Thread, a []value.Value) (value.Value, error) {
		s, err := server(t, fn)
		if err != nil {
			return value.None, err
		}
		return f(s, a)
	}
}

// matches reads field => pattern; ok is false for an unknown field or an empty
// pattern.
func matches(a *value.Array) (list []Match, ok bool) {
	for k, v := range a.All() {
		m := Match{k.String(), v.String()}
		if !slices.Contains(Fields, m.Field) || !v.IsString() || m.Pattern == "" {
			return nil, false
		}
		list = append(list, m)
	}
	return list, true
}

// properties reads a map of texts, numbers and booleans.
func properties(o *registry.Options) map[string]any {
	a := o.Array("properties")
	if a == nil {
		return nil
	}
	out := make(map[string]any, a.Len())
	for k, v := range a.All() {
		switch v.Kind() {
		case value.KString:
			out[k.String()] = strings.Clone(v.Str())
		case value.KNumber:
			out[k.String()] = v.Number()
		case value.KBool:
			out[k.String()] = v.Truth()
		default:
			o.Bad("properties", "an array of string, number or boolean")
		}
	}
	return out
}

// lifetime reads the ttl in seconds.
func lifetime(fn string, v value.Value) (time.Duration, error) {
	s := v.Number()
	if !(s >= 0) || math.IsInf(s, 0) {
		return 0, fmt.Errorf("%s(): ttl must be a number of seconds of 0 or more", fn)
	}
	return time.Duration(min(s, 1e9) * float64(time.Second)), nil
}

func added(id string, isNew, ok bool) (value.Value, error) {
	if !ok {
		return value.None, nil
	}
	return value.FromArray(value.Map("id", value.Str(id), "new", value.Bool(isNew))), nil
}

// Tags have at most so many bytes (spec mta 8.1).
const (
	maxTag  = 32
	tooLong = "at most 32 bytes"
)

func suspend(t *vm.Thread, a []value.Value) (value.Value, error) {
	o := registry.OptionsAt("queue_suspend", a, 2)
	s := Suspension{ID: o.Str("id", ""), Tag: o.Str("tag", ""), Update: o.Bool("update", true), Properties: properties(o)}
	if len(s.Tag) > maxTag {
		o.Bad("tag", tooLong)
	}
	var err error
	if s.TTL, err = lifetime("queue_suspend", a[1]); err != nil {
		return value.None, err
	}
	if err := o.Err(); err != nil {
		return value.None, err
	}
	q, err := server(t, "queue_suspend")
	if err != nil {
		return value.None, err
	}
	var ok bool
	if s.Match, ok = matches(a[0].Array()); !ok {
		return value.None, nil
	}
	return added(q.Suspend(s))
}
