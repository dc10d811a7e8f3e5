// Package collector sets the garbage collector of the programs that run scripts.
//
// It lets the heap grow to five times what lives before it is collected: what lives
// is small beside what a message or a script makes for a moment. At Go's default of
// twice, a seventh of the time of accepting mail was the collector, and scripts that
// fill lists or grow texts took up to five times as long, most of it in taking
// memory from the system and giving it back.
package collector

import (
	"os"
	"runtime/debug"
)

// percent is the growth of the heap between two collections, of what lives.
const percent = 400

// Tune sets the collector. GOGC in the environment counts first.
func Tune() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(percent)
	}
}
