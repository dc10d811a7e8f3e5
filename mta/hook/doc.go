// Package hook runs the scripts of the ten hooks: it gives them their variables,
// runs them on the configuration a connection began with, and turns how they
// ended into a Verdict (spec hooks).
//
//	Input ──► variables ─► vm.Thread ─► Accept(…) ──► Verdict ──► smtpserver
//	QueueInput ───────────────────────► Try(…) ─────────────────► delivery
//
// register.go declares functions and variables, vars.go makes the values,
// action.go and its neighbours read what a script decided, runner.go runs. Every
// run has a verdict: a script that fails or does not decide gets the action of
// spec hooks 16.
//
// It imports mta/script, mta/spool, mta/smtp, mta/address, mta/message and the
// runtime.
package hook
