package control

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/hawser-mta/hawser/lang/diag"
	"github.com/hawser-mta/hawser/mta/config"
	"github.com/hawser-mta/hawser/mta/policy"
)

// Policies is what commands need of the policies; *policy.Engine is one.
type Policies interface {
	Conditions() []policy.Condition
	AddCondition(d policy.Condition, update bool) (id string, added bool, err error)
	DeleteCondition(id string) bool
	Suspensions() []policy.Suspension
	Suspend(s policy.Suspension, update bool) (id string, added bool, err error)
	Resume(id string) bool
	Explain(w *policy.Waiter) []policy.Verdict
	Blocked() []policy.Verdict
	Refill() int
}

// Match is config.Match in JSON: an object of fields, each a text or a list of them.
type Match config.Match

// MarshalJSON implements json.Marshaler.
func (m Match) MarshalJSON() ([]byte, error) {
	out := map[string]any{}
	for _, f := range m {
		if out[f.Field] = f.Patterns; len(f.Patterns) == 1 {
			out[f.Field] = f.Patterns[0]
		}
	}
	return json.Marshal(out)
}

// UnmarshalJSON implements json.Unmarshaler.
func (m *Match) UnmarshalJSON(b []byte) error {
	var in map[string]json.RawMessage
	if err := json.Unmarshal(b, &in); err != nil {
		return err
	}
	*m = nil
	for _, name := range config.Fields {
		raw, ok := in[name]
		if !ok {
			continue
		}
		delete(in, name)
		f := config.FieldMatch{Field: name}
		var one string
		if json.Unmarshal(raw, &one) == nil && string(raw) != "null" {
			f.Patterns = []string{one}
		} else if json.Unmarshal(raw, &f.Patterns) != nil || len(f.Patterns) == 0 {
			return fmt.Errorf("field '%s': want a string or a list of strings", name)
		}
		*m = append(*m, f)
	}
	for name := range in {
		return fmt.Errorf("unknown field '%s'", name)
	}
	return nil
}

// Suspension is one entry of the answer of s.
type Suspension struct {
	ID         string         `json:"id"`
	Type       string         `json:"type"` // static or dynamic
	If         Match          `json:"if"`
	Tag        string         `json:"tag"`
	Properties map[string]any `json:"properties,omitempty"`
	TTL        float64        `json:"ttl"`            // seconds; 0: for ever
	Left       float64        `json:"left,omitempty"` // of the ttl
	Place      string         `json:"place"`          // in the file, "" for dynamic ones
}

func (s *Server) suspension(x *policy.Suspension) *Suspension {
	out := &Suspension{
		ID: x.ID, Type: "dynamic", If: Match(x.If), Tag: x.Tag, Properties: x.Properties, TTL: x.TTL.Seconds(), Left: seconds(x.Left()),
	}
	if x.Static {
		out.Type, out.Place = "static", s.Host.Place(config.SuspendFile, x.ID)
	}
	return out
}

// seconds rounds to thousandths.
func seconds(d time.Duration) float64 { return float64(d.Milliseconds()) / 1000 }

// listSuspensions answers with those that somebody has set, then with the counters that
// mail waits for: these are suspensions until they have room (spec mta 8.4).
func listSuspensions(_ context.Context, s *Server) (any, error) {
	out := []*Suspension{}
	for _, x := range s.Policies.Suspensions() {
		out = append(out, s.suspension(&x))
	}
	for _, v := range s.Policies.Blocked() {
		if v.Reason == "" { // about to go
			continue
		}
		x := &Suspension{Type: string(v.Reason), If: Match{}, Tag: v.Tag, Properties: v.Properties, Place: s.Host.Place(config.PolicyFile, v.From)}
		for i, f := range v.Fields {
			x.If = append(x.If, config.FieldMatch{Field: f.String(), Patterns: []string{v.Values[i]}})
		}
		if !v.Until.IsZero() {
			x.Left = seconds(max(time.Until(v.Until), time.Millisecond))
		}
		out = append(out, x)
	}
	return out, nil
}

