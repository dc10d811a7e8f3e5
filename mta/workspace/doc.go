// Package workspace knows the directory that a server runs from and that script
// authors work in (spec cli, Workspace).
//
//	config/   smtpd.yaml smtpd-app.yaml
//	hooks/    connect/ID.hsl … disconnect/ID.hsl, queue/predelivery.hsl
//	files/    modules and data of scripts
//	tests/    *_test.hsl
//
// DIR and DIR/src are both accepted as the root. Scripts given inline in the
// configuration count as well; a file of the tree wins over one of the same id.
// Files are opened through os.Root, so that no link leads out; hidden ones and
// those that files/.halonignore names are not there.
//
// It imports mta/config and the runtime's module package.
package workspace
