package clock_test

import (
	"fmt"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hawser-mta/hawser/stdlib/clock"
)

// moments around turns of years and weeks, in UTC.
func moments() []int64 {
	var out []int64
	for year := 1968; year < 2033; year += 3 {
		for _, d := range []int{-3, -2, -1, 0, 1, 2, 3, 59, 60, 180} {
			out = append(out, time.Date(year, 1, 1+d, 3*(d+3)%24, 7, 8, 0, time.UTC).Unix())
		}
	}
	return out
}

// TestFormatPerl: strftime of the C library writes the same.
func TestFormatPerl(t *testing.T) {
	t.Parallel()
	const format = "%a %A %b %B %c %C %d %D %e %F %g %G %h %H %I %j %k %l %m %M %n %p %r %R %S %t %T %u %U %V %w %W %x %X %y %Y %% %-d %-m %-H %-I %-j %-e %-S"
	var list, want []string
	for _, m := range moments() {
		list = append(list, fmt.Sprint(m))
		want = append(want, clock.Format(format, time.Unix(m, 0).UTC()))
	}
	out, err := exec.Command("perl", "-MPOSIX", "-e", fmt.Sprintf(`$ENV{TZ} = "UTC"; $ENV{LC_ALL} = "C"; print POSIX::strftime(%q, gmtime($_)), "\0" for (%s);`, format, strings.Join(list, ","))).Output()
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00"), want); d != "" {
		t.Errorf("(-perl +ours)\n%s", d)
	}
}

// TestParsePython: strptime of the C library, called from python3, reads the same.
func TestParsePython(t *testing.T) {
	t.Parallel()
	formats := []string{"%Y-%m-%d %H:%M:%S", "%c", "%d %B %y %I:%M:%S %p", "%D %T", "%F %k:%M", "%Y %j %R", "%a, %e %b %Y %r", "%C%y%m%d"}
	var want []string
	var prog strings.Builder
	prog.WriteString(`import ctypes, calendar
libc = ctypes.CDLL("libc.so.6")
class TM(ctypes.Structure):
    _fields_ = [(n, ctypes.c_int) for n in "sec min hour mday mon year wday yday isdst".split()] + [("off", ctypes.c_long), ("zone", ctypes.c_char_p)]
libc.strptime.restype = ctypes.c_char_p
def p(s, f):
    tm = TM()
    if libc.strptime(s.encode(), f.encode(), ctypes.byref(tm)) is None: print("none"); return
    print(calendar.timegm((tm.year + 1900, tm.mon + 1, tm.mday, tm.hour, tm.min, tm.sec)))
`)
	for _, m := range moments() {
		for _, f := range formats {
			s := clock.Format(f, time.Unix(m, 0).UTC())
			at, ok := clock.Parse(s, f, moment, time.UTC)
			got := "none"
			if ok {
				got = fmt.Sprint(at.Unix())
			}
			want = append(want, got)
			fmt.Fprintf(&prog, "p(%q, %q)\n", s, f)
		}
	}
	cmd := exec.Command("python3", "-")
	cmd.Stdin = strings.NewReader(prog.String())
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if d := cmp.Diff(strings.Fields(string(out)), want); d != "" {
		t.Errorf("(-C +ours)\n%s", d)
	}
}
