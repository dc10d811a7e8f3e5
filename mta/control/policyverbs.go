package control

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/hawser-mta/hawser/mta/config"
	"github.com/hawser-mta/hawser/mta/policy"
)

// Condition is one entry of the answer of v: a condition or default of the file, or a
// dynamic one.
type Condition struct {
	ID     string   `json:"id"`   // path in the file of static ones
	Type   string   `json:"type"` // static, dynamic, backoff or warmup
	Policy string   `json:"policy"`
	Fields []string `json:"fields"`
	If     Match    `json:"if"`
	Then   *Action  `json:"then,omitempty"`
	Else   *Action  `json:"else,omitempty"`
	TTL    float64  `json:"ttl"`            // seconds; 0: for ever
	Left   float64  `json:"left,omitempty"` // of the ttl
	Place  string   `json:"place"`          // in the file, "" for dynamic ones
}

func listConditions(_ context.Context, s *Server) (any, error) {
	out := []*Condition{}
	c := s.Host.Config()
	for i := range c.Policies.Policies {
		out = append(out, s.static(c, i)...)
	}
	for _, d := range s.Policies.Conditions() {
		x := &Condition{
			ID: d.ID, Type: or(d.Type, "dynamic"), Fields: names(d.Fields), If: Match(d.If), Then: action(&d.Then),
			TTL: d.TTL.Seconds(), Left: seconds(d.Left()),
		}
		out = append(out, x)
	}
	return out, nil
}

// static returns the conditions of one policy of the file, its default last.
func (s *Server) static(c *config.Config, i int) []*Condition {
	var out []*Condition
	p := &c.Policies.Policies[i]
	fields := []string{}
	for _, f := range p.Fields {
		fields = append(fields, f.Name)
	}
	add := func(path string, m config.Match, then, otherwise *config.PolicyAction) {
		id := fmt.Sprintf("policies[%d].%s", i, path)
		out = append(out, &Condition{
			ID: id, Type: "static", Policy: p.ID, Fields: fields, If: Match(m), Then: action(then), Else: action(otherwise),
			Place: s.Host.Place(config.PolicyFile, id),
		})
	}
	for k, x := range p.Conditions {
		add(fmt.Sprintf("conditions[%d]", k), x.If, x.Then, x.Else)
	}
	if p.Default != nil {
		add("default", nil, p.Default, nil)
	}
	return out
}

