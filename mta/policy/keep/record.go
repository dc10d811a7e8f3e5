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

// suspension is one entry of the list that the file has behind its first line.
type suspension struct {
	ID         string         `json:"id"`
	Tag        string         `json:"tag,omitempty"`
	If         []match        `json:"if,omitempty"`
	Properties map[string]any `json:"properties,omitempty"`
	Created    time.Time      `json:"created"`
	TTL        float64        `json:"ttl,omitempty"`   // seconds, as it was given; 0: for ever
	Until      *time.Time     `json:"until,omitempty"` // nil: for ever
}

type match struct {
	Field    string   `json:"field"`
	Patterns []string `json:"patterns"`
}

// format is what the first line begins with.
const format = "hawser-suspensions 1"

// encode writes a file.
func encode(list []policy.Suspension, serial uint64, now time.Time) ([]byte, error) {
	out := make([]suspension, 0, len(list))
	for i := range list {
		out = append(out, record(&list[i], now))
	}
	body, err := json.Marshal(out)
	if err != nil {
		return nil, err
	}
	return append(fmt.Appendf(nil, "%s %d %x\n", format, serial, sha256.Sum256(body)), body...), nil
}

// errDamaged tells that a file is not what was written.
var errDamaged = errors.New("the checksum does not fit: the file is damaged")

// decode reads a file.
func decode(b []byte) (list []suspension, serial uint64, err error) {
	head, body, _ := bytes.Cut(b, []byte("\n"))
	var sum []byte
	if _, err := fmt.Sscanf(string(head), format+" %d %x", &serial, &sum); err != nil {
		return nil, 0, fmt.Errorf("got %.40q in the first line, want '%s', a number and a checksum", head, format)
	}
	if real := sha256.Sum256(body); !bytes.Equal(sum, real[:]) {
		return nil, 0, errDamaged
	}
	err = json.Unmarshal(body, &list)
	return list, serial, err
}

// record returns what is written of a suspension.
func record(s *policy.Suspension, now time.Time) suspension {
	x := suspension{ID: s.ID, Tag: s.Tag, Properties: s.Properties, Created: s.Created.UTC(), TTL: s.TTL.Seconds()}
	for _, f := range s.If {
		x.If = append(x.If, match{f.Field, f.Patterns})
	}
	if left := s.Left(); left > 0 {
		x.Until = new(now.Add(left).UTC())
	}
	return x
}

// suspension returns what was written, to be restored.
func (s *suspension) suspension() policy.Suspension {
	x := policy.Suspension{ID: s.ID, Tag: s.Tag, Properties: s.Properties, Created: s.Created, TTL: s.ttl()}
	for _, f := range s.If {
		x.If = append(x.If, config.FieldMatch{Field: f.Field, Patterns: f.Patterns})
	}
	return x
}

func (s *suspension) ttl() time.Duration {
	return time.Duration(math.Round(s.TTL * float64(time.Second)))
}

// left returns what is left of the ttl: 0 for ever, negative when the end has come. The
// clock may have been set back meanwhile, so that more would be left than there was.
func (s *suspension) left(now time.Time) time.Duration {
	if s.Until == nil {
		return 0
	}
	left := s.Until.Sub(now)
	if left <= 0 {
		return -1
	}
	if ttl := s.ttl(); ttl > 0 {
		left = min(left, ttl)
	}
	return left
}
