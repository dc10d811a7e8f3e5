// Package queue has the functions with which scripts steer the queue (spec stdlib 19):
// policies, suspensions, quotas, and how many connections a server has.
//
// What they do belongs to the server: the package checks what the script gave and asks
// the service under the name Service of vm.Host. Without one, as in hsl run, the
// functions throw that they are not available.
package queue
