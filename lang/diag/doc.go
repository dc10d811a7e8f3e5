// Package diag defines the one diagnostic of the project: what the parser, the
// resolver, the linter, the loader and the configuration report.
//
//	hooks/eod/in.hsl:3:6: error: unknown function 'str_lowr'
//	    echo str_lowr("A");
//	         ^~~~~~~~
//	    hint: did you mean 'str_lower'?
//
// Producers fill a List; renderers (text here, others beside the tools that
// need them) turn it into output. Messages are lower case without a full stop
// and say what was found and what was wanted.
package diag
