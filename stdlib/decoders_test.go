package stdlib_test

import (
	"errors"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/hawser-mta/hawser/runtime/module"
	"github.com/hawser-mta/hawser/runtime/vm"
)

// bombs are inputs of a megabyte, as scripts: unit by unit, for each decoder.
var bombs = []struct {
	call  string
	units []string
}{
	{`json_decode($s)`, []string{"[", "{\"a\":", "[],", "1,", "\"\\u00e9", "\x00"}},
	{`json_decode("[$s1]")`, []string{"[],", "{},", "1,", "\"\","}},
	{`yaml_decode($s)`, []string{"- \n", "- a\n", "a: b\n", "[", "- - ", "? ", "\"", "&a ", "#\n", "a:\n b:\n", "---\n", "\\"}},
	{`yaml_decode("[$s1]")`, []string{"a,", "[],", "{},", "*a,"}},
	{`csv_decode($s, ["header" => false])`, []string{",", "\n", "a\n", "\"", "\"\"", "\"\","}},
	{`csv_decode($s)`, []string{"a,", "a\n", "\r\n"}},
	{`mimeword_decode($s)`, []string{"=?", "=?utf-8?Q?a?= ", "=?gbk?B?xOM=?=", "=?a?Q?", "?"}},
	{`unpack("C*", $s)`, []string{"a"}},
	{`unpack($s, "")`, []string{"a0", "Z0", "C0", "x0", " "}},
	{`pack($s)`, []string{"x99", "x0", "x99999999"}},
	{`zlib_uncompress($s)`, []string{"\x78\x9c", "x"}},
	{`zlib_uncompress(zlib_compress("x" * 15000000, 9) , 15)`, []string{""}},
	{`base64_decode($s)`, []string{"A", " ", "="}},
	{`base64url_decode($s)`, []string{"A"}},
	{`base32_decode($s)`, []string{"A"}},
	{`url_decode($s)`, []string{"%41", "%"}},
	{`xtext_decode($s)`, []string{"+41", "+"}},
	{`strptime($s, "%Y")`, []string{" ", "1"}},
	{`strptime("1970", $s)`, []string{"%n", "%%", "%c", " "}},
	{`strftime($s, 0)`, []string{"%c", "%A", "%", "%-d"}},
	{`strpduration($s)`, []string{"1", "1d"}},
}

// TestDecoders: a hostile megabyte takes no decoder more than 64 MB, and little time.
func TestDecoders(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(10)) // garbage is not what is measured
	u := universe()
	for _, b := range bombs {
		for _, unit := range b.units {
			t.Run(b.call+" of "+unit, func(t *testing.T) {
				n := 0
				if unit != "" {
					n = (1 << 20) / len(unit)
				}
				lit := strings.NewReplacer("\\", "\\\\", "\"", "\\\"", "$", "\\$", "\n", "\\n", "\r", "\\r", "\x00", "\\x00", "\x9c", "\\x9c").Replace(unit)
				src := `$s = str_repeat("` + lit + `", $n); $s1 = $s . "1"; $r = ` + b.call + `;`
				src = strings.Replace(src, "$n", strconv.Itoa(n), 1)
				set, diags := load(t, module.NewLoader(u), src)
				if set == nil {
					t.Fatal(diags.Err())
				}
				runtime.GC()
				took, err := watch(t, set)
				var internal *vm.InternalError
				if errors.As(err, &internal) {
					t.Error(err)
				}
				if took.heap > 64<<20 {
					t.Errorf("the heap grew by %d MiB (%v)", took.heap>>20, err)
				}
				if took.time > 15*time.Second {
					t.Errorf("it took %s", took.time)
				}
			})
		}
	}
}
