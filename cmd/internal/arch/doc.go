// Package arch holds the rules of the house as tests: who may import whom, how
// long files and functions get, that every package explains itself, and what
// must come from the host instead of the standard library.
//
//	cmd ──► mta ──► stdlib ──► runtime ──► lang
//
// The allow lists give a reason per entry.
package arch
