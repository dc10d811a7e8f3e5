package metrics

import (
	"math"

	"github.com/hawser-mta/hawser/lang/sig"
	"github.com/hawser-mta/hawser/runtime/registry"
	"github.com/hawser-mta/hawser/runtime/value"
	"github.com/hawser-mta/hawser/runtime/vm"
)

// Service is the key of the Store in Host.Services.
const Service = "metrics"

// Label is one name and value of a series.
type Label struct{ Name, Value string }

// Store holds the declared metrics. Its methods report false for a name that is not
// declared and for a metric of a type that the operation does not fit.
type Store interface {
	Add(name string, labels []Label, v float64) bool // gauge; counter for v of 0 or more
	Sub(name string, labels []Label, v float64) bool // gauge
	Set(name string, labels []Label, v float64) bool // gauge, counter; histogram: observes
	Get(name string, labels []Label) (Sample, bool)  // of a series that exists
}

// Sample is the state of a series.
type Sample struct {
	Value   float64 // gauge, counter
	Buckets []Bucket
	Sum     float64 // histogram
	Count   uint64
}

// Bucket is one of a histogram; counts are cumulative, the last Le is infinite.
type Bucket struct {
	Le    float64
	Count uint64
}

// Register declares the domain.
func Register(b *registry.Builder) {
	change := func(name, params, text string, f func(s Store, name string, labels []Label, v float64) bool) {
		b.Func(sig.New(name+"(name: string, labels: array, "+params+") -> boolean|none", text+" none when there is no such metric, or a label is not valid."),
			func(t *vm.Thread, a []value.Value) (value.Value, error) {
				s, labels, ok, err := series(t, name, a)
				if err != nil || !ok {
					return value.None, err
				}
				v := 1.0
				if len(a) > 2 && !a[2].IsNone() {
					v = a[2].Number()
				}
				if math.IsNaN(v) || !f(s, a[0].Str(), labels, v) {
					return value.None, nil
				}
				return value.True, nil
			})
	}
	change("metrics_increment", "value?: number = 1", "Adds to a counter or gauge.", Store.Add)
	change("metrics_decrement", "value?: number = 1", "Subtracts from a gauge.", Store.Sub)
	change("metrics_set", "value: number", "Sets a gauge or counter, or records an observation of a histogram.", Store.Set)
	b.Func(sig.New("metrics_get(name: string, labels: array) -> array|none",
		"The value of a gauge or counter, or count, sum and cumulative buckets of a histogram; none without such a series.").
		Gives(`["value" => number] or ["count" => number, "sum" => number, "buckets" => list of ["le" => number, "count" => number]]`), get)
}

// series reads name and labels; ok is false when a label is not valid.
func series(t *vm.Thread, fn string, a []value.Value) (s Store, labels []Label, ok bool, err error) {
	s, found := t.Host().Services[Service].(Store)
	if !found {
		return nil, nil, false, vm.NotAvailable(fn)
	}
	for k, v := range a[1].Array().All() {
		name := k.String()
		switch v.Kind() {
		case value.KString, value.KNumber, value.KBool:
		default:
			return s, nil, false, nil
		}
		if !validName(name) {
			return s, nil, false, nil
		}
		labels = append(labels, Label{name, v.String()})
	}
	return s, labels, true, nil
}

// validName reports whether a label may have the name: [a-zA-Z_][a-zA-Z0-9_]*.
func validName(s string) bool {
	for i := range len(s) {
		c := s[i]
		if c != '_' && (c|0x20 < 'a' || c|0x20 > 'z') && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return s != ""
}

func get(t *vm.Thread, a []value.Value) (value.Value, error) {
	s, labels, ok, err := series(t, "metrics_get", a)
	if err != nil || !ok {
		return value.None, err
	}
	x, ok := s.Get(a[0].Str(), labels)
	if !ok {
		return value.None, nil
	}
	if x.Buckets == nil {
		return value.FromArray(value.Map("value", value.Num(x.Value))), nil
	}
	buckets := value.NewArray(len(x.Buckets))
	for _, b := range x.Buckets {
		buckets.Append(value.FromArray(value.Map("le", value.Num(b.Le), "count", value.Num(float64(b.Count)))))
	}
	return value.FromArray(value.Map("count", value.Num(float64(x.Count)), "sum", value.Num(x.Sum), "buckets", value.FromArray(buckets))), nil
}
