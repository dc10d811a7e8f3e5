package message_test

import (
	"testing"

	"github.com/hawser-mta/hawser/mta/message"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
)

// TestToText: what raw text is read as when nothing names its charset, and that a charset
// that is named wins.
func TestToText(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text, charset string // charset is what the part names
		in            encoding.Encoding
	}{
		{"Grüße aus Köln", "", charmap.ISO8859_1},
		{"ça va? déjà vu, garçon", "", charmap.ISO8859_1},
		{"ÆØÅ på dansk: blåbærgrød", "", charmap.ISO8859_1},
		{"“quoted” – 5 € for naïve Zoë…", "", charmap.Windows1252},
		{"Привет, мир", "", charmap.Windows1251},
		{"Счёт за ноябрь", "", charmap.Windows1251},
		{"Привет, мир", "", charmap.KOI8R},
		{"Re: заказ № 5 готов", "", charmap.Windows1251},
		{"счет за ноябрь", "", charmap.KOI8R},
		{"請求書のお知らせ", "", japanese.EUCJP},
		{"請求書のお知らせ", "", japanese.ShiftJIS},
		{"カタログ", "", japanese.ShiftJIS},
		{"Ελλάδα", "iso-8859-7", charmap.ISO8859_7},
		{"Привет", "koi8-r", charmap.KOI8R},
		{"é as its charset says", "us-ascii", charmap.ISO8859_1},
		{"é of a charset that nobody knows", "x-none", charmap.ISO8859_1},
		{"schon UTF-8: ü", "koi8-r", encoding.Nop},
	} {
		raw, err := c.in.NewEncoder().String(c.text)
		if err != nil {
			t.Fatal(err)
		}
		if got := message.ToText(raw, c.charset); got != c.text {
			t.Errorf("%q in %v: got %q", c.text, c.in, got)
		}
	}
	// Bytes that windows-1252 does not have leave ISO-8859-1.
	if got := message.ToText("\x81\x93", ""); got != "\u0081\u0093" {
		t.Errorf("got %q", got)
	}
}
