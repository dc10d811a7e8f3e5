package pcre

// node is one node of a parsed pattern.
type node interface{}

type (
	// empty matches nothing at all.
	empty struct{}
	// char is one byte, or one character with the flag u.
	char struct {
		r    rune
		fold bool
	}
	// set is a character class.
	set struct {
		c *class
	}
	// any is the dot.
	anyChar struct{ newline bool }
	// anyByte is \C; linebreak \R; grapheme \X.
	anyByte   struct{}
	linebreak struct{}
	grapheme  struct{}

	concat    struct{ list []node }
	alternate struct{ list []node }
	// group captures when n > 0.
	group struct {
		n    int
		body node
	}
	atomic struct{ body node }
	look   struct {
		behind, negative bool
		body             node
	}
	repeat struct {
		body       node
		min, max   int // max -1: unlimited
		lazy       bool
		possessive bool
	}
	assertion struct{ kind op }
	backref   struct {
		nums []int // several for a name declared more than once
		name string
		fold bool
	}
	// call is a subroutine call; n 0 is the whole pattern.
	call struct {
		n    int
		name string
	}
	// condition: exactly one of test (lookaround), group or kind decides.
	condition struct {
		test    *look
		kind    condKind
		n       int
		nums    []int // of a name, one of which must be set
		name    string
		yes, no node
	}
	keep struct{} // \K
	verb struct {
		kind op
		name string // of (*MARK:name), (*SKIP:name)
	}
)

type condKind uint8

const (
	condGroup condKind = iota
	condRecursion
	condDefine
	condLook
)
