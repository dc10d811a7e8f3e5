package iconv

import (
	"encoding/binary"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
)

// charset makes the two ends of conversions.
type charset struct {
	from func() source
	to   func() sink
}

// byRunes is a charset without state.
func byRunes(from runes, to writer) charset {
	return charset{func() source { return from }, func() sink { return to }}
}

// controls are what the bytes 0x80 to 0x9F are, where a table leaves it open or has more
// than the set.
type controls int

const (
	tabled   controls = iota // as the table says
	isoC1                    // the controls U+0080 to U+009F: ISO 8859
	noneOfC1                 // not assigned, unless they are characters: code pages of Windows
)

// single is a set of one byte per character.
func single(c *charmap.Charmap, c1 controls) charset {
	high := func(r rune) bool { return 0x80 <= r && r < 0xA0 }
	return byRunes(func(src []byte) (rune, int) {
		if b := rune(src[0]); c1 == isoC1 && high(b) {
			return b, 1
		}
		r := c.DecodeByte(src[0])
		if r == utf8.RuneError || c1 == noneOfC1 && high(r) {
			return -1, 1
		}
		return r, 1
	}, func(out []byte, r rune) ([]byte, bool) {
		if c1 == isoC1 && high(r) {
			return append(out, byte(r)), true
		}
		b, ok := c.EncodeRune(r)
		if !ok || c1 == noneOfC1 && high(r) || c1 == isoC1 && high(rune(b)) {
			return out, false
		}
		return append(out, b), true
	})
}

func ascii() charset {
	return byRunes(func(src []byte) (rune, int) {
		if src[0] >= utf8.RuneSelf {
			return -1, 1
		}
		return rune(src[0]), 1
	}, func(out []byte, r rune) ([]byte, bool) {
		if r >= utf8.RuneSelf {
			return out, false
		}
		return append(out, byte(r)), true
	})
}

// multi is a set of several bytes per character.
func multi(e encoding.Encoding) charset {
	return charset{
		func() source { return multibyte{e.NewDecoder().Transformer, e == simplifiedchinese.GB18030} },
		func() sink { return encoder{e.NewEncoder().Transformer} },
	}
}

// order is a byte order to read and to write.
type order interface {
	binary.ByteOrder
	binary.AppendByteOrder
}

func utf16In(o order, pairs bool) charset { return byRunes(fromUTF16(o, pairs), toUTF16(o, pairs)) }

func utf32In(o order) charset { return byRunes(fromUTF32(o), toUTF32(o)) }

var little, big order = binary.LittleEndian, binary.BigEndian

