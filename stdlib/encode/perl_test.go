package encode_test

import (
	"encoding/hex"
	"fmt"
	"math"
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hawser-mta/hawser/runtime/value"
	"github.com/hawser-mta/hawser/stdlib/encode"
)

// perlCode is the code of perl that means the same as ours.
var perlCode = map[byte]string{'e': "d<", 'E': "d>"}

// counts of a code: no count, counts and *.
var counts = []string{"", "0", "1", "2", "3", "5", "*"}

// perl runs lines of perl, each of which prints one line.
func perl(t *testing.T, lines []string) []string {
	t.Helper()
	cmd := exec.Command("perl", "-e", "no warnings;\n"+strings.Join(lines, "\n"))
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("perl: %v\n%s", err, out)
	}
	return strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
}

// TestPackPerl: perl packs to the same bytes.
func TestPackPerl(t *testing.T) {
	t.Parallel()
	var want, lines []string
	for _, c := range "aZHcCnvNVeE" {
		for _, count := range counts {
			code := string(c) + count
			args, text := []value.Value{value.Str("616263")}, `"616263"`
			if !strings.ContainsRune("aZH", c) {
				n := map[string]int{"": 1, "*": 4}[count]
				if n == 0 {
					fmt.Sscan(count, &n)
				}
				args, text = nil, ""
				for i := range n {
					x := float64(250 + i*40)
					args, text = append(args, value.Num(x)), text+fmt.Sprintf("%v,", x)
				}
			}
			s, ok := encode.Pack(code, args)
			if !ok {
				t.Errorf("pack %s: none", code)
			}
			want = append(want, code+" "+hex.EncodeToString([]byte(s)))
			lines = append(lines, fmt.Sprintf(`print "%s ", unpack("H*", pack("%s%s", %s)), "\n";`, code, spelled(c), count, text))
		}
	}
	if d := cmp.Diff(perl(t, lines), want); d != "" {
		t.Errorf("(-perl +ours)\n%s", d)
	}
}

// spelled is the code as perl spells it.
func spelled(c rune) string {
	if p, ok := perlCode[byte(c)]; ok {
		return p
	}
	return string(c)
}

// TestUnpackPerl: perl reads the same values where the data is long enough; where
// it is too short ours gives none.
func TestUnpackPerl(t *testing.T) {
	t.Parallel()
	data := "ab\x00\x81\xff\x00\x3f\xf8" + strings.Repeat("\x10\x20", 20)
	var want, lines []string
	for _, c := range "aZHcCnvNVeEx" {
		for _, count := range counts {
			if c == 'x' && count == "*" {
				continue
			}
			code := string(c) + count
			out, err := encode.Unpack(code, data, 0, roomy)
			if err != nil {
				t.Errorf("unpack %s: %v", code, err)
				continue
			}
			var got []string
			for v := range out.Values() {
				if v.IsString() {
					got = append(got, hex.EncodeToString([]byte(v.Str())))
				} else {
					got = append(got, fmt.Sprintf("%016x", math.Float64bits(v.Num())))
				}
			}
			want = append(want, code+" "+strings.Join(got, ","))
			show := `unpack("H*", $_)`
			if !strings.ContainsRune("aZH", c) {
				show = `unpack("H*", pack("d>", $_))`
			}
			lines = append(lines, fmt.Sprintf(`print "%s ", join(",", map { %s } unpack("%s%s", pack("H*", "%x"))), "\n";`, code, show, spelled(c), count, data))
		}
	}
	if d := cmp.Diff(perl(t, lines), want); d != "" {
		t.Errorf("(-perl +ours)\n%s", d)
	}
	for code, size := range map[string]int{"a3": 3, "Z3": 3, "H3": 2, "c2": 2, "C": 1, "n2": 4, "v": 2, "N": 4, "V2": 8, "e": 8, "E2": 16, "x3": 3} {
		for n := range size {
			if out, err := encode.Unpack(code, data[:n], 0, roomy); err == nil {
				t.Errorf("unpack %s of %d bytes: %v", code, n, value.FromArray(out))
			}
		}
		if _, err := encode.Unpack(code, data[:size], 0, roomy); err != nil {
			t.Errorf("unpack %s of %d bytes: %v", code, size, err)
		}
	}
}

// roomy has room for everything.
func roomy(int) error { return nil }
