package queue

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hawser-mta/hawser/runtime/registry"
	"github.com/hawser-mta/hawser/runtime/value"
	"github.com/hawser-mta/hawser/runtime/vm"
)

func policy(t *vm.Thread, a []value.Value) (value.Value, error) {
	const fn = "queue_policy"
	o := registry.OptionsAt(fn, a, 4)
	p := Policy{ID: o.Str("id", ""), Type: o.Str("type", "dynamic"), Update: o.Bool("update", true)}
	if !slices.Contains([]string{"dynamic", "backoff", "warmup"}, p.Type) {
		o.Bad("type", "dynamic, backoff or warmup")
	}
	if err := o.Err(); err != nil {
		return value.None, err
	}
	if err := readLimits(&p, registry.OptionsOf(fn, a[2])); err != nil {
		return value.None, err
	}
	var err error
	if p.TTL, err = lifetime(fn, a[3]); err != nil {
		return value.None, err
	}
	q, err := server(t, fn)
	if err != nil {
		return value.None, err
	}
	for v := range a[0].Array().Values() {
		p.Fields = append(p.Fields, v.String())
	}
	var ok bool
	if p.If, ok = matches(a[1].Array()); !ok {
		return value.None, nil
	}
	for _, m := range p.If {
		if !slices.Contains(p.Fields, m.Field) {
			return value.None, nil
		}
	}
	return added(q.Policy(p))
}

// readLimits reads the argument policy. As in the file, concurrency 0 lets nothing go and
// connectinterval 0 is no limit.
func readLimits(p *Policy, o *registry.Options) error {
	p.Tag, p.Stop, p.Cluster, p.Properties = o.Str("tag", ""), o.Bool("stop", false), o.Bool("cluster", true), properties(o)
	rate, limited := o.Get("rate")
	_, counted := o.Get("concurrency")
	_, spaced := o.Get("connectinterval")
	if !limited && !counted && !spaced {
		return errors.New("queue_policy(): policy must have concurrency, rate or connectinterval")
	}
	if len(p.Tag) > maxTag {
		o.Bad("tag", tooLong)
	}
	if counted {
		if p.Concurrency = new(o.Int("concurrency", 0)); *p.Concurrency < 0 {
			o.Bad("concurrency", "0 or more")
		}
	}
	if spaced {
		interval := o.Num("connectinterval", 0)
		if !(interval >= 0) {
			o.Bad("connectinterval", "0 or more seconds")
		}
		p.ConnectInterval = new(time.Duration(min(max(interval, 0), 1e9) * float64(time.Second)))
	}
	if limited {
		if p.Rate = new(Rate); !readRate(p.Rate, rate) {
			o.Bad("rate", `[count, seconds], "count/seconds" or an array with count, interval and algorithm`)
		}
	}
	return o.Err()
}

// maxRate bounds both numbers of a rate, as in the file.
const maxRate = 1e9

func readRate(r *Rate, v value.Value) bool {
	var count, interval value.Value
	switch {
	case v.IsString():
		n, s, ok := strings.Cut(v.Str(), "/")
		x, err1 := strconv.ParseFloat(n, 64)
		y, err2 := strconv.ParseFloat(s, 64)
		if !ok || err1 != nil || err2 != nil {
			return false
		}
		count, interval = value.Num(x), value.Num(y)
	case v.IsArray() && v.Array().IsList() && v.Array().Len() == 2:
		count, interval = v.Array().At(0), v.Array().At(1)
	case v.IsArray():
		count, interval = v.Array().GetStr("count"), v.Array().GetStr("interval")
		if alg := v.Array().GetStr("algorithm"); !alg.IsNil() {
			if r.Algorithm = alg.String(); r.Algorithm != "fixedwindow" && r.Algorithm != "tokenbucket" {
				return false
			}
		}
	default:
		return false
	}
	n, ok1 := count.Numeric()
	s, ok2 := interval.Numeric()
	if n > 0 && n < 1 { // fewer than one in a time is one in a longer time
		n, s = 1, s/n
	}
	if !ok1 || !ok2 || !(n >= 1 && n <= maxRate) || !(s >= 0.001 && s <= maxRate) {
		return false
	}
	r.Count, r.Interval = n, time.Duration(s*float64(time.Second))
	return true
}
