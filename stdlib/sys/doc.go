// Package sys has the functions about the system (spec stdlib 20): the host
// name, UUIDs and syslog records.
//
//	syslog("warning", "odd client " . $ip);
//
// It imports runtime packages and google/uuid only.
package sys
