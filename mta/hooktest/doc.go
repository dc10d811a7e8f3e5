// Package hooktest runs one hook of a workspace against a made-up session, for
// run_hook of std://testing.
//
//	run_hook(hook, id, options) ─► Input ─► hook.Runner ─► Verdict ─► array
//
// The script is compiled and run by the same code as in the server, with the
// server's limits, variables and replies. options give what the session is like;
// what they leave out has the values of session.go. A variable that options name
// replaces the keys it has and leaves the others.
//
//	workspace.go  the scripts and the configuration, loaded once
//	run.go        run_hook
//	session.go    hooks of a connection
//	queue.go      predelivery and postdelivery
//	result.go     what the test gets
//
// It imports mta/hook and what that needs, and stdlib/checks.
package hooktest