// checkMatch checks what a suspension, or a condition of the policy with these fields,
// asks for; what matches nothing is logged.
func (s *Server) checkMatch(m Match, fields []string) error {
	for _, d := range s.Host.Config().CheckMatch(config.Match(m), fields) {
		if d.Severity == diag.Error {
			return errors.New(strings.TrimSuffix(d.Message+" (hint: "+d.Hint+")", " (hint: )"))
		}
		s.Logger.Warn("a pattern matches nothing", "event", "control", "err", d.Message)
	}
	return nil
}

// AddSuspension is the body of t. Without If everything is suspended, which needs All.
type AddSuspension struct {
	If         Match          `json:"if,omitempty"`
	All        bool           `json:"all,omitempty"`
	Tag        string         `json:"tag,omitempty"`
	Properties map[string]any `json:"properties,omitempty"`
	TTL        float64        `json:"ttl,omitempty"` // seconds; 0: until it is deleted
	ID         string         `json:"id,omitempty"`  // "": a new one
	Update     bool           `json:"update,omitempty"`
}

// Added is the answer of t and w.
type Added struct {
	ID    string `json:"id"`    // in force
	Added bool   `json:"added"` // false: it was there
}

// maxTTL bounds a ttl in seconds.
const maxTTL = 1e9

// maxTag is the length of a tag in bytes.
const maxTag = 32

func addSuspension(_ context.Context, s *Server, in *AddSuspension) (any, error) {
	if len(in.If) == 0 && !in.All {
		return nil, fmt.Errorf("got no field, want one of %v or all: true", config.Fields)
	}
	if err := checkCommon(in.TTL, in.Tag, in.Properties); err != nil {
		return nil, err
	}
	if err := s.checkMatch(in.If, nil); err != nil {
		return nil, err
	}
	x := policy.Suspension{ID: in.ID, Tag: in.Tag, If: config.Match(in.If), Properties: in.Properties, TTL: duration(in.TTL)}
	if x.ID == "" {
		x.ID = uuid.NewString()
	}
	id, added, err := s.Policies.Suspend(x, in.Update)
	if err != nil {
		return nil, err
	}
	s.Save()
	s.log("suspend add", "id", id, "added", added, "fields", fmt.Sprint(in.If), "tag", in.Tag, "ttl", in.TTL)
	return Added{id, added}, nil
}

func duration(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// checkCommon checks what conditions and suspensions share.
func checkCommon(ttl float64, tag string, properties map[string]any) error {
	if !(ttl >= 0 && ttl <= maxTTL) {
		return fmt.Errorf("ttl: got %g, want 0 to %g seconds", ttl, maxTTL)
	}
	if len(tag) > maxTag {
		return fmt.Errorf("tag: got %d bytes, want %d at most", len(tag), maxTag)
	}
	for name, v := range properties {
		switch v.(type) {
		case string, float64, bool:
		default:
			return fmt.Errorf("properties.%s: want a string, a number, true or false", name)
		}
	}
	return nil
}

// ByID is the body of u and x.
type ByID struct {
	ID string `json:"id"`
}

func deleteSuspension(_ context.Context, s *Server, in *ByID) (any, error) {
	static := slices.ContainsFunc(s.Policies.Suspensions(), func(x policy.Suspension) bool { return x.Static && x.ID == in.ID })
	if static {
		return nil, fmt.Errorf("suspension '%s' stands in %s, take it out there", in.ID, s.Host.Place(config.SuspendFile, in.ID))
	}
	return s.dropped("suspend delete", in.ID, s.Policies.Resume(in.ID)), nil
}

// dropped is the answer of a removal.
func (s *Server) dropped(command, id string, ok bool) Affected {
	if !ok {
		return Affected{0}
	}
	s.Save()
	s.log(command, "id", id)
	return Affected{1}
}
