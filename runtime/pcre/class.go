package pcre

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// class is a set of characters. Bytes below 256 are in a bitmap; with the flag u
// greater characters are in ranges and tables.
type class struct {
	bits    [4]uint64
	ranges  []span
	tables  []table
	negated bool // the whole class, as [^...]
	utf     bool
	fold    bool
	item    *one // what the compiler makes of it
}

type span struct{ lo, hi rune }

// table is a Unicode property, possibly negated.
type table struct {
	t   *unicode.RangeTable
	neg bool
}

func (c *class) add(lo, hi rune) {
	for r := lo; r <= hi && r < 256; r++ {
		c.bits[r>>6] |= 1 << (r & 63)
	}
	if hi >= 256 {
		c.ranges = append(c.ranges, span{max(lo, 256), hi})
	}
}

// foldCase makes the class match the other case of what it holds.
func (c *class) foldCase() {
	c.fold = true
	for r := rune('a'); r <= 'z'; r++ {
		if c.bit(byte(r)) || c.bit(byte(r-32)) {
			c.add(r, r)
			c.add(r-32, r-32)
		}
	}
	if !c.utf {
		return
	}
	for r := rune(128); r < 256; r++ {
		for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
			if f < 256 && c.bit(byte(f)) || f >= 256 && c.inRanges(f) {
				c.add(r, r)
			}
		}
	}
}

// wide reports whether the class may hold characters above ASCII.
func (c *class) wide() bool {
	return c.negated || len(c.ranges)+len(c.tables) > 0 || c.bits[2]|c.bits[3] != 0 || c.fold && c.oddFold()
}

// oddFold reports whether the class has a letter with another case above ASCII: k
// (the kelvin sign) or s (the long s).
func (c *class) oddFold() bool { return c.bit('k') || c.bit('s') || c.bit('K') || c.bit('S') }

func (c *class) bit(b byte) bool { return c.bits[b>>6]&(1<<(b&63)) != 0 }

func (c *class) inRanges(r rune) bool {
	for _, s := range c.ranges {
		if s.lo <= r && r <= s.hi {
			return true
		}
	}
	for _, t := range c.tables {
		if unicode.Is(t.t, r) != t.neg {
			return true
		}
	}
	return false
}

// has reports whether a byte, or a character with the flag u, is in the class.
func (c *class) has(r rune) bool {
	if r < 256 {
		in := c.bit(byte(r))
		if !in && len(c.tables) > 0 {
			in = c.inTables(r)
		}
		return in != c.negated
	}
	in := c.inRanges(r)
	for f := unicode.SimpleFold(r); !in && c.fold && f != r; f = unicode.SimpleFold(f) {
		in = f < 256 && c.bit(byte(f)) || f >= 256 && c.inRanges(f)
	}
	return in != c.negated
}

func (c *class) inTables(r rune) bool {
	for _, t := range c.tables {
		if unicode.Is(t.t, r) != t.neg {
			return true
		}
	}
	return false
}

// merge adds what another class holds, as [\d...] does.
func (c *class) merge(d *class) {
	for r := rune(0); r < 256; r++ {
		if d.has(r) && len(d.tables) == 0 {
			c.bits[r>>6] |= 1 << (r & 63)
		}
	}
	if d.negated {
		if len(d.tables) == 0 {
			c.complement(d.ranges)
		}
		for _, t := range d.tables {
			c.tables = append(c.tables, table{t.t, !t.neg})
		}
		return
	}
	c.ranges = append(c.ranges, d.ranges...)
	c.tables = append(c.tables, d.tables...)
}

// complement adds what lies above 255 and outside the (sorted) ranges.
func (c *class) complement(ranges []span) {
	lo := rune(256)
	for _, s := range ranges {
		if s.lo > lo {
			c.ranges = append(c.ranges, span{lo, s.lo - 1})
		}
		lo = max(lo, s.hi+1)
	}
	if lo <= utf8.MaxRune {
		c.ranges = append(c.ranges, span{lo, utf8.MaxRune})
	}
}

// pairs makes a class of ranges, each given by its first and last character.
func pairs(s string) *class {
	c := &class{}
	for i := 0; i+1 < len(s); i += 2 {
		c.add(rune(s[i]), rune(s[i+1]))
	}
	return c
}

// shorthand returns the class behind a letter such as d, nil for other letters.
func shorthand(letter byte) *class {
	var c *class
	switch letter | 0x20 {
	case 'd':
		c = pairs("09")
	case 'w':
		c = pairs("09AZ__az")
	case 's':
		c = pairs("\t\r  ")
	case 'h':
		c = pairs("\t\t  ")
		c.add(0xa0, 0xa0)
		c.ranges = []span{{0x1680, 0x1680}, {0x180e, 0x180e}, {0x2000, 0x200a}, {0x202f, 0x202f}, {0x205f, 0x205f}, {0x3000, 0x3000}}
	case 'v':
		c = pairs("\n\r")
		c.add(0x85, 0x85)
		c.ranges = []span{{0x2028, 0x2029}}
	default:
		return nil
	}
	c.negated = letter < 'a'
	return c
}

// posix returns the class behind a name such as alpha, nil for unknown names.
func posix(name string) *class {
	switch strings.TrimPrefix(name, "^") {
	case "alpha":
		return pairs("AZaz")
	case "digit":
		return pairs("09")
	case "alnum":
		return pairs("09AZaz")
	case "upper":
		return pairs("AZ")
	case "lower":
		return pairs("az")
	case "space":
		return pairs("\t\r  ")
	case "blank":
		return pairs("\t\t  ")
	case "punct":
		return pairs("!/:@[`{~")
	case "xdigit":
		return pairs("09AFaf")
	case "word":
		return pairs("09AZ__az")
	case "cntrl":
		return pairs("\x00\x1f\x7f\x7f")
	case "print":
		return pairs(" ~")
	case "graph":
		return pairs("!~")
	case "ascii":
		return pairs("\x00\x7f")
	}
	return nil
}

// property returns the table of a Unicode property: a category or script.
func property(name string) *unicode.RangeTable {
	if name == "Any" {
		return &unicode.RangeTable{R32: []unicode.Range32{{Lo: 0, Hi: utf8.MaxRune, Stride: 1}}}
	}
	if name == "L&" {
		name = "LC"
	}
	if t := unicode.Categories[name]; t != nil {
		return t
	}
	return unicode.Scripts[name]
}
