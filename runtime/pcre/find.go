package pcre

import "strings"

// find returns the next position from at on where a match can begin, -1 when there
// is none.
func (m *machine) find(at int) int {
	e, s := &m.p.entry, m.s
	for ; ; at++ {
		switch e.kind {
		case entryStart:
			if at > 0 {
				return -1
			}
		case entrySearch:
			if at > m.start {
				return -1
			}
		case entryLine:
			if at > 0 && s[at-1] != '\n' {
				i := strings.IndexByte(s[at:], '\n')
				if i < 0 || at+i+1 >= len(s) {
					return -1
				}
				at += i + 1
			}
		case entryText:
			i := strings.Index(s[at:], e.text)
			if i < 0 {
				return -1
			}
			at += i
		case entryFold:
			at = m.findFold(at)
		case entryRun:
			at = m.findRun(at)
		case entryOffset:
			at = m.findOffset(at)
		case entryByte:
			t := e.table
			for at < len(s) && !t[s[at]] {
				at++
			}
			if at >= len(s) {
				return -1
			}
		}
		if at < 0 || !e.word || boundary(s, at) {
			return at
		}
		if at >= len(s) {
			return -1
		}
	}
}

// findFold looks for both cases of the rarest byte of the text.
func (m *machine) findFold(at int) int {
	e, s := &m.p.entry, m.s
	c := e.text[e.rare]
	for {
		from := at + e.rare
		if from >= len(s) {
			return -1
		}
		if m.low < from {
			m.low = indexFrom(s, from, c)
		}
		i := m.low
		if letter(rune(c)) {
			if m.high < from {
				m.high = indexFrom(s, from, c&^0x20)
			}
			i = min(i, m.high)
		}
		if i >= len(s) {
			return -1
		}
		at = i - e.rare
		if foldPrefix(s[at:], e.text) {
			return at
		}
		at++
	}
}

// indexFrom returns the next place of a byte, the length of s when there is none.
func indexFrom(s string, from int, c byte) int {
	if i := strings.IndexByte(s[from:], c); i >= 0 {
		return from + i
	}
	return len(s)
}

// findRun looks for the text and walks back over the run before it. A begin inside
// a run that has failed already would come to the same text again.
func (m *machine) findRun(at int) int {
	e, s := &m.p.entry, m.s
	for from := at; ; {
		i := strings.Index(s[from:], e.text)
		if i < 0 {
			return -1
		}
		i += from
		j := i
		switch e.lead.kind {
		case oneTable:
			for t := e.lead.table; j > at && t[s[j-1]]; {
				j--
			}
		default:
			for j > at && e.lead.match(s, j-1) > 0 {
				j--
			}
		}
		if i-j >= e.min {
			m.skip = i + 1
			return j
		}
		from = i + 1
	}
}

// findOffset looks for text that stands a fixed distance behind the begin.
func (m *machine) findOffset(at int) int {
	e, s := &m.p.entry, m.s
	for {
		from := at + e.distance
		if from > len(s) {
			return -1
		}
		i := strings.Index(s[from:], e.text)
		if i < 0 {
			return -1
		}
		at += i
		if e.table == nil || e.table[s[at]] {
			return at
		}
		at++
	}
}

func boundary(s string, at int) bool {
	before := at > 0 && word[s[at-1]]
	behind := at < len(s) && word[s[at]]
	return before != behind
}

// word holds the bytes of \w.
var word = func() (t [256]bool) {
	for i := range t {
		t[i] = wordByte(byte(i))
	}
	return t
}()
