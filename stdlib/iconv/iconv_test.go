package iconv

import (
	"bytes"
	"os"
	"os/exec"
	"strings"
	"testing"
	"testing/fstest"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/hawser-mta/hawser/runtime/module"
	"github.com/hawser-mta/hawser/runtime/registry"
	"github.com/hawser-mta/hawser/runtime/value"
	"github.com/hawser-mta/hawser/runtime/vm"
)

// run executes a program with the global $x.
func run(t testing.TB, src string, x string, limits vm.Limits) (string, error) {
	t.Helper()
	b := registry.New()
	Register(b)
	root := &module.Root{FS: fstest.MapFS{}}
	set, diags := module.NewLoader(b.Freeze()).Build(t.Context(), &module.Roots{Files: root},
		[]module.Entry{{ID: "main", Root: root, Path: "main", Source: []byte(src), Globals: []string{"x"}}})
	if set == nil {
		t.Fatal(diags.Err())
	}
	var out strings.Builder
	thread := vm.New(set.Image("main"), vm.DefaultHost(&out), limits)
	thread.SetGlobal("x", value.Str(x))
	_, err := thread.Run(t.Context())
	return strings.TrimSuffix(out.String(), "\n"), err
}

// ours converts with the class.
func ours(t testing.TB, from, to, text string) (string, bool) {
	t.Helper()
	got, err := run(t, `$c = Iconv("`+from+`", "`+to+`"); $r = $c->convert($x); if ($r === none) echo "none"; else echo ">" . $r;`, text, vm.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	rest, ok := strings.CutPrefix(got, ">")
	return rest, ok
}

// judge converts with the command iconv.
func judge(t testing.TB, from, to, text string, args ...string) (string, bool) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "iconv", append(args, "-f", from, "-t", to)...)
	cmd.Stdin = strings.NewReader(text)
	cmd.Env = append(os.Environ(), "LC_ALL=C.UTF-8")
	var out bytes.Buffer
	cmd.Stdout = &out
	err := cmd.Run()
	return out.String(), err == nil
}

// repertoire is every character of the first plane and some above, a line each, but
// for those of private use, which every table has otherwise.
func repertoire() string {
	var b strings.Builder
	for r := rune(0x20); r < 0x12000; r++ {
		if utf8.ValidRune(r) && r != 0xFEFF && !unicode.Is(unicode.Co, r) {
			b.WriteRune(r)
			b.WriteByte('\n')
		}
	}
	for _, r := range []rune{0x1F600, 0x20000, 0x2A6D6, 0x10FFFF} {
		b.WriteRune(r)
		b.WriteByte('\n')
	}
	return b.String()
}

// same are sets that glibc has alike.
var same = strings.Fields(`UTF-8 UTF-16 UTF-16LE UTF-16BE UTF-32 UTF-32LE UTF-32BE UCS-2LE UCS-2BE UCS-4 US-ASCII ISO-8859-1 ISO-8859-2 ISO-8859-3 ISO-8859-4
	ISO-8859-5 ISO-8859-6 ISO-8859-7 ISO-8859-8 ISO-8859-9 ISO-8859-10 ISO-8859-11 ISO-8859-13 ISO-8859-14 ISO-8859-15 ISO-8859-16 KOI8-R
	WINDOWS-1250 WINDOWS-1251 WINDOWS-1252 WINDOWS-1253 WINDOWS-1254 WINDOWS-1256 WINDOWS-1257 CP874 CP437 CP850 CP852 CP866`)

// alike are sets that the WHATWG has otherwise in some characters: at most so many.
var alike = map[string]int{"CP932": 400, "EUC-JP": 500, "ISO-2022-JP": 520, "GB18030": 120, "GBK": 80, "BIG5-HKSCS": 90, "CP949": 0, "KOI8-U": 4}

