// Package plugin is what the server knows of plugins (spec plugin): a Plugin says what
// it does, a Set has those of a server in their order and asks them.
//
//	smtpd.yaml plugins[], autoload ─► native.Load ─► Plugin ─► Set ◄─ delivery (Deliver, Insert, Pick)
//	                                                    │          ◄─ the server (start, reload, stop, commands)
//	                                                    └──────► Queue: lists, suspensions, policies
//
// Package native makes plugins of shared libraries in C. Nothing here knows of C: a
// part of the server can be a plugin as well, and so can one of a test.
//
// What a plugin gets is valid as each function says; it may keep values of scripts,
// which are frozen.
package plugin