func or(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

func names(fs []policy.Field) []string {
	out := []string{}
	for _, f := range fs {
		out = append(out, f.String())
	}
	return out
}

// Action is config.PolicyAction in JSON.
type Action struct {
	Concurrency     *int           `json:"concurrency,omitempty"`
	Rate            string         `json:"rate,omitempty"`            // COUNT/SECONDS
	ConnectInterval *float64       `json:"connectinterval,omitempty"` // seconds
	Tag             string         `json:"tag,omitempty"`
	Stop            *bool          `json:"stop,omitempty"`
	Properties      map[string]any `json:"properties,omitempty"`
	Cluster         *bool          `json:"cluster,omitempty"`
	Algorithm       string         `json:"algorithm,omitempty"`
}

func action(a *config.PolicyAction) *Action {
	if a == nil {
		return nil
	}
	x := &Action{Concurrency: a.Concurrency, Tag: a.Tag, Stop: a.Stop, Properties: a.Properties, Cluster: a.Cluster, Algorithm: a.Algorithm}
	if a.Rate != nil {
		x.Rate = rateText(*a.Rate)
	}
	if a.ConnectInterval != nil {
		x.ConnectInterval = new(a.ConnectInterval.Seconds())
	}
	return x
}

func rateText(r config.Rate) string { return fmt.Sprintf("%g/%g", r.Count, r.Interval.Seconds()) }

// config returns the action as the file has it, checked as there.
func (a *Action) config() (out config.PolicyAction, err error) {
	out = config.PolicyAction{
		Concurrency: a.Concurrency, Tag: a.Tag, Stop: a.Stop, Properties: a.Properties, Cluster: a.Cluster, Algorithm: a.Algorithm,
	}
	switch {
	case a.Concurrency != nil && *a.Concurrency < 0:
		return out, fmt.Errorf("then.concurrency: got %d, want 0 or more", *a.Concurrency)
	case a.ConnectInterval != nil && !(*a.ConnectInterval >= 0 && *a.ConnectInterval <= maxTTL):
		return out, fmt.Errorf("then.connectinterval: got %g, want 0 to %g seconds", *a.ConnectInterval, maxTTL)
	case a.Algorithm != "" && !slices.Contains(config.Algorithms, a.Algorithm):
		return out, fmt.Errorf("then.algorithm: got '%s', want %s", a.Algorithm, strings.Join(config.Algorithms, " or "))
	}
	if a.ConnectInterval != nil {
		out.ConnectInterval = new(duration(*a.ConnectInterval))
	}
	if a.Rate != "" {
		r, err := config.ParseRate(a.Rate)
		if err != nil {
			return out, fmt.Errorf("then.rate: %w", err)
		}
		out.Rate = &r
	}
	return out, checkCommon(0, a.Tag, a.Properties)
}

// AddCondition is the body of w.
type AddCondition struct {
	Fields []string `json:"fields"` // those of the policy that it belongs to
	If     Match    `json:"if,omitempty"`
	Then   Action   `json:"then"`
	TTL    float64  `json:"ttl,omitempty"`  // seconds; 0: until it is deleted
	ID     string   `json:"id,omitempty"`   // "": a new one
	Type   string   `json:"type,omitempty"` // dynamic, backoff or warmup
	Update bool     `json:"update,omitempty"`
}

func addCondition(_ context.Context, s *Server, in *AddCondition) (any, error) {
	if types := []string{"", "dynamic", "backoff", "warmup"}; !slices.Contains(types, in.Type) {
		return nil, fmt.Errorf("type: got '%s', want one of %s", in.Type, strings.Join(types[1:], ", "))
	}
	if err := checkCommon(in.TTL, "", nil); err != nil {
		return nil, err
	}
	d := policy.Condition{ID: in.ID, Type: or(in.Type, "dynamic"), If: config.Match(in.If), TTL: duration(in.TTL)}
	var err error
	if d.Then, err = in.Then.config(); err != nil {
		return nil, err
	}
	for _, name := range in.Fields {
		f, ok := policy.FieldOf(name)
		if !ok {
			return nil, fmt.Errorf("fields: got '%s', want some of %s", name, strings.Join(config.Fields, ", "))
		}
		d.Fields = append(d.Fields, f)
	}
	if err := s.checkMatch(in.If, in.Fields); err != nil {
		return nil, err
	}
	if d.ID == "" {
		d.ID = uuid.NewString()
	}
	id, added, err := s.Policies.AddCondition(d, in.Update)
	if err != nil {
		return nil, err
	}
	then, err := json.Marshal(in.Then)
	if err != nil {
		return nil, err
	}
	s.log("policy add", "id", id, "added", added, "fields", in.Fields, "if", fmt.Sprint(in.If), "then", string(then), "ttl", in.TTL)
	return Added{id, added}, nil
}

func deleteCondition(_ context.Context, s *Server, in *ByID) (any, error) {
	if strings.HasPrefix(in.ID, "policies[") {
		return nil, fmt.Errorf("condition '%s' stands in %s, take it out there", in.ID, s.Host.Place(config.PolicyFile, in.ID))
	}
	return s.dropped("policy delete", in.ID, s.Policies.DeleteCondition(in.ID)), nil
}

func refill(_ context.Context, s *Server) (any, error) {
	n := s.Policies.Refill()
	s.log("policy refill", "affected", n)
	return Affected{n}, nil
}

// whenUTC returns a time for JSON, nil for none.
func whenUTC(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC().Truncate(time.Millisecond)
	return &t
}
