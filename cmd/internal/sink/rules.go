package sink

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Stage is a point of a session where a sink can wait or refuse.
type Stage string

// The stages, in the order of a session.
const (
	Connect Stage = "connect" // in the place of the banner
	Helo    Stage = "helo"    // EHLO, HELO or LHLO
	Mail    Stage = "mail"
	Rcpt    Stage = "rcpt"
	Data    Stage = "data" // the command; BDAT has no such stage
	EOD     Stage = "eod"  // the message has arrived
)

// Protocol is the stage of refusals that are not asked for: go-smtp's own, for
// commands that it does not take and messages over the size limit.
const Protocol Stage = "protocol"

var stages = []Stage{Connect, Helo, Mail, Rcpt, Data, EOD}

func stageOf(s string) (Stage, error) {
	if i := slices.Index(stages, Stage(strings.ToLower(s))); i >= 0 {
		return stages[i], nil
	}
	names := make([]string, len(stages))
	for i, st := range stages {
		names[i] = string(st)
	}
	return "", fmt.Errorf("got stage '%s', want one of %s", s, list(names))
}

func list(words []string) string { return strings.ToLower(strings.Join(words, ", ")) }

// Share is a part of a whole, 0 to 1; as text "2.5%".
type Share float64

// UnmarshalText reads "2.5%".
func (s *Share) UnmarshalText(text []byte) error {
	digits, ok := strings.CutSuffix(string(text), "%")
	f, err := strconv.ParseFloat(digits, 64)
	if !ok || err != nil || !(f >= 0 && f <= 100) {
		return fmt.Errorf("got '%s', want a share from 0%% to 100%%", text)
	}
	*s = Share(f / 100)
	return nil
}

// Failure refuses a share of what comes to a stage.
type Failure struct {
	Stage Stage
	Share Share
	Code  int // 400–599; 421 ends the connection
}

// Failures are the refusals of a sink; of one stage, one at most strikes.
type Failures []Failure

// UnmarshalText reads "connect=1%:421,rcpt=5%:550,rcpt=1%:451".
func (f *Failures) UnmarshalText(text []byte) error {
	for item := range strings.SplitSeq(string(text), ",") {
		name, rest, ok := strings.Cut(item, "=")
		share, code, ok2 := strings.Cut(rest, ":")
		if !ok || !ok2 {
			return fmt.Errorf("got '%s', want STAGE=SHARE%%:CODE such as rcpt=5%%:550", item)
		}
		var one Failure
		var err error
		if one.Stage, err = stageOf(name); err != nil {
			return err
		}
		if err := one.Share.UnmarshalText([]byte(share)); err != nil {
			return err
		}
		if one.Code, err = strconv.Atoi(code); err != nil {
			return fmt.Errorf("got code '%s', want 400 to 599", code)
		}
		*f = append(*f, one)
	}
	return f.check()
}

func (f Failures) check() error {
	sum := map[Stage]Share{}
	for _, x := range f {
		if x.Code < 400 || x.Code > 599 {
			return fmt.Errorf("got code '%d', want 400 to 599", x.Code)
		}
		if sum[x.Stage] += x.Share; sum[x.Stage] > 1+1e-9 {
			return fmt.Errorf("the shares of stage %s are over 100%%", x.Stage)
		}
	}
	return nil
}

// code is the refusal that a draw (0 to 1) means at a stage, 0 for none.
func (f Failures) code(at Stage, draw float64) int {
	for _, x := range f {
		if x.Stage != at {
			continue
		}
		if draw -= float64(x.Share); draw < 0 {
			return x.Code
		}
	}
	return 0
}

// Delays are the time that a stage takes before its answer.
type Delays map[Stage]time.Duration

// UnmarshalText reads "rcpt=20ms,eod=1s".
func (d *Delays) UnmarshalText(text []byte) error {
	if *d == nil {
		*d = Delays{}
	}
	for item := range strings.SplitSeq(string(text), ",") {
		name, value, ok := strings.Cut(item, "=")
		if !ok {
			return fmt.Errorf("got '%s', want STAGE=TIME such as rcpt=20ms", item)
		}
		st, err := stageOf(name)
		if err != nil {
			return err
		}
		t, err := time.ParseDuration(value)
		if err != nil || t < 0 {
			return fmt.Errorf("got '%s', want a time such as 20ms or 1.5s", value)
		}
		(*d)[st] = t
	}
	return nil
}
