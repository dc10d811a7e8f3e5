package encode

import (
	"encoding/base32"
	"encoding/base64"
	"errors"
	"fmt"

	"github.com/hawser-mta/hawser/lang/sig"
	"github.com/hawser-mta/hawser/runtime/registry"
	"github.com/hawser-mta/hawser/runtime/value"
	"github.com/hawser-mta/hawser/runtime/vm"
)

// Register declares the domain.
func Register(b *registry.Builder) {
	texts(b)
	registerJSON(b)
	registerCSV(b)
	registerYAML(b)
	registerZlib(b)
	registerPack(b)
	loaders(b)
}

// texts declares the functions from one string to another.
func texts(b *registry.Builder) {
	for _, f := range []struct {
		name, text, code, out string
		fn                    func(string) string
	}{
		{"base64_encode", "Base64 with padding, without line breaks.", `echo base64_encode("hi");`, "aGk=",
			func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }},
		{"base64_decode", "Decodes base64 up to padding or the first foreign character; white space is skipped.", `echo base64_decode("aGk=");`, "hi", DecodeBase64},
		{"base64url_encode", "Base64 in the URL alphabet, without padding.", `echo base64url_encode("\xff\xfe");`, "__4",
			func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }},
		{"base64url_decode", "Decodes the URL alphabet, padded or not.", `echo base64url_decode("aGk");`, "hi", DecodeBase64URL},
		{"base32_encode", "Base32 with padding, without line breaks.", `echo base32_encode("hi");`, "NBUQ====",
			func(s string) string { return base32.StdEncoding.EncodeToString([]byte(s)) }},
		{"base32_decode", "Decodes base32 in either case up to padding or the first foreign character.", `echo base32_decode("nbuq");`, "hi", DecodeBase32},
		{"url_encode", "Escapes everything but A-Z a-z 0-9 - . _ ~ as %XX.", `echo url_encode("a b/c");`, "a%20b%2Fc", EncodeURL},
		{"url_decode", "Decodes %XX; + stays as it is.", `echo url_decode("a%20b+c");`, "a b+c", DecodeURL},
		{"mimeword_encode", "Text as it can stand in a header field: as encoded words where it is not plain ASCII.", `echo mimeword_encode("café");`, "=?utf-8?Q?caf=C3=A9?=", EncodeWord},
		{"mimeword_decode", "Decodes the encoded words of a text to UTF-8.", `echo mimeword_decode("=?iso-8859-1?Q?caf=E9?= bar");`, "café bar", DecodeWords},
	} {
		b.Func(sig.New(f.name+"(string: string) -> string", f.text).Show(f.code, f.out), text(f.fn))
	}
	b.Func(sig.New("xtext_encode(text: string) -> string", "Encodes as xtext, the form of ESMTP parameter values (RFC 3461).").
		Show(`echo xtext_encode("a+b=c");`, "a+2Bb+3Dc"), text(EncodeXtext))
	b.Func(sig.New("xtext_decode(text: string) -> string", "Decodes xtext; a malformed + stays as it is.").
		Show(`echo xtext_decode("a+2Bb");`, "a+b"), text(DecodeXtext))
}

// text adapts a function from text to text.
func text(f func(string) string) vm.Impl {
	return func(_ *vm.Thread, a []value.Value) (value.Value, error) {
		s := f(a[0].Str())
		if len(s) > value.MaxString {
			return value.None, value.ErrTooLong
		}
		return value.Str(s), nil
	}
}

func registerJSON(b *registry.Builder) {
	b.Func(sig.New("json_encode(value: any, options?: array) -> string|none",
		"JSON text of a value; none when some part has no JSON form.",
		sig.Opt("ensure_ascii: boolean = true", `write other characters as \uXXXX`),
		sig.Opt("pretty_print: boolean = false", "one item per line, indented by four spaces")).
		Show(`echo json_encode([1 => "a"]);`, `{"1":"a"}`),
		func(t *vm.Thread, a []value.Value) (value.Value, error) {
			o := registry.OptionsAt("json_encode", a, 1)
			j := JSONOptions{ASCII: o.Bool("ensure_ascii", true), Pretty: o.Bool("pretty_print", false), Max: t.Room()}
			if err := o.Err(); err != nil {
				return value.None, err
			}
			s, err := ToJSON(a[0], j)
			if errors.Is(err, value.ErrTooLong) {
				return value.None, err
			}
			if err != nil {
				return value.None, nil
			}
			return value.Str(s), nil
		})
	b.Func(sig.New("json_decode(string: string, options?: array) -> any|none",
		"The value of a JSON text; none when it is malformed.",
		sig.Opt("allow_comments: boolean = false", "skip // and # to the end of the line and /* */")).
		Show(`echo json_decode("{\"a\": [1, true, null]}");`, `["a"=>[0=>1,1=>true,2=>none]]`),
		func(t *vm.Thread, a []value.Value) (value.Value, error) {
			o := registry.OptionsAt("json_decode", a, 1)
			var full error
			size := t.Growth()
			v, err := ReadJSON(a[0].Str(), JSONReadOptions{Comments: o.Bool("allow_comments", false), Grow: func(n int) error {
				full = size.Add(n)
				return full
			}})
			if err != nil {
				return value.None, full
			}
			return v, nil
		})
}

