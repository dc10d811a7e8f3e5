// Package dnstest runs real name servers on loopback for tests: knot, which serves and
// signs zones, and unbound, which validates what knot serves.
//
//	port, knot := dnstest.Recursive(t, []dnstest.Zone{{Name: "x.test", Text: dnstest.Apex + "a A 192.0.2.1\n", Sign: true}})
//
// The programs are those of the Debian packages knot and unbound.
package dnstest
