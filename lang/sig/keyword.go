package sig

import "slices"

// Keyword describes reserved words of the language that belong together.
type Keyword struct {
	Words   []string
	Syntax  string
	Text    string // one to three lines
	Example string
	Output  string // what the example prints
	Module  string // content of the file lib.hsl that the example names
}

// Meaningless are words that are reserved and mean nothing.
var Meaningless = []string{"object"}

// KeywordOf returns the description of a reserved word, nil when it has none.
func KeywordOf(word string) *Keyword {
	for i := range Keywords {
		if slices.Contains(Keywords[i].Words, word) {
			return &Keywords[i]
		}
	}
	return nil
}

// Keywords are all reserved words with a meaning.
var Keywords = []Keyword{
	{
		Words: []string{"if", "else"}, Syntax: "if (CONDITION) STATEMENT [else STATEMENT]",
		Text:    "Runs one of two statements. There is no elseif: write else if.",
		Example: `if (length("abc") > 5) echo "long"; else echo "short";`, Output: "short",
	},
	{
		Words: []string{"while"}, Syntax: "while (CONDITION) STATEMENT",
		Text:    "Repeats the statement as long as the condition holds; break leaves, continue goes on with the next turn.",
		Example: `$n = 1; while ($n < 100) $n *= 3; echo $n;`, Output: "243",
	},
	{
		Words: []string{"for"}, Syntax: "for ([INIT]; [CONDITION]; [STEP]) STATEMENT",
		Text:    "Evaluates INIT once, then repeats the statement while the condition holds, with STEP after every turn.",
		Example: `for ($i = 0; $i < 3; $i++) echo $i;`, Output: "0\n1\n2",
	},
	{
		Words: []string{"foreach", "as"}, Syntax: "foreach (VALUE as [$key =>] $value) STATEMENT",
		Text:    "Walks an array or Iterator; the value may be a pattern. Changes to the array inside the loop are not seen by it.\nas also renames in import.",
		Example: `foreach (["a" => 1, "b" => 2] as $k => $v) echo "$k is $v";`, Output: "a is 1\nb is 2",
	},
	{
		Words: []string{"forever"}, Syntax: "forever STATEMENT",
		Text:    "Repeats the statement until break, return or an exception leaves it.",
		Example: `$n = 0; forever { if (++$n == 3) break; } echo $n;`, Output: "3",
	},
	{
		Words: []string{"break"}, Syntax: "break;",
		Text:    "Leaves the innermost loop or switch.",
		Example: `foreach ([1, 2, 3] as $n) { if ($n == 2) break; echo $n; }`, Output: "1",
	},
	{
		Words: []string{"continue"}, Syntax: "continue;",
		Text:    "Goes on with the next turn of the innermost loop, also from inside a switch.",
		Example: `foreach ([1, 2, 3] as $n) { if ($n == 2) continue; echo $n; }`, Output: "1\n3",
	},
	{
		Words: []string{"switch", "case", "default"}, Syntax: "switch (VALUE) { case LABEL: STATEMENTS… default: STATEMENTS… }",
		Text:    "Goes to the first label that equals the value (==), else to default. Runs on into the next label until break.\ndefault is also the arm of match that takes the rest.",
		Example: `switch (2) { case 1: echo "one"; case 2: echo "two"; case 3: echo "three"; break; default: echo "many"; }`, Output: "two\nthree",
	},
	{
		Words: []string{"match"}, Syntax: "match (VALUE) { LABEL, … => EXPRESSION, default => EXPRESSION }",
		Text:    "The expression of the first arm with a label that equals the value (==). Without a match and default: Exception.",
		Example: `echo match (550) { 250, 251 => "accepted", 550 => "refused", default => "other" };`, Output: "refused",
	},
	{
		Words: []string{"function"}, Syntax: "function NAME($a, $b = CONSTANT, ...$rest) { … }",
		Text:    "Declares a function, or without a name is a function value. It sees its parameters and variables only: see global, closure.\nNamed functions may be called before they are declared.",
		Example: `echo area(2); function area($w, $h = 3) { return $w * $h; }`, Output: "6",
	},
	{
		Words: []string{"closure"}, Syntax: "function (…) closure ($a, $b) { … }",
		Text:    "Shares variables of the place where the function value is made with the function, in both directions.",
		Example: `$n = 0; $next = function () closure ($n) { return ++$n; }; $next(); $next(); echo $n;`, Output: "2",
	},
	{
		Words: []string{"return"}, Syntax: "return [EXPRESSION];",
		Text:    "Ends a function with a value (none without one); at the top level it ends the script.",
		Example: `function sign($n) { if ($n < 0) return "-"; return "+"; } echo sign(-5);`, Output: "-",
	},
	{
		Words: []string{"yield"}, Syntax: "yield [EXPRESSION];",
		Text:    "Makes the function a generator: calling it gives an Iterator, and foreach runs the body up to the next yield each turn.",
		Example: `function upto($n) { for ($i = 1; $i <= $n; $i++) yield $i; } foreach (upto(3) as $v) echo $v;`, Output: "1\n2\n3",
	},
	{
		Words: []string{"global"}, Syntax: "global $a, $b;",
		Text:    "Inside a function: these names are the variables of the script or module.",
		Example: `$seen = 1; function more() { global $seen; $seen += 1; } more(); echo $seen;`, Output: "2",
	},
	{
		Words: []string{"class", "constructor"}, Syntax: "class NAME { [private] [readonly] [static] $v = CONSTANT; constructor(…) { … } [private] [static] function NAME(…) { … } }",
		Text:    "Declares a class. NAME(…) makes an object and runs the constructor; $this is the object in constructor and methods.",
		Example: `class Point { $y = 0; constructor($x) { $this->x = $x; } function sum() { return $this->x + $this->y; } } echo Point(4)->sum();`, Output: "4",
	},
	{
		Words: []string{"private"}, Syntax: "private $v; private function NAME(…) { … }",
		Text:    "The member can be used by code of the class only.",
		Example: `class Box { private $v = 1; function get() { return $this->v; } } try { echo Box()->v; } catch ($e) { echo $e->message(); }`, Output: "Private member v",
	},
	{
		Words: []string{"readonly"}, Syntax: "readonly $v;",
		Text:    "Everybody may read the variable, only code of the class may change it.",
		Example: `class Box { readonly $v = 1; } $b = Box(); echo $b->v; try { $b->v = 2; } catch ($e) { echo $e->message(); }`, Output: "1\nReadonly member v",
	},
	{
		Words: []string{"static"}, Syntax: "static $v; static function NAME(…) { … }; static::NAME",
		Text:    "The member belongs to the class: Class::$v, Class::f(), inside the class also static::$v, static::f().\nStatic variables start afresh with every run of the script.",
		Example: `class Count { static $n = 0; static function up() { return ++static::$n; } } Count::up(); echo Count::up();`, Output: "2",
	},
	{
		Words: []string{"import", "from", "with"}, Syntax: `import { NAME [as NAME], $v } from "FILE";  import * as NAME from "FILE";  import $v from "FILE" [with [OPTIONS]];`,
		Text:    "Binds symbols of a module, a whole module, or the content of a data file (json, csv, txt, yaml, …) at compile time.\nA module runs once, before the script. FILE is a name in the script files, ./NAME, file://, extras:// or std://NAME.",
		Example: `import { greet as hello } from "lib.hsl"; import * as lib from "lib.hsl"; echo hello("you"); echo lib::$calls;`,
		Module:  `$calls = 0; function greet($who) { global $calls; $calls++; return "hello $who"; }`, Output: "hello you\n1",
	},
	{
		Words: []string{"include", "include_once"}, Syntax: `include "FILE";  include_once "FILE";`,
		Text:    "Puts the statements of the file here at compile time, in the same scope. include_once skips a file that the script has already.",
		Example: `include "lib.hsl"; include_once "lib.hsl"; echo $limit;`, Module: `$limit = 5;`, Output: "5",
	},
	{
		Words: []string{"throw"}, Syntax: "throw EXPRESSION;",
		Text:    "Throws a value, usually Exception(TEXT), to the nearest try around it or around a caller.",
		Example: `try { throw Exception("no quota"); } catch ($e) { echo $e->message(); }`, Output: "no quota",
	},
	{
		Words: []string{"try", "catch"}, Syntax: "try { … } catch ($e) { … }",
		Text:    "Runs the second block when the first one throws, with the thrown value in the variable. There is no finally.\nWhat ends a hook (Accept, Reject, …) and limits are not caught.",
		Example: `try { $x = [] / 0 + "a"; } catch ($e) { echo "caught: " . $e->message(); }`, Output: "caught: Unsupported operand types for /",
	},
	{
		Words: []string{"barrier"}, Syntax: "barrier NAME [=> $v] { … }",
		Text:    "One run of any script at a time is inside a barrier of that name. $v holds the value of memory_fetch(NAME) on entry,\nundefined when there is none, and is stored on leaving.",
		Example: `barrier "seq" => $n { $n = ($n ?? 0) + 1; } echo memory_fetch("seq");`, Output: "1",
	},
	{
		Words: []string{"cache"}, Syntax: "cache [OPTIONS] FUNCTION(ARGUMENTS)",
		Text:    "The result of the call, kept for all scripts of the process by its arguments. Options: ttl (60 seconds; none: for ever),\nttl_override, ttl_function, update_function, argv_filter, force, size (32 results), namespace, per_message, lru.",
		Example: `$calls = 0; function slow($n) { global $calls; $calls++; return $n * 2; } echo cache ["ttl" => 10] slow(4); echo cache ["ttl" => 10] slow(4); echo $calls;`, Output: "8\n8\n1",
	},
	{
		Words: []string{"echo"}, Syntax: "echo EXPRESSION;",
		Text:    "Prints the text of a value as one line: hsl to its output, the server to its log.",
		Example: `echo ["a" => 1, "b" => none];`, Output: `["a"=>1,"b"=>none]`,
	},
	{
		Words: []string{"builtin"}, Syntax: "builtin NAME",
		Text:    "The library function of that name, where the script has one of its own.",
		Example: `function str_upper($s) { return "<" . builtin str_upper($s) . ">"; } echo str_upper("a");`, Output: "<A>",
	},
	{
		Words: []string{"isset"}, Syntax: "isset(PATH)",
		Text:    "Whether the variable is defined and every step behind it exists, none included.",
		Example: `$a = ["k" => none]; echo isset($a["k"]); echo isset($a["x"]["y"]); echo isset($b);`, Output: "true\nfalse\nfalse",
	},
	{
		Words: []string{"unset"}, Syntax: "unset(PATH)",
		Text:    "Removes a variable, element, property or slice; true when there was something. Keys of other elements stay.",
		Example: `$a = [1, 2, 3]; unset($a[1]); echo $a;`, Output: "[0=>1,2=>3]",
	},
	{
		Words: []string{"and"}, Syntax: "A and B",
		Text:    "True when both are; B is evaluated only when A is true. Binds tighter than or, looser than comparisons.",
		Example: `echo 1 < 2 and "x" != "";`, Output: "true",
	},
	{
		Words: []string{"or"}, Syntax: "A or B",
		Text:    "True when one of both is; B is evaluated only when A is false.",
		Example: `echo false or 1;`, Output: "true",
	},
	{
		Words: []string{"not"}, Syntax: "not A",
		Text:    "The opposite truth; the same as !A.",
		Example: `echo not "";`, Output: "true",
	},
	{
		Words: []string{"true", "false"}, Syntax: "true  false",
		Text:    "The booleans. As numbers they are 1 and 0.",
		Example: `echo true; echo true + true;`, Output: "true\n2",
	},
	{
		Words: []string{"none"}, Syntax: "none",
		Text:    "No value: what missing elements, functions without return and failed lookups give. It equals only itself;\nA ?? B gives B when A is none or undefined.",
		Example: `$a = []; echo $a["x"] === none; echo $a["x"] ?? "nothing";`, Output: "true\nnothing",
	},
	{
		Words: []string{"array"}, Syntax: "array(ELEMENTS)",
		Text:    "An older form of [ELEMENTS].",
		Example: `echo array("a" => 1, 2) === ["a" => 1, 2];`, Output: "true",
	},
}
