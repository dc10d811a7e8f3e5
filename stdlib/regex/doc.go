// Package regex has the pcre_* functions (spec stdlib 22) and connects the
// machine's literals and the operators =~ and !~ to package pcre.
//
//	pcre_match(#/(?<k>\w+)=(\d+)?/, "a=")   [0=>"a=",1=>"a",2=>"","k"=>"a"]
//
// Patterns given as strings are compiled once and kept in a bounded cache
// (cache.go). It imports runtime packages only.
package regex