func registerYAML(b *registry.Builder) {
	b.Func(sig.New("yaml_decode(string: string, options?: array) -> any|none",
		"The value of the first document of a YAML text; none when it is malformed.",
		sig.Opt("tags: array", "local tag => function(data) whose result replaces the node")).
		Show(`echo yaml_decode("k: !Up abc", ["tags" => ["!Up" => str_upper]]);`, `["k"=>"ABC"]`),
		func(t *vm.Thread, a []value.Value) (value.Value, error) {
			o := registry.OptionsAt("yaml_decode", a, 1)
			tags := o.Array("tags")
			if err := o.Err(); err != nil {
				return value.None, err
			}
			if tags == nil {
				tags = value.NewArray(0)
			}
			for _, fn := range tags.All() {
				if fn.Kind() != value.KFunc {
					return value.None, fmt.Errorf("yaml_decode(): option tags must be an array of functions, got %s", fn.TypeName())
				}
			}
			var thrown error
			tag := func(name string, v value.Value) (value.Value, bool, error) {
				fn := tags.GetStr(name)
				if fn.Kind() != value.KFunc {
					return v, false, nil
				}
				v, thrown = t.Call(fn, v)
				return v, true, thrown
			}
			reserve := func(n int) error {
				thrown = t.Reserve(n)
				return thrown
			}
			v, err := FromYAML(a[0].Str(), YAMLOptions{Tag: tag, Reserve: reserve})
			if thrown != nil {
				return value.None, thrown
			}
			if err != nil {
				return value.None, nil
			}
			return v, nil
		})
}

func registerZlib(b *registry.Builder) {
	b.Func(sig.New("zlib_compress(string: string, compression?: number = 6, windowbits?: number = 15) -> string|none",
		"Deflates. windowbits 9 to 15 gives the zlib wrapper, -9 to -15 none, 25 to 31 gzip.").
		Show(`echo zlib_uncompress(zlib_compress("abc"));`, "abc"),
		func(t *vm.Thread, a []value.Value) (value.Value, error) {
			level, err := registry.Count("zlib_compress", a, 1, 6)
			if err != nil {
				return value.None, err
			}
			bits, err := registry.Count("zlib_compress", a, 2, 15)
			if err != nil {
				return value.None, err
			}
			f, ok := window(bits, false)
			if !ok || level < 0 || level > 9 {
				return value.None, errors.New("zlib_compress(): compression must be 0 to 9, windowbits 8 to 15, -8 to -15 or 24 to 31")
			}
			if err := t.Reserve(len(a[0].Str()) / 1000); err != nil {
				return value.None, err
			}
			return value.Str(compress(a[0].Str(), level, f)), nil
		})
	b.Func(sig.New("zlib_uncompress(string: string, windowbits?: number = 15) -> string|none",
		"Inflates; 40 to 47 detects zlib and gzip. none for corrupt data.").
		Show(`echo zlib_uncompress("not zlib") === none;`, "true"),
		func(t *vm.Thread, a []value.Value) (value.Value, error) {
			bits, err := registry.Count("zlib_uncompress", a, 1, 15)
			if err != nil {
				return value.None, err
			}
			f, ok := window(bits, true)
			if !ok {
				return value.None, errors.New("zlib_uncompress(): windowbits must be 8 to 15, -8 to -15, 24 to 31 or 40 to 47")
			}
			// What could never fit is bad data; what does not fit now ends the script.
			var full error
			size, room := t.Growth(), t.Room()
			made := 0
			out, err := uncompress(a[0].Str(), f, room, func(n int) error {
				if made += n; made <= room {
					full = size.Add(n)
				}
				return full
			})
			if err != nil {
				return value.None, full
			}
			return value.Bytes(out), nil
		})
}

// registerPack declares functions to which a wrong argument is bad data: they give
// none (spec stdlib 8).
func registerPack(b *registry.Builder) {
	b.Func(sig.New("pack(format: string, ...args: any) -> string|none",
		"Bytes made of arguments: a Z H text, c C n v N V e E numbers, x a zero byte, each with a count or *.").
		AsGiven().Show(`echo length(pack("Na*", 3, "abc"));`, "7"),
		func(t *vm.Thread, a []value.Value) (value.Value, error) {
			if !a[0].IsString() {
				return value.None, nil
			}
			if items, ok := parseFormat(a[0].Str()); ok {
				if err := t.Reserve(packedSize(items, a[1:])); err != nil {
					return value.None, err
				}
			}
			s, ok := Pack(a[0].Str(), a[1:])
			if !ok {
				return value.None, nil
			}
			return value.Str(s), nil
		})
	b.Func(sig.New("unpack(format: string, data: string, offset?: number = 0) -> array|none",
		"The values that a format of pack() reads from data.").
		AsGiven().Show(`echo unpack("Z*Cn", "ab\x00\x01\x00\x02");`, `[0=>"ab",1=>1,2=>2]`),
		func(t *vm.Thread, a []value.Value) (value.Value, error) {
			offset := 0
			if !a[0].IsString() || !a[1].IsString() {
				return value.None, nil
			}
			if len(a) > 2 && !a[2].IsNil() {
				if !a[2].IsNumber() {
					return value.None, nil
				}
				var err error
				if offset, err = registry.Count("unpack", a, 2, 0); err != nil {
					return value.None, err
				}
			}
			out, err := Unpack(a[0].Str(), a[1].Str(), offset, t.Growth().Add)
			switch {
			case errors.Is(err, errPack):
				return value.None, nil
			case err != nil:
				return value.None, err
			}
			return value.FromArray(out), nil
		})
}
