// Package inet has the functions about network addresses (spec stdlib 21).
//
//	inet_includes("10.1.2.3", "10.0.0.0/8")     true
//	inet_reverse("192.0.2.9", "bl.example")     9.2.0.192.bl.example
//
// address.go works on net/netip and is used by the server too; register.go
// adapts. It imports runtime packages only.
package inet
