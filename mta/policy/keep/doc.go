// Package keep brings the suspensions that scripts and operators add over a restart
// (spec mta 16: beside the spool).
//
//	start:  DIR/suspensions.state of the spool paths ─► the newest that is whole ─► engine
//	then:   engine ─► Edits ─► a pause, so that many changes are one ─► DIR/suspensions.state
//
// Dynamic conditions are not kept: they vanish on restart (spec mta 8.5), scripts find out
// about backoff again, what is to last stands in smtpd-policy.yaml, and a restart is the
// known way to be rid of them. A suspension is set to hold mail back, and a restart must
// not let that mail go.
//
// The file holds all suspensions in force that are not of smtpd-suspend.yaml, with the
// point in time when each ends. It is written beside itself, synced and renamed, in the
// first spool path that takes it. Its first line has a number that grows with each write
// and a checksum; a file that fails its check is set aside under another name and
// reported, and the server starts without.
//
// Scripts never wait for the disk: what one adds is on it within a second or two. Who
// wants to know that it is calls Save, as the control socket does.
package keep
