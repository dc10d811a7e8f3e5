package pcre

// op is an operation of the backtracking machine.
type op uint8

const (
	opMatch    op = iota
	opChar        // the byte a
	opString      // the literal strings[a]
	opFold        // the literal strings[a], in any case of ASCII letters
	opOne         // a character of ones[a]
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
	opPeek       // the next character is in ones[a]; with b it is not
	opPeekBehind // the last character is in ones[a]; with b it is not

	opJump   // to a
	opAlt    // try a, then b; c and d are what they can begin with (nexts, -1: unknown)
	opSwitch // switches[a]: go where the next byte says
	opSave   // position into slot a, of a group
	opPos    // position into slot a, a register
	opEnd    // end of group a: return when it was called
	opKeep   // \K

	opLoop    // greedy run of ones[c]: at least a, at most b (-1: all); d is what can follow
	opLoopMin // the same, lazy
	opLoopAll // the same, possessive

	opCount    // slot a = 0, slot b is unset
	opRepeat   // loops[a]: decide whether to repeat
	opTake     // loops[a]: a turn begins
	opMark     // slot a = number of choices
	opCut      // drop the choices made since slot a
	opLookEnd  // cut to slot a, position back to slot a+1
	opLookFail // cut to slot a, then fail
	opBack     // move back a characters
	opAt       // position must be that of slot a
	opBarrier  // verbs behind do not reach beyond this place

	opBackref // refs[a]: same text again; fold in opBackrefFold
	opBackrefFold
	opCall       // subroutine: group a, whose code starts at b
	opCondGroup  // go on when one of the groups refs[a] is set, else at b
	opCondRecurs // go on inside a call of group a (-1: any), else at b

	opFail
	opAccept
	opCommit
	opPrune
	opSkip // to the position in slot a, -1: where it stands
	opThen // to the next alternative; slot a has the number of choices
	opName // (*MARK): position into slot a
)

type inst struct {
	op         op
	a, b, c, d int32
}

// loop is a counted repetition of a longer body, or one whose turns can be empty.
type loop struct {
	min, max  int // max -1: unlimited
	lazy      bool
	count, at int // slots of the counter and of the position where the turn began
	body, out int // places to go on
	canEmpty  bool
}

// program is a compiled pattern. It never changes.
type program struct {
	code     []inst
	strings  []string
	ones     []one
	nexts    []next
	switches []*[257]int32 // by byte, then for the end of the subject; -1: fail
	refs     [][]int
	loops    []loop
	starts   []int // code of each group, for calls
	groups   int
	slots    int // captures, then registers
	utf      bool
	captures bool // the match itself depends on groups
	calls    bool
	verbs    bool // has verbs that end more than a branch

	entry entry
}
