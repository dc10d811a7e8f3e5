package pcre

// op is an operation of the backtracking machine.
type op uint8

const (
	opMatch    op = iota
	opChar        // the byte a
	opString      // the literal strings[a]
	opFold        // the character a in either case
	opRune        // the character a
	opAny         // any character but a line feed
	opAnyNL       // any character
	opByte        // \C
	opSet         // a character of sets[a]
	opBreak       // \R
	opGrapheme    // \X

	opTextStart
	opTextEnd
	opTextEndLine
	opLineStart
	opLineEnd
	opWordBoundary
	opNotWordBoundary
	opSearchStart

	opJump  // to a
	opSplit // try a, then b
	opSave  // position into slot a
	opClear // slot a is unset
	opEnd   // end of group a: return when it was called
	opKeep  // \K

	opLoop    // greedy run of the one-character operation behind it: at least a, at most b (-1: all); then at pc+2
	opLoopMin // the same, lazy
	opLoopAll // the same, possessive

	opCount    // slot a = 0
	opRepeat   // loops[a]: decide whether to repeat
	opTake     // loops[a]: a turn begins
	opMark     // slot a = number of choices
	opCut      // drop the choices made since slot a
	opLookEnd  // cut to slot a, position back to slot a+1
	opLookFail // cut to slot a, then fail
	opBack     // move back a characters
	opAt       // position must be that of slot a

	opBackref // group a (refs[a] when b): same text again; fold in opBackrefFold
	opBackrefFold
	opCall       // subroutine: group a, whose code starts at b
	opCondGroup  // go on when group a is set, else at b
	opCondRecurs // go on inside a call of group a (-1: any, -2 -n: n), else at b

	opFail
	opAccept
	opCommit
	opPrune
)

type inst struct {
	op   op
	a, b int
}

// loop is a counted or unbounded repetition of a longer body.
type loop struct {
	min, max  int // max -1: unlimited
	lazy      bool
	count, at int // slots of the counter and of the position where the turn began
	body, out int // places to go on
	canEmpty  bool
}

// program is a compiled pattern. It never changes.
type program struct {
	code    []inst
	strings []string
	sets    []*class
	refs    [][]int
	loops   []loop
	starts  []int // code of each group, for calls
	groups  int
	slots   int // captures, then registers
	utf     bool

	anchored bool      // can match at the start of the subject only
	prefix   string    // literal that every match starts with
	first    [4]uint64 // bytes that a match can start with, when firstSet
	firstSet bool
}
