// Package encode has the functions that turn values and bytes into text and
// back: base64 and base32, URL, zlib, JSON, CSV, YAML, MIME words, xtext, pack
// (spec stdlib 6 to 8), and the loaders of data imports that need them.
//
//	json_encode([1 => "a"])   {"1":"a"}
//
// Where the spec leaves it open: what zlib_uncompress could never fit into the
// memory of a script is bad data and gives none, what does not fit beside the rest
// ends the script as anywhere; an array or object as a CSV field throws, since it
// has no text of its own; a YAML mapping with a key twice, or with one that is no
// scalar, is malformed; keys that << merges stand before the mapping's own.
//
// Logic stands in the file of each format and works on Go values or on
// value.Value; register.go adapts. It imports runtime packages only.
package encode
