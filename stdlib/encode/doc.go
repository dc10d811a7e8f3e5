// Package encode has the functions that turn values and bytes into text and
// back: base64 and base32, URL, zlib, JSON, CSV, YAML, MIME words, xtext, pack
// (spec stdlib 6 to 8), and the loaders of data imports that need them.
//
//	json_encode([1 => "a"])   {"1":"a"}
//
// Logic stands in the file of each format and works on Go values or on
// value.Value; register.go adapts. It imports runtime packages only.
package encode
