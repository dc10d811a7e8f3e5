package x509

import (
	"encoding/asn1"
	"testing"
)

// TestText: every kind of string that names may have (X.520 DirectoryString and IA5String),
// and bytes of what is none.
func TestText(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		tag         int
		bytes, want string
	}{
		{asn1.TagUTF8String, "é", "é"}, {asn1.TagPrintableString, "a b", "a b"}, {asn1.TagIA5String, "a@b", "a@b"},
		{asn1.TagT61String, "caf\xe9", "café"}, {asn1.TagBMPString, "\x00a\x04\x1f\xd8\x3d\xde\x00", "aП😀"}, {asn1.TagBMPString, "\x00a\x00", "a"},
		{tagUniversalString, "\x00\x00\x00a\x00\x01\xf6\x00", "a😀"}, {tagUniversalString, "\x00\x00\x00", ""}, {tagVisibleString, "v", "v"},
		{asn1.TagBitString, "\x00\x01", "\x00\x01"},
	} {
		if got := text(asn1.RawValue{Tag: c.tag, Bytes: []byte(c.bytes)}); got != c.want {
			t.Errorf("tag %d, %q: got %q, want %q", c.tag, c.bytes, got, c.want)
		}
	}
}
