package vm

import (
	"crypto/sha256"
	"errors"
	"math"
	"time"

	"github.com/hawser-mta/hawser/runtime/value"
)

// cacheOptions is the array behind `cache` (spec language 7.2).
type cacheOptions struct {
	ttl       float64 // seconds, negative: no expiry
	namespace string
	message   string // per_message: NUL and the message, else empty
	size      int
	force     bool
	keep      bool // lru false: when full, do not store
	filter    []int
	override  *value.Array
	ttlFunc   value.Value
	update    value.Value
}

func readCacheOptions(t *Thread, a *value.Array) (cacheOptions, error) {
	o := cacheOptions{ttl: 60, size: 32, ttlFunc: value.Undef, update: value.Undef}
	bad := func(name string) error { return errors.New("cache: option " + name + " has a wrong type") }
	for k, v := range a.All() {
		switch name := k.String(); name {
		case "ttl":
			if v.IsNone() {
				o.ttl = -1
			} else if f, ok := v.Numeric(); ok && f >= 0 && !math.IsNaN(f) {
				o.ttl = f
			} else {
				return o, bad(name)
			}
		case "size":
			if n, err := v.Integer(); err == nil && n > 0 {
				o.size = n
			} else {
				return o, bad(name)
			}
		case "namespace":
			o.namespace = v.String()
		case "force":
			o.force = v.Truth()
		case "lru":
			o.keep = !v.Truth()
		case "per_message":
			if v.Truth() {
				o.message = "\x00" + t.MessageID()
			}
		case "argv_filter", "ttl_override":
			if !v.IsArray() {
				return o, bad(name)
			}
			if name == "ttl_override" {
				o.override = v.Array()
				continue
			}
			o.filter = []int{}
			for e := range v.Array().Values() {
				n, err := e.Integer()
				if err != nil {
					return o, bad(name)
				}
				o.filter = append(o.filter, n)
			}
		case "ttl_function", "update_function":
			if v.Kind() != value.KFunc {
				return o, bad(name)
			}
			if name == "ttl_function" {
				o.ttlFunc = v
			} else {
				o.update = v
			}
		}
	}
	return o, nil
}

// MessageID names the message that the run is about, for caches that live with
// it. The embedder's Data may provide it.
func (t *Thread) MessageID() string {
	if m, ok := t.Data.(interface{ MessageID() string }); ok {
		return m.MessageID()
	}
	return ""
}

// fileState is the content of a file when it was last looked at.
type fileState struct {
	at  time.Time
	sum [sha256.Size]byte
}

// changed looks at the file, at most once a second, and reports whether it is
// another one than before.
func (f *fileState) changed(t *Thread, name string, now time.Time) bool {
	if t.host.Files == nil || !f.at.IsZero() && now.Sub(f.at) < time.Second {
		return false
	}
	var sum [sha256.Size]byte // of no file
	if b, err := t.host.Files.ReadFile(name); err == nil {
		sum = sha256.Sum256(b)
	}
	was := *f
	*f = fileState{now, sum}
	return !was.at.IsZero() && was.sum != sum
}
