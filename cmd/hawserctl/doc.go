// Command hawserctl asks and tells a running hawserd over its control socket (spec cli).
//
//	hawserctl -c DIR status
//	hawserctl -c DIR queue list --recipientdomain example.org --age '>1h'
//	hawserctl -c DIR policy show --explain --recipientdomain example.org
//
// main.go has the grammar; the commands stand in files of their names. Flags become the
// bodies of mta/control, answers become tables, or JSON with --json. It imports
// mta/control, mta/config and mta/workspace.
package main
