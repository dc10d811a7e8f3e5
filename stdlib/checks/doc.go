// Package checks is the Go half of std://testing: it registers cases and mocks and
// judges assertions.
//
//	test file ─► std://testing ─► __testing_… (this package) ─► Case
//
// A Case is one run of a test file, reached through Service of the host. The
// first run of a file only collects its cases (Pick is -1); each case then is a
// run of its own in which the file is executed again and the picked function is
// kept for the runner to call. An assertion that fails ends the run for good: no
// catch of the script sees it.
//
// Mockable makes the universe in which library functions can be replaced. The
// package imports the runtime and go-internal's diff.
package checks
