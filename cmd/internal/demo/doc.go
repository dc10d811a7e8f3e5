// Command demo shows the server at work: it starts hawserd on loopback with a
// sample workspace and keys of its own, takes the place of the sender and of the
// next hop, verifies what arrives, and edits a hook in between.
//
//	make demo
//
// It ends by itself, with exit code 0 when everything it shows is true.
package main
