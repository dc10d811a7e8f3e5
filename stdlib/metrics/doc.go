// Package metrics has the functions that count what a script sees (spec stdlib 19).
//
// The metrics themselves belong to the server, which declares them in its
// configuration and exports them: the package asks the service under the name Service
// of vm.Host and checks what the script gave.
package metrics