// TestEncode compares the form of every character.
func TestEncode(t *testing.T) {
	t.Parallel()
	all := repertoire()
	for _, set := range append(same, "CP932", "EUC-JP", "GB18030", "GBK", "BIG5-HKSCS", "CP949", "KOI8-U") {
		t.Run(set, func(t *testing.T) {
			t.Parallel()
			got, ok := ours(t, "UTF-8", set+"//IGNORE", all)
			want, _ := judge(t, "UTF-8", set, all, "-c")
			if n := differences(got, want); !ok || n > alike[set] {
				t.Errorf("%d characters differ, at most %d may", n, alike[set])
			}
		})
	}
}

// differences counts the lines that differ.
func differences(a, b string) int {
	if a == b {
		return 0
	}
	x, y := strings.Split(a, "\n"), strings.Split(b, "\n")
	n := max(len(x), len(y)) - min(len(x), len(y))
	for i := range min(len(x), len(y)) {
		if x[i] != y[i] {
			n++
		}
	}
	return n
}

// TestDecode compares every byte of small sets, and the way back of large ones.
func TestDecode(t *testing.T) {
	t.Parallel()
	for _, set := range same {
		if strings.HasPrefix(set, "U") && set != "US-ASCII" {
			continue
		}
		for b := range 256 {
			cs, _ := find(set)
			got, _, err := cs.from().next(nil, []byte{byte(b)})
			if want := decoded(t, set)[b]; string(got) != want || (err == nil) != (want != "") {
				t.Errorf("%s: %#x is %q, %v, want %q", set, b, got, err, want)
			}
		}
	}
	all := repertoire()
	for set := range alike {
		form, _ := ours(t, "UTF-8", set+"//IGNORE", all)
		got, ok := ours(t, set, "UTF-8", form)
		want, _ := judge(t, set, "UTF-8", form, "-c")
		if n := differences(got, want); !ok || n > alike[set]+5 {
			t.Errorf("%s: %d characters differ, at most %d may", set, n, alike[set]+5)
		}
	}
	for _, set := range []string{"UTF-8", "UTF-16", "UTF-16LE", "UTF-16BE", "UTF-32", "UTF-32LE", "UTF-32BE", "UCS-4"} {
		form, ok := judge(t, "UTF-8", set, all)
		if got, well := ours(t, set, "UTF-8", form); !ok || !well || got != all {
			t.Errorf("%s: the way back differs", set)
		}
	}
}

var tables = map[string][256]string{}

// decoded is the table of a set of one byte per character, "" for bytes that are
// invalid: one run of iconv for all.
func decoded(t *testing.T, set string) [256]string {
	if x, ok := tables[set]; ok {
		return x
	}
	var x [256]string
	var text strings.Builder
	for b := range 256 {
		text.WriteByte(byte(b))
		text.WriteString("\n")
	}
	// A line for each byte; the one for the line end itself has two.
	out, _ := judge(t, set, "UTF-8", text.String(), "-c")
	lines := strings.Split(strings.Replace(out, "\n\n\n", "\n\x01\n", 1), "\n")
	for b := range 256 {
		switch {
		case b < len(lines) && b == '\n':
			x[b] = "\n"
		case b < len(lines):
			x[b] = lines[b]
		}
	}
	tables[set] = x
	return x
}

