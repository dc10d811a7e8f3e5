// Package num has the mathematical functions (spec stdlib 16): IEEE 754 doubles
// throughout, and no function throws on a value.
//
//	round(1.005, 2)   1.01: rounds the decimal form that is printed
//	log(8, 2)         3
//
// It imports runtime packages only.
package num