// charsets are what names stand for, in upper case without punctuation.
var charsets = func() map[string]charset {
	m := map[string]charset{}
	add := func(c charset, names string) {
		for _, n := range strings.Fields(names) {
			m[n] = c
		}
	}
	add(byRunes(fromUTF8, toUTF8), "UTF8 CP65001")
	add(charset{
		func() source { return &marked{little: fromUTF16(little, true), big: fromUTF16(big, true), unit: 2} },
		func() sink { return withMark(toUTF16(little, true)) },
	}, "UTF16 UNICODE")
	add(charset{
		func() source { return &marked{little: fromUTF32(little), big: fromUTF32(big), unit: 4} },
		func() sink { return withMark(toUTF32(little)) },
	}, "UTF32")
	add(utf16In(little, true), "UTF16LE UNICODELITTLE")
	add(utf16In(big, true), "UTF16BE UNICODEBIG")
	add(utf16In(little, false), "UCS2 UCS2LE ISO10646UCS2")
	add(utf16In(big, false), "UCS2BE")
	add(utf32In(little), "UTF32LE UCS4LE")
	add(utf32In(big), "UTF32BE UCS4 UCS4BE ISO10646UCS4")
	add(ascii(), "USASCII ASCII ANSIX341968 ISO646US US CP367 646 C")
	latin := func(c *charmap.Charmap, names string) { add(single(c, isoC1), names) }
	page := func(c *charmap.Charmap, names string) { add(single(c, tabled), names) }
	latin(charmap.ISO8859_1, "ISO88591 ISO885911987 88591 LATIN1 L1 ISOIR100 CP819 IBM819")
	latin(charmap.ISO8859_2, "ISO88592 ISO885921987 88592 LATIN2 L2 ISOIR101")
	latin(charmap.ISO8859_3, "ISO88593 ISO885931988 88593 LATIN3 L3")
	latin(charmap.ISO8859_4, "ISO88594 ISO885941988 88594 LATIN4 L4")
	latin(charmap.ISO8859_5, "ISO88595 ISO885951988 88595 CYRILLIC")
	latin(charmap.ISO8859_6, "ISO88596 ISO885961987 88596 ARABIC ECMA114 ASMO708")
	latin(charmap.ISO8859_7, "ISO88597 ISO885972003 ISO885971987 88597 GREEK GREEK8 ECMA118 ELOT928")
	latin(charmap.ISO8859_8, "ISO88598 ISO885981988 88598 HEBREW ISO88598I")
	latin(charmap.ISO8859_9, "ISO88599 ISO885991989 88599 LATIN5 L5 TURKISH")
	latin(charmap.ISO8859_10, "ISO885910 ISO8859101992 885910 LATIN6 L6")
	latin(charmap.Windows874, "ISO885911 885911 TIS620 TIS6200 TIS62025291")
	latin(charmap.ISO8859_13, "ISO885913 885913 LATIN7 L7 BALTIC")
	latin(charmap.ISO8859_14, "ISO885914 ISO8859141998 885914 LATIN8 L8 ISOCELTIC")
	latin(charmap.ISO8859_15, "ISO885915 ISO8859151998 885915 LATIN9 L9")
	latin(charmap.ISO8859_16, "ISO885916 ISO8859162001 885916 LATIN10 L10")
	page(charmap.KOI8R, "KOI8R")
	page(charmap.KOI8U, "KOI8U")
	page(charmap.Macintosh, "MACINTOSH MAC MACROMAN")
	page(charmap.CodePage437, "CP437 IBM437 437")
	page(charmap.CodePage850, "CP850 IBM850 850")
	page(charmap.CodePage852, "CP852 IBM852 852")
	page(charmap.CodePage855, "CP855 IBM855 855")
	page(charmap.CodePage858, "CP858 CP00858")
	page(charmap.CodePage860, "CP860 IBM860 860")
	page(charmap.CodePage862, "CP862 IBM862 862")
	page(charmap.CodePage863, "CP863 IBM863 863")
	page(charmap.CodePage865, "CP865 IBM865 865")
	page(charmap.CodePage866, "CP866 IBM866 866")
	for number, c := range map[string]*charmap.Charmap{
		"874": charmap.Windows874, "1250": charmap.Windows1250, "1251": charmap.Windows1251, "1252": charmap.Windows1252,
		"1253": charmap.Windows1253, "1254": charmap.Windows1254, "1255": charmap.Windows1255, "1256": charmap.Windows1256,
		"1257": charmap.Windows1257, "1258": charmap.Windows1258,
	} {
		add(single(c, noneOfC1), "WINDOWS"+number+" CP"+number+" MSCP"+number)
	}
	add(multi(japanese.ShiftJIS), "SHIFTJIS SJIS MSKANJI CSSHIFTJIS CP932 WINDOWS31J WINDOWS932 MS932 IBM943")
	add(multi(japanese.EUCJP), "EUCJP UJIS EUCJPMS CP51932")
	add(multi(japanese.ISO2022JP), "ISO2022JP CSISO2022JP")
	add(multi(simplifiedchinese.GB18030), "GB18030")
	add(multi(simplifiedchinese.GBK), "GBK CP936 MS936 WINDOWS936 GB2312 EUCCN")
	add(multi(simplifiedchinese.HZGB2312), "HZGB2312 HZ")
	add(multi(traditionalchinese.Big5), "BIG5 BIGFIVE CNBIG5 CP950 BIG5HKSCS")
	add(multi(korean.EUCKR), "EUCKR KSC5601 KSC56011987 CP949 UHC MS949 WINDOWS949")
	return m
}()

// punctuation is what names differ in.
var punctuation = strings.NewReplacer("-", "", "_", "", " ", "", ":", "", ".", "", "(", "", ")", "")

// find returns the set of a name.
func find(name string) (charset, bool) {
	if len(name) > 64 {
		return charset{}, false
	}
	c, ok := charsets[punctuation.Replace(strings.ToUpper(name))]
	return c, ok
}