// TestSequences: what is invalid, cut or has no form, as iconv judges it.
func TestSequences(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		from, to, text string
		errno          string
	}{
		{"UTF-8", "UTF-16LE", "abc", "0"}, {"UTF-8", "UTF-16LE", "a\xff", "84"}, {"UTF-8", "UTF-16LE", "a\xe2\x82", "22"}, {"UTF-8", "UTF-16LE", "a\xc0\x80", "84"},
		{"UTF-8", "UTF-16LE", "\xed\xa0\x80", "84"}, {"UTF-8", "UTF-16LE", "\xf4\x90\x80\x80", "84"}, {"UTF-8", "UTF-16LE", "\xf0\x9f\x98\x80", "0"}, {"UTF-8", "UCS-2LE", "\xf0\x9f\x98\x80", "84"},
		{"UTF-8", "UTF-16", "", "0"}, {"UTF-16LE", "UTF-8", "a", "22"}, {"UTF-16LE", "UTF-8", "\x00\xd8", "22"}, {"UTF-16LE", "UTF-8", "\x00\xdc", "84"}, {"UTF-16LE", "UTF-8", "\x00\xd8a\x00", "84"},
		{"UTF-16", "UTF-8", "\xfe\xff\x00a", "0"}, {"UTF-16", "UTF-8", "\xff\xfea\x00", "0"}, {"UTF-16", "UTF-8", "a\x00", "0"}, {"UTF-32", "UTF-8", "\x00\x00\xfe\xff\x00\x00\x00a", "0"},
		{"UTF-32LE", "UTF-8", "\x00\x00\x11\x00", "84"}, {"UTF-32LE", "UTF-8", "\x00\xd8\x00\x00", "84"}, {"UTF-8", "ISO-8859-1", "\xe2\x82\xac", "84"}, {"UTF-8", "ISO-8859-15", "\xe2\x82\xac", "0"},
		{"WINDOWS-1252", "UTF-8", "\x81", "84"}, {"CP932", "UTF-8", "\x82\xa0", "0"}, {"CP932", "UTF-8", "\x82", "22"}, {"CP932", "UTF-8", "\x82\x20", "84"}, {"EUC-JP", "UTF-8", "\xa4\xa2", "0"},
		{"EUC-JP", "UTF-8", "\xa4", "22"}, {"ISO-2022-JP", "UTF-8", "\x1b$B$\"\x1b(B", "0"}, {"UTF-8", "ISO-2022-JP", "\xe3\x81\x82a\xe3\x81\x82", "0"}, {"GB18030", "UTF-8", "\x84\x31\xa4\x37", "0"},
		{"GB18030", "UTF-8", "abc\x84\x31\xa4\x37abc", "0"}, {"GB18030", "UTF-8", "\x81\x30\x81", "22"}, {"GB18030", "UTF-8", "a\xff", "84"}, {"GBK", "UTF-8", "\xc4\xe3", "0"}, {"BIG5", "UTF-8", "\xa7\x41", "0"},
		{"EUC-KR", "UTF-8", "\xb0\xa1", "0"}, {"EUC-KR", "UTF-8", "\xb0", "22"}, {"UTF-8", "UTF-8", "\xef\xbb\xbfa", "0"},
	} {
		want, well := judge(t, c.from, c.to, c.text)
		got, err := run(t, `$c = Iconv("`+c.from+`", "`+c.to+`"); $r = $c->convert($x); echo $c->errno(); echo $r ?? "none";`, c.text, vm.Limits{})
		if !well {
			want = "none"
		}
		if full := strings.TrimSuffix(c.errno+"\n"+want, "\n"); err != nil || strings.TrimSuffix(got, "\n") != full {
			t.Errorf("%s to %s of %q: got %q, %v, want %q", c.from, c.to, c.text, got, err, full)
		}
	}
}

