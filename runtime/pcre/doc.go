// Package pcre runs Perl-compatible regular expressions: lookaround, back
// references, named groups, recursion and subroutine calls, conditionals, branch
// reset, atomic groups, possessive quantifiers, backtracking verbs and \K (spec
// stdlib 22).
//
//	pattern ─► parse.go ─► tree ─► compile.go ─► program ─► match.go
//	                               branch.go        │       run.go, choice.go
//	                               repeat.go        └ entry.go, find.go: where
//	                               look.go            a match can begin
//
// The machine backtracks. It keeps its choices on a stack of its own, never on that
// of Go, and counts steps: a search that takes ten million (and sixteen for every
// byte of the subject) ends with ErrSteps, so no pattern or subject can hold a
// worker. A search that takes more than a few thousand and sixteen for every byte is
// given to Go's linear-time engine (linear.go) where that one answers alike: no
// lookaround, references, possessive or empty repetitions, a subject in ASCII.
// Subjects are bytes unless the flag u is given; \d \w \s and POSIX classes are
// ASCII in either case, and flag i does not touch \p{Lu}, both as in PCRE.
//
// # Speed
//
// The compiler knows for every place which bytes the match can go on with (type
// next, first.go). From this follow runs that never give anything back (`\d+` before
// '-'), runs that give back only to where the rest can begin, branches chosen by a
// table instead of tried, and loops that leave no choice behind. The search for a
// begin uses what the pattern has: its text, its text in any case (the rarest byte
// in both cases), text behind a run (`[a-z.]+@`: look for '@', walk back), text at a
// fixed distance, a table of first bytes; and it ends at once when text that
// every match contains is missing. A run that failed is not tried again from inside.
//
// Measured with BenchmarkSearch against package regexp, all three in turn on a busy
// machine, the best of three, groups included; ns before this, now, regexp:
//
//	^(postmaster|abuse|user1[0-9])\b     434     291      329
//	  no match                           181      40      161
//	\d{3}-\d{4} in a line               313     290     1129
//	  in 10 KB without                133076    3049   487364
//	address, caseless, in a line        6808     604     2606
//	  in 10 KB without                982542   10986   573722
//	(?i)\bviagra\b in a line            507     364     1352
//	  in 10 KB without                 29298    4239   855243
//	^Received: from (\S+) \(([^)]*)\)   1794     450     2826
//	^5\d\d…(?:user|…).*(?:unknown|…)    6813    1316     6640
//	(\d{1,3})\.(\d{1,3})\.…           1185     749     1890
//	eight words in 10 KB without      166463   70161  2565207
//
// Short hits on anchored literals cost what entering and leaving the machine costs.
//
// Tried and left: asking the linear engine first (slower on all of these, and right
// for ASCII only); a spare machine in each pattern in place of the pool (the same
// within the noise).
//
// perl judges the semantics in tests (testdata/perl.txt, and random patterns), Go's
// engine the common subset; `go test -fuzz FuzzEngines` goes on from there.
//
// It imports the standard library only.
package pcre
