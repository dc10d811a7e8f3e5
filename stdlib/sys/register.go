package sys

import (
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/hawser-mta/hawser/lang/sig"
	"github.com/hawser-mta/hawser/runtime/registry"
	"github.com/hawser-mta/hawser/runtime/value"
	"github.com/hawser-mta/hawser/runtime/vm"
)

// Register declares the domain.
func Register(b *registry.Builder) {
	b.Func(sig.New("gethostname() -> string", "The configured host name, else that of the system.").Show("echo length(gethostname()) > 0;", "true"),
		func(t *vm.Thread, _ []value.Value) (value.Value, error) { return value.Str(t.Host().Hostname), nil })
	b.Func(sig.New("uuid() -> string", "A new UUID: random, or by time when the configuration says so.").Show("echo length(uuid());", "36"),
		func(t *vm.Thread, _ []value.Value) (value.Value, error) {
			id, err := New(t.Host().UUIDVersion, t.Host().Entropy)
			return value.Str(id), err
		})
	b.Func(sig.New("uuidv5(uuidnamespace: string, value: string) -> string", "The UUID of a name inside a name space (RFC 9562 5.5).").
		Show(`echo uuidv5("6ba7b810-9dad-11d1-80b4-00c04fd430c8", "example.com");`, "cfbff0d1-9375-5685-968c-48ce8b15ae17"),
		func(_ *vm.Thread, a []value.Value) (value.Value, error) {
			space, err := uuid.Parse(a[0].Str())
			if err != nil || len(a[0].Str()) != 36 {
				return value.None, fmt.Errorf("uuidv5(): '%.40s' is not a UUID", a[0].Str())
			}
			return value.Str(uuid.NewSHA1(space, []byte(a[1].Str())).String()), nil
		})
	b.Func(sig.New("syslog(priority: string|number, message: string) -> none",
		"Logs a message. priority is emerg, alert, crit, err, warning, notice, info, debug, or a number.").
		Show(`syslog("debug", "hello");`, ""), syslog)
}

// New returns a new UUID of version 1 or 4.
func New(version int, entropy io.Reader) (string, error) {
	if version == 1 {
		id, err := uuid.NewUUID()
		return id.String(), err
	}
	id, err := uuid.NewRandomFromReader(entropy)
	return id.String(), err
}

var priorities = []string{"emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"}

func syslog(t *vm.Thread, a []value.Value) (value.Value, error) {
	priority := 0
	if a[0].IsString() {
		if priority = slices.Index(priorities, a[0].Str()); priority < 0 {
			return value.None, fmt.Errorf("syslog(): unknown priority '%.40s', want one of %s", a[0].Str(), strings.Join(priorities, ", "))
		}
	} else {
		n := a[0].Num()
		if math.IsNaN(n) || n < 0 || n > 191 {
			return value.None, errors.New("syslog(): priority must be 0 to 191")
		}
		priority = int(n)
	}
	for line := range strings.SplitSeq(strings.TrimSuffix(a[1].Str(), "\n"), "\n") {
		t.Host().Log(t, priority, printable(line))
	}
	return value.None, nil
}

// printable escapes what could disturb a log.
func printable(s string) string {
	clean := func(r rune) bool { return r >= ' ' && r != 0x7f }
	if strings.IndexFunc(s, func(r rune) bool { return !clean(r) }) < 0 {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if c := s[i]; c >= ' ' && c != 0x7f {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, `\x%02x`, c)
		}
	}
	return b.String()
}
