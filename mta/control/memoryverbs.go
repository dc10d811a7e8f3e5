package control

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/hawser-mta/hawser/runtime/value"
	"github.com/hawser-mta/hawser/stdlib/encode"
	"github.com/hawser-mta/hawser/stdlib/memory"
)

// ReadMemory is the body of y: without a key the answer is the list of all keys.
type ReadMemory struct {
	Key *string `json:"key,omitempty"`
}

// Stored is one value of memory_store() and its like: an entry of the list without
// value, or the answer for one key.
type Stored struct {
	Key   string          `json:"key"`
	Value json.RawMessage `json:"value,omitempty"`
}

// maxWait bounds how long a command waits for a script that holds a key.
const maxWait = 5 * time.Second

func (s *Server) memory(ctx context.Context, key string, f func(*value.Value)) error {
	ctx, cancel := context.WithTimeout(ctx, maxWait)
	defer cancel()
	if err := s.Shared.Memory(ctx, key, f); err != nil {
		return fmt.Errorf("'%s' cannot be reached: %w", key, err)
	}
	return nil
}

func readMemory(ctx context.Context, s *Server, in *ReadMemory) (any, error) {
	if in.Key == nil {
		out := []Stored{}
		for _, k := range s.Shared.Keys() {
			out = append(out, Stored{Key: k})
		}
		return out, nil
	}
	found := value.Undef
	if err := s.memory(ctx, *in.Key, func(v *value.Value) { found = *v }); err != nil {
		return nil, err
	}
	if found.IsUndefined() {
		return nil, fmt.Errorf("no key '%s'", *in.Key)
	}
	text, err := encode.ToJSON(found, encode.JSONOptions{})
	if err != nil {
		return nil, fmt.Errorf("'%s': %w", *in.Key, err)
	}
	return Stored{*in.Key, json.RawMessage(text)}, nil
}

// maxKey is the longest key in bytes, as scripts have it.
const maxKey = 1024

func storeMemory(ctx context.Context, s *Server, in *Stored) (any, error) {
	if len(in.Key) > maxKey {
		return nil, fmt.Errorf("key: got %d bytes, want %d at most", len(in.Key), maxKey)
	}
	if in.Value == nil {
		return nil, fmt.Errorf("value: got nothing, want a value for '%s'", in.Key)
	}
	v, err := encode.FromJSON(string(in.Value), false)
	if err != nil {
		return nil, err
	}
	if err := s.memory(ctx, in.Key, func(x *value.Value) { *x = v }); err != nil {
		return nil, err
	}
	s.log("memory store", "key", in.Key)
	return Affected{1}, nil
}

// DeleteMemory is the body of A.
type DeleteMemory struct {
	Key string `json:"key"`
}

func deleteMemory(ctx context.Context, s *Server, in *DeleteMemory) (any, error) {
	n := 0
	err := s.memory(ctx, in.Key, func(v *value.Value) {
		if !v.IsUndefined() {
			n = 1
		}
		*v = value.Undef
	})
	if err == nil && n > 0 {
		s.log("memory delete", "key", in.Key)
	}
	return Affected{n}, err
}

// Cache is one entry of the answer of g: the results of one function.
type Cache struct {
	Namespace string `json:"namespace"`
	Function  string `json:"function"`
	Size      int    `json:"size"`
	Max       int    `json:"max"`
	Hits      int    `json:"hits"`
	Misses    int    `json:"misses"`
	Evictions int    `json:"evictions"`
	Waits     int    `json:"waits"` // for a run that computed the same
}

func listCaches(_ context.Context, s *Server) (any, error) {
	out := []Cache{}
	for _, c := range s.Shared.CacheStats() {
		parts := strings.Split(c.Bucket, "\x00") // with the message between them when it has one
		out = append(out, Cache{
			Namespace: parts[0], Function: parts[len(parts)-1], Size: c.Size, Max: c.Max, Hits: c.Hits, Misses: c.Misses,
			Evictions: c.Evictions, Waits: c.Waits,
		})
	}
	return out, nil
}

func clearCaches(_ context.Context, s *Server) (any, error) {
	n := 0
	for _, c := range s.Shared.CacheStats() {
		n += c.Size
	}
	s.Shared.ClearCache()
	s.log("cache clear", "affected", n)
	return Affected{n}, nil
}

// Rate is one entry of the answer of i: what rate() of scripts has counted.
type Rate struct {
	Namespace string     `json:"namespace"`
	Entry     string     `json:"entry"`
	Hits      int        `json:"hits"`
	Window    float64    `json:"window"` // seconds
	Last      *time.Time `json:"last"`
}

func listRates(_ context.Context, s *Server) (any, error) {
	out := []Rate{}
	for _, r := range memory.Rates(s.Shared, time.Now()) {
		out = append(out, Rate{r.Namespace, r.Entry, r.Hits, r.Window.Seconds(), whenUTC(r.Last)})
	}
	return out, nil
}

// ClearRates is the body of j; what is empty stands for all.
type ClearRates struct {
	Namespace string `json:"namespace,omitempty"`
	Entry     string `json:"entry,omitempty"`
}

func clearRates(_ context.Context, s *Server, in *ClearRates) (any, error) {
	n := memory.ClearRates(s.Shared, in.Namespace, in.Entry)
	s.log("rate clear", "namespace", in.Namespace, "entry", in.Entry, "affected", n)
	return Affected{n}, nil
}
