package encode_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/hawser-mta/hawser/runtime/value"
	"github.com/hawser-mta/hawser/stdlib/encode"
)

// most bounds the input of a fuzz target.
const most = 1 << 14

func add(f *testing.F, seeds ...string) {
	f.Helper()
	for _, s := range seeds {
		f.Add(s)
	}
}

// FuzzBase: what is decoded encodes to text that decodes to the same.
func FuzzBase(f *testing.F) {
	add(f, "aGk=", "NBUQ====", "__4", "a G\nk", "=", "\xff", "abc1")
	f.Fuzz(func(t *testing.T, s string) {
		if len(s) > most {
			return
		}
		for _, decode := range []func(string) string{encode.DecodeBase64, encode.DecodeBase64URL, encode.DecodeBase32} {
			if out := decode(s); len(out) > len(s) {
				t.Errorf("%d bytes decode to %d", len(s), len(out))
			}
		}
		if encode.DecodeURL(encode.EncodeURL(s)) != s || encode.DecodeXtext(encode.EncodeXtext(s)) != s {
			t.Errorf("%q does not come back", s)
		}
	})
}

// FuzzJSON: what is accepted is written as text that reads as the same value.
func FuzzJSON(f *testing.F) {
	add(f, `{"a":[1,true,null,"é\u00e9\ud83d\ude00"],"0":{}}`, `[[[`, `"\ud800"`, `1e400`, "/* */ 1 # x", `{"a":1,"a":2}`, "\xff")
	f.Fuzz(func(t *testing.T, s string) {
		if len(s) > most {
			return
		}
		v, err := encode.FromJSON(s, true)
		if err != nil {
			return
		}
		for _, o := range []encode.JSONOptions{{}, {ASCII: true}, {Pretty: true}} {
			text, err := encode.ToJSON(v, o)
			if err != nil {
				t.Fatalf("%q: %v", s, err)
			}
			if again, err := encode.FromJSON(text, false); err != nil || !value.Identical(v, again) {
				t.Fatalf("%q: wrote %q, read %v, %v", s, text, again, err)
			}
		}
	})
}

// FuzzYAML: no text crashes the reader or expands without bounds.
func FuzzYAML(f *testing.F) {
	add(f, "a: [1, {b: c}]\n", "- &x a\n- *x\n- !Up b\n", "<<: {a: 1}\nb: |\n  text\n", "&a [*a]", "- - -", "? a\n: b", "%YAML 1.2\n---\n'x'\n...\n", "\"\\x41\"")
	f.Fuzz(func(t *testing.T, s string) {
		if len(s) > most {
			return
		}
		tag := func(_ string, v value.Value) (value.Value, bool, error) { return v, true, nil }
		encode.FromYAML(s, encode.YAMLOptions{Tag: tag})
	})
}

// FuzzCSV: every row that is read is written as a record that reads the same.
func FuzzCSV(f *testing.F) {
	add(f, "a,b\n1,\"x\"\"y\"\n", "a;b\r\n\r\n\"1\n2\";", "\"", "a\n,", "\xff,\x00")
	f.Fuzz(func(t *testing.T, s string) {
		if len(s) > most {
			return
		}
		encode.FromCSV(s, encode.CSVOptions{Delimiter: ';', Header: true})
		rows, err := encode.FromCSV(s, encode.CSVOptions{Delimiter: ','})
		if err != nil {
			return
		}
		for row := range rows.Values() {
			text, err := encode.ToCSV(row.Array(), ',', func(int) error { return nil })
			if err != nil {
				t.Fatal(err)
			}
			again, err := encode.FromCSV(text, encode.CSVOptions{Delimiter: ','})
			if err != nil || !value.Identical(value.FromArray(again), value.FromArray(value.List(row))) {
				t.Fatalf("%v: wrote %q, read %v", row, text, value.FromArray(again))
			}
		}
	})
}

// FuzzMIMEWord: text is decoded, and what is encoded comes back.
func FuzzMIMEWord(f *testing.F) {
	add(f, "=?iso-8859-1?Q?caf=E9?= bar", "=?utf-8?B?w6k=?= =?utf-8?q?a_b?=", "=?=?=?", "=?utf-8*en?Q?x?=", "=?iso-2022-jp?B?GyRC?=")
	f.Fuzz(func(t *testing.T, s string) {
		if len(s) > most {
			return
		}
		encode.DecodeWords(s)
		if utf8.ValidString(s) {
			if back := encode.DecodeWords(encode.EncodeWord(s)); back != s {
				t.Fatalf("%q comes back as %q", s, back)
			}
		}
	})
}

// FuzzPack: what is unpacked is packed to what unpacks the same.
func FuzzPack(f *testing.F) {
	for _, c := range [][2]string{{"a2 Z* H3", "abc\x00\x12\x34"}, {"c*", "\xff"}, {"nvNVeE", "0123456789abcdef01234567abcd"}, {"x3C", "abcd"}, {"Z0a0H0", ""}} {
		f.Add(c[0], c[1])
	}
	nop := func(int) error { return nil }
	f.Fuzz(func(t *testing.T, format, data string) {
		if len(format)+len(data) > most {
			return
		}
		if encode.PackedSize(format, nil) > 1<<20 {
			return // scripts are asked for room first
		}
		encode.Pack(format, []value.Value{value.Str(data), value.Num(1)})
		out, err := encode.Unpack(format, data, 0, nop)
		if err != nil || strings.Contains(format, "Z") || strings.Count(format, "*") > 1 {
			return // Z takes as many bytes as it is told, but gives one of them to NUL; of two * the first takes all arguments
		}
		var args []value.Value
		for v := range out.Values() {
			args = append(args, v)
		}
		packed, ok := encode.Pack(format, args)
		if !ok {
			return // "C*" twice: the first takes it all
		}
		again, err := encode.Unpack(format, packed, 0, nop)
		if err != nil {
			return
		}
		var got []value.Value
		for v := range again.Values() {
			got = append(got, v)
		}
		same := cmp.Comparer(func(a, b value.Value) bool { return value.Identical(a, b) || a.String() == b.String() })
		if d := cmp.Diff(args, got, same, cmpopts.EquateEmpty()); d != "" {
			t.Fatalf("%q %q (-first +second)\n%s", format, data, d)
		}
	})
}

// FuzzInflate: no data crashes the reader or gives more than it may.
func FuzzInflate(f *testing.F) {
	for _, bits := range []int{15, -15, 31} {
		f.Add(encode.Compress("some text, some text", 6, bits))
	}
	f.Fuzz(func(t *testing.T, s string) {
		if len(s) > most {
			return
		}
		for _, bits := range []int{15, -15, 31, 47} {
			out, err := encode.Uncompress(s, bits, 1<<20, func(int) error { return nil })
			if err == nil && len(out) > 1<<20 {
				t.Fatalf("%d bytes", len(out))
			}
			if err == nil && encode.Compress(string(out), 1, bits&^32) == "" {
				t.Fatal("nothing")
			}
		}
	})
}
