// Command hawserd is the mail server.
//
//	hawserd -c DIR            runs the workspace DIR in the foreground
//	hawserd -c DIR --check    validates configuration and scripts
//	hawserd init DIR          writes a workspace that starts as it is
//
// It is thin: package mta does the work. SIGHUP reloads, SIGTERM and SIGINT
// drain.
package main
