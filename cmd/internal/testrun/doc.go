// Package testrun runs test files, for 'hsl test' (spec cli).
//
//	files ─► compile ─► collect cases ─► run each ─► Result ─► reports
//
// A case is a run of the whole file with a host of its own: shared memory, cache,
// mocks and globals are fresh, and the function that test() was given is called
// when the file has ended. A file without cases is one case. load.go compiles,
// run.go runs, bench.go measures, cover.go collects coverage, text.go, json.go and
// junit.go print, watch.go repeats.
//
// It imports the runtime, stdlib/checks and mta/hooktest.
package testrun
