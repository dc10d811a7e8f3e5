// Package clock has the functions about time (spec stdlib 4). The wall clock and
// sleeping come from vm.Host, so that tests and mocks replace them.
//
//	strftime("%Y-%m-%d", 0, ["local" => false])   1970-01-01
//	strpduration("1d2h")                          93600
//
// It imports runtime packages only.
package clock
