// Package mta assembles the mail server from its rooms and runs it.
//
//	New(workspace) ─► check ─► Run: spool ─► queue ─► listeners ─► "ready"
//	                                 reload ◄─ watcher, SIGHUP
//	drain: listeners ─► sessions ─► dispatch ─► deliveries ─► spool
//
// state.go builds one consistent version of configuration and scripts, which is
// swapped as a whole; server.go starts and stops; accept.go is the way of a
// message from a session into spool and queue; control.go and samples.go are what
// operators see of it (mta/control); plugins.go loads plugins and pluginqueue.go is what
// they can say to the queue (mta/plugin). Nothing here decides about mail.
package mta
