package bytecode

// Version is part of every cache key of compiled programs. Bump it when the
// meaning of any instruction changes.
const Version = 3

// Op is an operation.
type Op uint16

// Operations; the table below says what their operands mean.
const (
	Nop Op = iota
	Move
	MoveTemp
	Borrow
	Own
	LoadK
	LoadUndef
	LoadFunc
	LoadBuiltin
	LoadClass
	LoadForeign
	LoadNative
	CheckDef
	JumpDef
	LoadCell
	GetBox
	GetBoxQ
	SetBox
	GetGlobal
	GetGlobalQ
	SetGlobal
	LinkGlobal
	Closure
	Add
	AddK
	Sub
	SubK
	Mul
	MulK
	Div
	DivK
	Mod
	ModK
	Pow
	BitAnd
	BitOr
	BitXor
	ShiftLeft
	ShiftRight
	ShiftRightZero
	Concat
	ConcatN
	AppendN
	Inc
	Dec
	Neg
	Plus
	Not
	Complement
	Truth
	Equal
	NotEqual
	Identical
	NotIdentical
	Less
	LessEqual
	Matches
	NotMatches
	Jump
	JumpTrue
	JumpFalse
	JumpNil
	JumpNotNil
	JumpLess
	JumpNotLess
	JumpLessEqual
	JumpNotLessEqual
	JumpEqual
	JumpNotEqual
	JumpIdentical
	JumpNotIdentical
	JumpLessK
	JumpNotLessK
	JumpLessEqualK
	JumpNotLessEqualK
	JumpGreaterK
	JumpNotGreaterK
	JumpGreaterEqualK
	JumpNotGreaterEqualK
	JumpEqualK
	JumpNotEqualK
	Loop
	NewArray
	ArrayPush
	ArraySet
	ArraySpread
	Index
	IndexK
	Prop
	Slice
	SetIndex
	SetIndexK
	PushIndex
	SetProp
	PathSet
	PathUpdate
	PathStep
	PathUnset
	PathIsset
	PathGet
	Destructure
	ElemK
	Take
	TakeLast
	RestOf
	Call
	CallFunc
	CallBuiltin
	CallMethod
	CallClass
	CallForeign
	CallForeignClass
	CallSpread
	Return
	ReturnNone
	Yield
	Iter
	IterNext
	IterNextKey
	Throw
	Rethrow
	NoMatch
	Echo
	Cache
	BarrierEnter
	BarrierLeave
	Cover
	opCount
)

// Info describes one operation.
type Info struct {
	Name     string
	Operands string // as printed by the disassembler, one word per operand
	Effect   string // what it does, in terms of the operands
}