// TestSuffixes: //TRANSLIT and //IGNORE.
func TestSuffixes(t *testing.T) {
	t.Parallel()
	for _, r := range "“”‘’«»‹›–—…•·€£¥©®™ßÆæŒœØøÅéñüÄŁłĐđþÞðıſﬁ½¼²№→←≤≠−×÷°µ¿¡§¶†‡‰АΑ日ｆⅧ\u00a0\u202f\u200b\ufeff\u00ad" {
		got, ok := ours(t, "UTF-8", "ASCII//TRANSLIT", string(r))
		want, well := judge(t, "UTF-8", "ASCII//TRANSLIT", string(r))
		if d := cmp.Diff(want, got); d != "" || ok != well {
			t.Errorf("%c (-want +got)\n%s", r, d)
		}
	}
	for _, c := range []struct{ from, to, text, want string }{
		{"UTF-8", "ASCII//IGNORE", "caf\u00e9 \u65e5x", "caf x"}, {"UTF-8", "UTF-8//IGNORE", "a\xffb\xe2\x82(c\xe2\x82", "ab(c"}, {"UTF-16LE", "UTF-8//IGNORE", "a\x00\x00\xdcb\x00c", "ab"},
		{"CP932", "UTF-8//IGNORE", "a\x82", "a"}, {"UTF-8", "ISO-8859-1//TRANSLIT", "\u201cé\u201d €", "\"\xe9\" EUR"}, {"UTF-8//IGNORE", "ASCII//", "abc", "abc"},
		{"UTF-8", "ascii//translit//ignore", "é\xff\u65e5", "e?"}, {"UTF-8", "ISO-2022-JP//TRANSLIT", "日é日", "\x1b$BF|\x1b(Be\x1b$BF|\x1b(B"}, {"utf8", "latin1//IGNORE//TRANSLIT", "é\u0141", "\xe9L"},
		{"GB18030", "UTF-8//IGNORE", "a\xff\x84\x31\xa4\x37b", "a\uFFFDb"}, {"UTF-8", "UTF-16//IGNORE", "\xff", ""},
	} {
		if got, ok := ours(t, c.from, c.to, c.text); !ok || got != c.want {
			t.Errorf("%s to %s of %q: got %q, %v, want %q", c.from, c.to, c.text, got, ok, c.want)
		}
	}
}

// TestLong: parts do not show, and large texts have a limit.
func TestLong(t *testing.T) {
	t.Parallel()
	text := strings.Repeat("aé日\U0001F600", 20_000)
	for _, set := range []string{"UTF-16", "UTF-32BE", "GB18030"} {
		form, ok := ours(t, "UTF-8", set, text)
		want, _ := judge(t, "UTF-8", set, text)
		if back, well := ours(t, set, "UTF-8", form); !ok || !well || form != want || back != text {
			t.Errorf("%s: the text has changed", set)
		}
	}
	japanese := strings.Repeat("日本x", 20_000)
	form, _ := ours(t, "UTF-8", "ISO-2022-JP", japanese)
	if back, ok := ours(t, "ISO-2022-JP", "UTF-8", form); !ok || back != japanese {
		t.Error("ISO-2022-JP: the text has changed")
	}
	if _, err := run(t, `Iconv("ASCII", "UTF-32")->convert("x" * 1000000);`, "", vm.Limits{Memory: 2 << 20}); err == nil || !strings.Contains(err.Error(), "memory limit") {
		t.Errorf("ended with %v, want the limit of memory", err)
	}
}

// FuzzConvert: any bytes from any set end, and what comes out of a strict conversion
// to UTF-8 is UTF-8 that converts back and forth to itself.
func FuzzConvert(f *testing.F) {
	var names []string
	for n := range charsets {
		names = append(names, n)
	}
	for i, s := range []string{"abc", "\x84\x31\xa4\x37", "\x1b$B$\"\x1b(B", "\xff\xfea\x00", "~{VPND~}", "\x82\xa0\x82", strings.Repeat("\x81", 9000)} {
		f.Add(uint(i), uint(i+1), s, true)
	}
	f.Fuzz(func(t *testing.T, from, to uint, text string, lax bool) {
		if len(text) > 1<<15 {
			return
		}
		suffix := ""
		if lax {
			suffix = "//TRANSLIT//IGNORE"
		}
		a, b := names[from%uint(len(names))], names[to%uint(len(names))]
		if got, ok := ours(t, a, "UTF-8"+suffix, text); ok && !utf8.ValidString(got) {
			t.Errorf("%s of %q is no UTF-8: %q", a, text, got)
		}
		if got, ok := ours(t, a, b+suffix, text); lax && !ok {
			t.Errorf("%s to %s of %q fails: %q", a, b, text, got)
		}
	})
}
