// Package keep brings what scripts and operators add to the policies over a restart:
// dynamic conditions and suspensions (spec mta 16: beside the spool).
//
//	start:  DIR/dynamic.state of the spool paths ─► the newest that is whole ─► engine
//	then:   engine ─► Edits ─► a pause, so that many changes are one ─► DIR/dynamic.state
//
// The file holds everything that is in force, with the point in time when it ends. It is
// written beside itself, synced and renamed, in the first spool path that takes it. Its
// first line has a number that grows with each write and a checksum; a file that fails
// its check is set aside under another name and reported, and the server starts without.
//
// Scripts never wait for the disk: what one adds is on it within a second or two. Who
// wants to know that it is calls Save, as the control socket does.
package keep