// Table describes every operation.
var Table = [opCount]Info{
	Nop:                  {"nop", "", ""},
	Move:                 {"move", "R R", "A = share(B)"},
	MoveTemp:             {"movetemp", "R R", "A = own(B), B is dead afterwards"},
	Borrow:               {"borrow", "R R", "A = B without a second owner"},
	Own:                  {"own", "R", "A may be kept: a borrowed array becomes shared"},
	LoadK:                {"loadk", "R K32", "A = K"},
	LoadUndef:            {"loadundef", "R", "A = undefined"},
	LoadFunc:             {"loadfunc", "R F", "A = function value of F"},
	LoadBuiltin:          {"loadbuiltin", "R L", "A = function value of built-in L"},
	LoadClass:            {"loadclass", "R T", "A = function value of class T"},
	LoadForeign:          {"loadforeign", "R X", "A = function value of X, a function or class of another module"},
	LoadNative:           {"loadnative", "R K K", "A = static function C of native class B"},
	CheckDef:             {"checkdef", "R", "throw when A is undefined"},
	JumpDef:              {"jumpdef", "R J", "go when A is defined"},
	LoadCell:             {"loadcell", "R U", "A is linked to captured variable U"},
	GetBox:               {"getbox", "R R", "A = variable linked to B, throw when undefined"},
	GetBoxQ:              {"getboxq", "R R", "A = variable linked to B, undefined when it is"},
	SetBox:               {"setbox", "R R", "variable linked to A = B"},
	GetGlobal:            {"getglobal", "R G", "A = global, throw when undefined"},
	GetGlobalQ:           {"getglobalq", "R G", "A = global, undefined when it is"},
	SetGlobal:            {"setglobal", "R G", "global = A"},
	LinkGlobal:           {"linkglobal", "R G", "link register A to the global, throw when A is defined"},
	Closure:              {"closure", "R F", "A = function value of F with its captured variables"},
	Add:                  {"add", "R R R", "A = B + C"},
	AddK:                 {"addk", "R R K", "A = B + C"},
	Sub:                  {"sub", "R R R", "A = B - C"},
	SubK:                 {"subk", "R R K", "A = B - C"},
	Mul:                  {"mul", "R R R", "A = B * C"},
	MulK:                 {"mulk", "R R K", "A = B * C"},
	Div:                  {"div", "R R R", "A = B / C"},
	DivK:                 {"divk", "R R K", "A = B / C"},
	Mod:                  {"mod", "R R R", "A = B % C"},
	ModK:                 {"modk", "R R K", "A = B % C"},
	Pow:                  {"pow", "R R R", "A = B ** C"},
	BitAnd:               {"bitand", "R R R", "A = B & C"},
	BitOr:                {"bitor", "R R R", "A = B | C"},
	BitXor:               {"bitxor", "R R R", "A = B ^ C"},
	ShiftLeft:            {"shiftleft", "R R R", "A = B << C"},
	ShiftRight:           {"shiftright", "R R R", "A = B >> C"},
	ShiftRightZero:       {"shiftrightzero", "R R R", "A = B >>> C"},
	Concat:               {"concat", "R R R", "A = B . C"},
	ConcatN:              {"concatn", "R R n", "A = the n registers from B joined"},
	AppendN:              {"appendn", "R R n", "A = A and the n registers from B joined, in place when possible"},
	Inc:                  {"inc", "R", "A = number(A) + 1"},
	Dec:                  {"dec", "R", "A = number(A) - 1"},
	Neg:                  {"neg", "R R", "A = -B"},
	Plus:                 {"plus", "R R", "A = +B"},
	Not:                  {"not", "R R", "A = !B"},
	Complement:           {"complement", "R R", "A = ~B"},
	Truth:                {"truth", "R R", "A = boolean(B)"},
	Equal:                {"equal", "R R R", "A = B == C"},
	NotEqual:             {"notequal", "R R R", "A = B != C"},
	Identical:            {"identical", "R R R", "A = B === C"},
	NotIdentical:         {"notidentical", "R R R", "A = B !== C"},
	Less:                 {"less", "R R R", "A = B < C"},
	LessEqual:            {"lessequal", "R R R", "A = B <= C"},
	Matches:              {"matches", "R R R", "A = B =~ C"},
	NotMatches:           {"notmatches", "R R R", "A = B !~ C"},
	Jump:                 {"jump", "J", "go to the target"},
	JumpTrue:             {"jumptrue", "R J", "go when A is true"},
	JumpFalse:            {"jumpfalse", "R J", "go when A is false"},
	JumpNil:              {"jumpnil", "R J", "go when A is none or undefined"},
	JumpNotNil:           {"jumpnotnil", "R J", "go when A is neither none nor undefined"},
	JumpLess:             {"jumpless", "R R", "do the jump behind when A < B, else skip it"},
	JumpNotLess:          {"jumpnotless", "R R", "skip the jump behind when A < B, else do it"},
	JumpLessEqual:        {"jumplessequal", "R R", "do the jump behind when A <= B, else skip it"},
	JumpNotLessEqual:     {"jumpnotlessequal", "R R", "skip the jump behind when A <= B, else do it"},
	JumpEqual:            {"jumpequal", "R R", "do the jump behind when A == B, else skip it"},
	JumpNotEqual:         {"jumpnotequal", "R R", "skip the jump behind when A == B, else do it"},
	JumpIdentical:        {"jumpidentical", "R R", "do the jump behind when A === B, else skip it"},
	JumpNotIdentical:     {"jumpnotidentical", "R R", "skip the jump behind when A === B, else do it"},
	JumpLessK:            {"jumplessk", "R K", "do the jump behind when A < B, else skip it"},
	JumpNotLessK:         {"jumpnotlessk", "R K", "skip the jump behind when A < B, else do it"},
	JumpLessEqualK:       {"jumplessequalk", "R K", "do the jump behind when A <= B, else skip it"},
	JumpNotLessEqualK:    {"jumpnotlessequalk", "R K", "skip the jump behind when A <= B, else do it"},
	JumpGreaterK:         {"jumpgreaterk", "R K", "do the jump behind when A > B, else skip it"},
	JumpNotGreaterK:      {"jumpnotgreaterk", "R K", "skip the jump behind when A > B, else do it"},
	JumpGreaterEqualK:    {"jumpgreaterequalk", "R K", "do the jump behind when A >= B, else skip it"},
	JumpNotGreaterEqualK: {"jumpnotgreaterequalk", "R K", "skip the jump behind when A >= B, else do it"},
	JumpEqualK:           {"jumpequalk", "R K", "do the jump behind when A == B, else skip it"},
	JumpNotEqualK:        {"jumpnotequalk", "R K", "skip the jump behind when A == B, else do it"},
	Loop:                 {"loop", "J", "go back, after testing limits; also behind a comparison"},
	NewArray:             {"newarray", "R n", "A = empty array with room for n"},
	ArrayPush:            {"arraypush", "R R", "A[] = B, A a fresh array"},
	ArraySet:             {"arrayset", "R R R", "A[B] = C, A a fresh array"},
	ArraySpread:          {"arrayspread", "R R", "A = A with the elements of B, string keys kept; A a fresh array"},
	Index:                {"index", "R R R", "A = B[C]"},
	IndexK:               {"indexk", "R R K", "A = B[C]"},
	Prop:                 {"prop", "R R S", "A = B->C"},
	Slice:                {"slice", "R R R", "A = B[C:C+1:C+2], undefined bounds left out"},
	SetIndex:             {"setindex", "R R R", "A[B] = C, A a variable"},
	SetIndexK:            {"setindexk", "R R K", "A[B] = C, A a variable"},
	PushIndex:            {"pushindex", "R R", "A[] = B, A a variable"},
	SetProp:              {"setprop", "R R S", "A->C = B, A a variable"},
	PathSet:              {"pathset", "R R P", "path P with keys from B = A"},
	PathUpdate:           {"pathupdate", "R R P", "A = path P with keys from B = path op A"},
	PathStep:             {"pathstep", "R R P", "A = path P with keys from B after (before, when postfix) stepping"},
	PathUnset:            {"pathunset", "R R P", "A = something was at path P; it no longer is"},
	PathIsset:            {"pathisset", "R R P", "A = path P leads somewhere"},
	PathGet:              {"pathget", "R R P", "A = value at path P, undefined when absent"},
	ElemK:                {"elemk", "R R K", "A = share(B[C]), none when absent or B is no array"},
	Take:                 {"take", "R R n", "A = elemk(B, C), B a temporary whose element C is read once"},
	TakeLast:             {"takelast", "R R n", "A = take(B, C), B is dead afterwards"},
	Destructure:          {"destructure", "R R R", "A = B[C], undefined when absent"},
	RestOf:               {"restof", "R R n", "A = the elements of B but the first n"},
	Call:                 {"call", "R n", "A = A(A+1, … A+n)"},
	CallFunc:             {"callfunc", "R n F", "A = F(A, … A+n-1)"},
	CallBuiltin:          {"callbuiltin", "R n L", "A = L(A, … A+n-1)"},
	CallMethod:           {"callmethod", "R n S", "A = A->S(A+1, … A+n)"},
	CallClass:            {"callclass", "R n T", "A = T(A+1, … A+n)"},
	CallForeign:          {"callforeign", "R n X", "A = X(A, … A+n-1), a function of another module"},
	CallForeignClass:     {"callforeignclass", "R n X", "A = X(A+1, … A+n), a class of another module"},
	CallSpread:           {"callspread", "R R", "A = A(...B)"},
	Return:               {"return", "R", "return A"},
	ReturnNone:           {"returnnone", "", "return none"},
	Yield:                {"yield", "R", "hand A to the foreach"},
	Iter:                 {"iter", "R R", "A, A+1 = walk over B"},
	IterNext:             {"iternext", "R J", "A+3 = next value, or go when there is none"},
	IterNextKey:          {"iternextkey", "R J", "A+2, A+3 = next key and value, or go when there is none"},
	Throw:                {"throw", "R", "throw A"},
	Rethrow:              {"rethrow", "R", "go on with what a barrier handler caught in A"},
	NoMatch:              {"nomatch", "", "throw: no arm of a match fits"},
	Echo:                 {"echo", "R", "print A"},
	Cache:                {"cache", "R K", "A = cached call of function A+1, written as K, with the arguments in array A+2 and the options in A"},
	BarrierEnter:         {"barrierenter", "R", "take the lock named A; A+1 = stored value, undefined when absent"},
	BarrierLeave:         {"barrierleave", "R", "store A+1 and release the lock named A"},
	Cover:                {"cover", "N32", "count a run of point N; only in programs compiled for coverage"},
}

// Instr is one instruction.
type Instr struct {
	Op      Op
	A, B, C uint16
}

// Target returns the jump target made of B and C.
func (i Instr) Target() int { return int(i.B) | int(i.C)<<16 }

// WithTarget returns i jumping to pc.
func (i Instr) WithTarget(pc int) Instr {
	i.B, i.C = uint16(pc), uint16(pc>>16)
	return i
}
