package control

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// verb is a command.
type verb struct {
	name string
	body bool
	size int64 // of the body at most; 0: maxBody
	run  func(ctx context.Context, s *Server, body []byte) (any, error)
}

func (v *verb) most() int64 {
	if v.size > 0 {
		return v.size
	}
	return maxBody
}

// verbs is the table of commands (spec mta 15.2).
var verbs map[Command]*verb

func init() {
	verbs = map[Command]*verb{
		'a': {name: "livestage deploy", body: true, run: later("live staging")},
		'b': {name: "livestage status", run: later("live staging")},
		'c': {name: "livestage cancel", body: true, run: later("live staging")},
		'd': {name: "set breakpoint", body: true, run: later("debugging by breakpoints")},
		'e': {name: "wait for breakpoint", body: true, run: later("debugging by breakpoints")},
		'f': {name: "continue", run: later("debugging by breakpoints")},
		'g': {name: "cache list", run: plain(listCaches)},
		'h': {name: "cache clear", run: plain(clearCaches)},
		'i': {name: "rate list", run: plain(listRates)},
		'j': {name: "rate clear", body: true, run: with(clearRates)},
		'k': {name: "reload resolver", run: plain(reloadResolver)},
		'l': {name: "log level", body: true, run: with(logLevel)},
		'm': {name: "status", run: plain(status)},
		'n': {name: "users", run: later("a list of users")},
		'o': {name: "reload suspend", run: reload("smtpd-suspend.yaml")},
		'p': {name: "reload policy", run: reload("smtpd-policy.yaml")},
		'q': {name: "process stats", run: plain(stats)},
		'r': {name: "reload app", run: reload("smtpd-app.yaml")},
		's': {name: "suspend list", run: plain(listSuspensions)},
		't': {name: "suspend add", body: true, run: with(addSuspension)},
		'u': {name: "suspend delete", body: true, run: with(deleteSuspension)},
		'v': {name: "policy list", run: plain(listConditions)},
		'w': {name: "policy add", body: true, run: with(addCondition)},
		'x': {name: "policy delete", body: true, run: with(deleteCondition)},
		'y': {name: "memory list", body: true, run: with(readMemory)},
		'z': {name: "memory store", body: true, run: with(storeMemory)},
		'A': {name: "memory delete", body: true, run: with(deleteMemory)},
		'B': {name: "refill rate buckets", run: plain(refill)},
		'C': {name: "clear DNS cache", run: plain(clearDNS)},
		'D': {name: "queue group-by", body: true, run: with(groupBy)},
		'E': {name: "queue import", body: true, size: maxImport, run: with(importUnit)},
		'F': {name: "queue list", body: true, run: with(listQueue)},
		'G': {name: "queue update", body: true, run: with(updateQueue)},
		'H': {name: "reload delivery", run: reload("smtpd-delivery.yaml")},
		'I': {name: "quota list", run: plain(listQuotas)},
		'J': {name: "queue unload", body: true, run: with(exportUnit)},
		'K': {name: "plugin command", body: true, run: with(pluginCommand)},
		'L': {name: "trace", body: true, run: later("tracing")},
		'M': {name: "policy explain", body: true, run: with(explain)},
		'N': {name: "script status", run: plain(scriptStatus)},
		'O': {name: "config check", run: plain(checkConfig)},
		'P': {name: "config show", run: plain(showConfig)},
		'Q': {name: "drain", run: plain(drain)},
		'R': {name: "shutdown", run: plain(shutdown)},
		'S': {name: "policy waiting", run: plain(listWaiting)},
		'T': {name: "resolver query", body: true, run: with(queryResolver)},
	}
}

// later is the answer of a command that this version does not have.
func later(what string) func(context.Context, *Server, []byte) (any, error) {
	return func(context.Context, *Server, []byte) (any, error) {
		return nil, fmt.Errorf("%s is not available in this version", what)
	}
}

// plain makes a verb of a function without a body.
func plain(f func(ctx context.Context, s *Server) (any, error)) func(context.Context, *Server, []byte) (any, error) {
	return func(ctx context.Context, s *Server, _ []byte) (any, error) { return f(ctx, s) }
}

// with makes a verb of a function of a body in JSON.
func with[T any](f func(ctx context.Context, s *Server, in *T) (any, error)) func(context.Context, *Server, []byte) (any, error) {
	return func(ctx context.Context, s *Server, body []byte) (any, error) {
		in := new(T)
		if err := decode(body, in); err != nil {
			return nil, err
		}
		return f(ctx, s, in)
	}
}

// decode reads a body. No body is an empty object.
func decode(body []byte, to any) error {
	if len(bytes.TrimSpace(body)) == 0 {
		return nil
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(to); err != nil {
		return reword(err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("got more than one JSON value, want one object")
	}
	return nil
}

// reword says what is wrong with JSON without names of types.
func reword(err error) error {
	var kind *json.UnmarshalTypeError
	var syntax *json.SyntaxError
	switch {
	case errors.As(err, &kind) && kind.Field == "":
		return fmt.Errorf("got %s, want an object", kind.Value)
	case errors.As(err, &kind):
		return fmt.Errorf("field '%s': got %s, want %s", kind.Field, kind.Value, wanted(kind))
	case errors.As(err, &syntax):
		return fmt.Errorf("not valid JSON at byte %d: %s", syntax.Offset, strings.TrimPrefix(syntax.Error(), "json: "))
	case errors.Is(err, io.ErrUnexpectedEOF):
		return errors.New("not valid JSON: it ends too early")
	}
	if name, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
		return fmt.Errorf("unknown field '%s'", strings.Trim(name, `"`))
	}
	return errors.New(strings.TrimPrefix(err.Error(), "json: "))
}

// Affected is the answer of commands that act.
type Affected struct {
	Affected int `json:"affected"`
}

// wanted names what a field takes.
func wanted(e *json.UnmarshalTypeError) string {
	switch k := e.Type.Kind().String(); {
	case strings.HasPrefix(k, "int"), strings.HasPrefix(k, "uint"), strings.HasPrefix(k, "float"):
		return "a number"
	case k == "string":
		return "a string"
	case k == "bool":
		return "true or false"
	case k == "slice", k == "array":
		return "a list"
	}
	return "an object"
}
