// Package native loads plugins that are shared libraries with the interface of
// include/HalonMTA.h, in C, C++, Rust or Go (spec plugin).
//
//	dlopen ─► Halon_version ─► plugin.Plugin: a function for each Halon_… it exports
//	   ▲
//	   └─ its HalonMTA_… are the functions that this package exports
//
// Those are Go functions that cgo exports under their own names, with the types of the
// header: a prototype that differs does not compile. The Go linker puts names that cgo
// exports into the dynamic table of the program and no others, so that they are found
// and nothing else of the program stands in the way of what libraries define. Therefore
// they must be in Go: a function in C would need a linker flag that cgo does not allow.
//
// What C holds are pointers to memory of its own that stand for objects of Go (refs.go);
// a pointer that is not known, or not any more, reads as none. Values of scripts are
// opened as far as they are looked at (value.go). What a call has lent is given back when
// it is over (memory).
//
// Decisions where the spec is silent, or for a better reason:
//
//   - There is no build tag "plugins": what is in smtpd.yaml should work with the build
//     that the README describes, and the spool wants cgo already. Without cgo, or outside
//     Linux, Load says why it cannot.
//   - A message is read through a file of its own, without a name: in memory up to 1 MiB,
//     else in the directory for temporary files. So libraries can seek and ask for its
//     size and descriptor; a message of the queue lies among others in a segment.
//   - The address of a source is its IP in MESSAGE_LOCALIP and LOCALIPS, as in policies.
//   - Lines of deliver_trace go to the log at level debug.
//   - What libraries say to the queue goes to the one of the process (Attach): the
//     functions have no place to say which.
package native
