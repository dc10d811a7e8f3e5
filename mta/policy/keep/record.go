package keep

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/hawser-mta/hawser/mta/config"
	"github.com/hawser-mta/hawser/mta/policy"
)

// state is the file behind its first line.
type state struct {
	Conditions  []condition  `json:"conditions"`
	Suspensions []suspension `json:"suspensions"`
}

// life is when an entry began and ends.
type life struct {
	Created time.Time  `json:"created"`
	TTL     float64    `json:"ttl,omitempty"`   // seconds, as it was given; 0: for ever
	Until   *time.Time `json:"until,omitempty"` // nil: for ever
}

type match struct {
	Field    string   `json:"field"`
	Patterns []string `json:"patterns"`
}

type condition struct {
	ID     string   `json:"id"`
	Type   string   `json:"type"`
	Fields []string `json:"fields"`
	If     []match  `json:"if,omitempty"`
	Then   action   `json:"then"`
	life
}

type suspension struct {
	ID         string         `json:"id"`
	Tag        string         `json:"tag,omitempty"`
	If         []match        `json:"if,omitempty"`
	Properties map[string]any `json:"properties,omitempty"`
	life
}

// action is config.PolicyAction; times are seconds.
type action struct {
	Concurrency     *int           `json:"concurrency,omitempty"`
	Rate            *[2]float64    `json:"rate,omitempty"` // count and seconds
	ConnectInterval *float64       `json:"connectinterval,omitempty"`
	Tag             string         `json:"tag,omitempty"`
	Stop            *bool          `json:"stop,omitempty"`
	Properties      map[string]any `json:"properties,omitempty"`
	Cluster         *bool          `json:"cluster,omitempty"`
	Algorithm       string         `json:"algorithm,omitempty"`
}

// format is what the first line begins with.
const format = "hawser-dynamic 1"

// encode writes a file.
func encode(a *policy.Added, serial uint64, now time.Time) ([]byte, error) {
	s := state{Conditions: []condition{}, Suspensions: []suspension{}}
	for i := range a.Conditions {
		d := &a.Conditions[i]
		x := condition{ID: d.ID, Type: d.Type, If: matches(d.If), Then: actionOf(&d.Then), life: lifeOf(d.Created, d.TTL, d.Left(), now)}
		for _, f := range d.Fields {
			x.Fields = append(x.Fields, f.String())
		}
		s.Conditions = append(s.Conditions, x)
	}
	for i := range a.Suspensions {
		x := &a.Suspensions[i]
		s.Suspensions = append(s.Suspensions, suspension{
			ID: x.ID, Tag: x.Tag, If: matches(x.If), Properties: x.Properties, life: lifeOf(x.Created, x.TTL, x.Left(), now),
		})
	}
	body, err := json.Marshal(s)
	if err != nil {
		return nil, err
	}
	return append(fmt.Appendf(nil, "%s %d %x\n", format, serial, sha256.Sum256(body)), body...), nil
}

// errDamaged tells that a file is not what was written.
var errDamaged = errors.New("the checksum does not fit: the file is damaged")

// decode reads a file.
func decode(b []byte) (s *state, serial uint64, err error) {
	head, body, _ := bytes.Cut(b, []byte("\n"))
	var sum []byte
	if _, err := fmt.Sscanf(string(head), format+" %d %x", &serial, &sum); err != nil {
		return nil, 0, fmt.Errorf("got %.40q in the first line, want '%s', a number and a checksum", head, format)
	}
	if real := sha256.Sum256(body); !bytes.Equal(sum, real[:]) {
		return nil, 0, errDamaged
	}
	s = &state{}
	return s, serial, json.Unmarshal(body, s)
}

func lifeOf(created time.Time, ttl, left time.Duration, now time.Time) life {
	l := life{Created: created.UTC(), TTL: ttl.Seconds()}
	if left > 0 {
		l.Until = new(now.Add(left).UTC())
	}
	return l
}

// ttl returns the time to live as it was given, and what is left of it: 0 for ever,
// negative when the end has come. The clock may have been set back meanwhile, so that
// more would be left than there was.
func (l *life) ttl(now time.Time) (ttl, left time.Duration) {
	if ttl = duration(l.TTL); l.Until == nil {
		return ttl, 0
	}
	if left = l.Until.Sub(now); left <= 0 {
		return ttl, -1
	}
	if ttl > 0 {
		left = min(left, ttl)
	}
	return ttl, left
}

func duration(seconds float64) time.Duration {
	return time.Duration(math.Round(seconds * float64(time.Second)))
}

func matches(m config.Match) (out []match) {
	for _, f := range m {
		out = append(out, match{f.Field, f.Patterns})
	}
	return out
}

func fromMatches(list []match) (out config.Match) {
	for _, f := range list {
		out = append(out, config.FieldMatch{Field: f.Field, Patterns: f.Patterns})
	}
	return out
}

func actionOf(a *config.PolicyAction) action {
	x := action{Concurrency: a.Concurrency, Tag: a.Tag, Stop: a.Stop, Properties: a.Properties, Cluster: a.Cluster, Algorithm: a.Algorithm}
	if a.Rate != nil {
		x.Rate = &[2]float64{a.Rate.Count, a.Rate.Interval.Seconds()}
	}
	if a.ConnectInterval != nil {
		x.ConnectInterval = new(a.ConnectInterval.Seconds())
	}
	return x
}

// condition returns what was written, to be restored.
func (c *condition) condition() (d policy.Condition, err error) {
	d = policy.Condition{ID: c.ID, Type: c.Type, If: fromMatches(c.If), Created: c.Created, Then: config.PolicyAction{
		Concurrency: c.Then.Concurrency, Tag: c.Then.Tag, Stop: c.Then.Stop, Properties: c.Then.Properties, Cluster: c.Then.Cluster, Algorithm: c.Then.Algorithm,
	}}
	if r := c.Then.Rate; r != nil {
		d.Then.Rate = &config.Rate{Count: r[0], Interval: duration(r[1])}
	}
	if x := c.Then.ConnectInterval; x != nil {
		d.Then.ConnectInterval = new(duration(*x))
	}
	for _, name := range c.Fields {
		f, ok := policy.FieldOf(name)
		if !ok {
			return d, fmt.Errorf("unknown field '%s'", name)
		}
		d.Fields = append(d.Fields, f)
	}
	return d, nil
}
