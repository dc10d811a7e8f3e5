// Package clock has the functions about time (spec stdlib 4). The wall clock and
// sleeping come from vm.Host, so that tests and mocks replace them.
//
//	strftime("%Y-%m-%d", 0, ["local" => false])   1970-01-01
//	strpduration("1d2h")                          93600
//
// Where C normalises 31 February that the text gives, strptime gives none; a day that
// is today's because the format lacks one is normalised. %U and %W count with a
// weekday, %G, %g and %V are read and passed over, as in C.
//
// It imports runtime packages only.
package clock
