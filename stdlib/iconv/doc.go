// Package iconv has the class Iconv: conversion between character sets (spec stdlib
// 27), with what users of iconv(3) expect.
//
//	bytes ──► source ──► UTF-8 ──► sink ──► bytes
//	                        └─ //TRANSLIT, //IGNORE
//
// UTF-8, UTF-16, UTF-32, ASCII and the sets of one byte are converted here, strictly and
// without a BOM being eaten; those of several bytes are golang.org/x/text's, which are
// the WHATWG's: Shift_JIS is code page 932, Big5 has the HKSCS, EUC-KR is code page 949,
// KOI8-U has the Belarusian letters, GB18030 lacks two dozen characters that it got in
// 2005. Vietnamese letters are not taken apart for code page 1258.
//
// Decisions. UTF-16 and UTF-32 are read by their BOM, else as little-endian, and written
// as little-endian with one: glibc on common machines. //IGNORE drops what is invalid,
// cut or has no form in the target, and that is no error (glibc drops and fails).
// //TRANSLIT writes similar characters, else "?". Only "//", //TRANSLIT and //IGNORE, or
// both, may stand behind a name; behind the first name they are without effect.
package iconv
