package mail

import (
	"fmt"
	"strings"

	"github.com/hawser-mta/hawser/lang/sig"
	"github.com/hawser-mta/hawser/mta/address"
	"github.com/hawser-mta/hawser/mta/dkim"
	"github.com/hawser-mta/hawser/mta/smtp"
	"github.com/hawser-mta/hawser/runtime/registry"
	"github.com/hawser-mta/hawser/runtime/value"
	"github.com/hawser-mta/hawser/runtime/vm"
	"github.com/hawser-mta/hawser/stdlib/encode"
)

func addresses(b *registry.Builder) {
	b.Func(sig.New("envelope_address_parse(address: string) -> array|none",
		"The localpart and domain of an SMTP address, the local part unquoted; none when it is malformed.").
		Show(`echo envelope_address_parse("\"a b\"@x.org");`, `["localpart"=>"a b","domain"=>"x.org"]`),
		func(_ *vm.Thread, a []value.Value) (value.Value, error) {
			x, err := address.Parse(a[0].Str())
			if err != nil || x.Domain == "" && x.Local != "" {
				return value.None, nil
			}
			return Array(x), nil
		})
	b.Func(sig.New("envelope_localpart_escape(localpart: string) -> string", "A local part as it stands before the @: in quotes where it must be.").
		Show(`echo envelope_localpart_escape("a b");`, `"a b"`),
		func(_ *vm.Thread, a []value.Value) (value.Value, error) {
			return value.Str(address.QuoteLocal(a[0].Str())), nil
		})
	b.Func(sig.New("header_addresslist_extract(value: string, options?: array) -> array|none",
		"The addresses of a header field such as To; none when it is malformed.",
		sig.Opt("field: boolean = false", "the text is a whole field with its name"),
		sig.Opt("name: boolean = false", "give the display names as well")).
		Show(`echo header_addresslist_extract("Jo <jo@x.org>; \"A, B\" <ab@y.org>");`, `[0=>"jo@x.org",1=>"ab@y.org"]`), extract)
	b.Func(sig.New("header_addresslist_compile(addresses: array) -> string",
		"A header value of addresses, each a string or [\"name\" => …, \"address\" => …].").
		Show(`echo header_addresslist_compile([["name" => "A, B", "address" => "ab@y.org"]]);`, `"A, B" <ab@y.org>`), compile)
	b.Func(sig.New("header_dkim_decode(value: string, options?: array) -> array|none",
		"The tags of a DKIM, DMARC or similar record; none when it is malformed.",
		sig.Opt("field: boolean = false", "the text is a whole field with its name")).
		Show(`echo header_dkim_decode("v=DMARC1; p=none;");`, `["v"=>"DMARC1","p"=>"none"]`),
		func(_ *vm.Thread, a []value.Value) (value.Value, error) {
			o := registry.OptionsAt("header_dkim_decode", a, 1)
			text, ok := fieldValue(a[0].Str(), o.Bool("field", false))
			tags, err := dkim.DecodeTags(text)
			if err != nil || !ok {
				return value.None, o.Err()
			}
			return Tags(tags), o.Err()
		})
}

// Tags returns a tag list as an array.
func Tags(tags dkim.Tags) value.Value {
	out := value.NewArray(len(tags))
	for _, t := range tags {
		out.SetStr(t.Name, value.Str(t.Value))
	}
	return value.FromArray(out)
}

var addressKeys = value.NewKeys("localpart", "domain")

// Array returns an address in the shape of spec hooks 1.7.
func Array(a address.Address) value.Value {
	return value.FromArray(addressKeys.Array(value.Str(a.Local), value.Str(a.Domain)))
}

// Parse reads an address argument: a string, or an array with localpart, domain
// and ESMTP params (spec stdlib 0.9). name is printed in errors.
func Parse(name string, v value.Value) (a address.Address, params *value.Array, err error) {
	switch v.Kind() {
	case value.KString:
		if a, err = address.Parse(v.Str()); err != nil {
			err = fmt.Errorf("%s: '%.80s' is not an address", name, v.Str())
		}
		return a, nil, err
	case value.KArray:
		o := registry.OptionsOf(name, v)
		a = address.Address{Local: o.Str("localpart", ""), Domain: o.Str("domain", "")}
		params = o.Array("params")
		if err := o.Err(); err != nil {
			return a, nil, err
		}
		if !a.IsNull() && !address.ValidDomain(a.Domain) && !strings.EqualFold(a.Local, "postmaster") || strings.ContainsAny(a.Local, "\r\n\x00") {
			return a, nil, fmt.Errorf("%s: not an address", name)
		}
		return a, params, nil
	}
	return a, nil, fmt.Errorf("%s must be string|array, got %s", name, v.TypeName())
}

// Params reads ESMTP parameters; none and "" are keywords without a value.
func Params(a *value.Array) smtp.Params {
	if a == nil {
		return nil
	}
	out := smtp.Params{}
	for k, v := range a.All() {
		out = append(out, smtp.Param{Key: k.String(), Value: v.String()})
	}
	return out
}

// fieldValue returns the value of a field, or the text when it is one; ok is false
// for a field without a name.
func fieldValue(text string, field bool) (v string, ok bool) {
	if !field {
		return text, true
	}
	name, v, ok := strings.Cut(text, ":")
	return v, ok && name != ""
}

func extract(_ *vm.Thread, a []value.Value) (value.Value, error) {
	o := registry.OptionsAt("header_addresslist_extract", a, 1)
	field, names := o.Bool("field", false), o.Bool("name", false)
	text, ok := fieldValue(a[0].Str(), field)
	list, err := address.ParseList(text)
	if err != nil || !ok || o.Err() != nil {
		return value.None, o.Err()
	}
	out := value.NewArray(len(list))
	for _, e := range list {
		if !names {
			out.Append(value.Str(e.Address))
			continue
		}
		item := value.NewArray(2)
		if e.Name != "" {
			item.SetStr("name", value.Str(encode.DecodeWords(e.Name)))
		}
		item.SetStr("address", value.Str(e.Address))
		out.Append(value.FromArray(item))
	}
	return value.FromArray(out), nil
}

func compile(_ *vm.Thread, a []value.Value) (value.Value, error) {
	var list []address.Entry
	for v := range a[0].Array().Values() {
		if v.IsString() {
			list = append(list, address.Entry{Address: v.Str()})
			continue
		}
		o := registry.OptionsOf("header_addresslist_compile", v)
		e := address.Entry{Name: o.Str("name", ""), Address: o.Str("address", "")}
		if err := o.Err(); err != nil {
			return value.None, err
		}
		if e.Address == "" {
			return value.None, fmt.Errorf("header_addresslist_compile(): an item has no address")
		}
		list = append(list, e)
	}
	return value.Str(address.FormatList(list, encode.EncodeWord)), nil
}
