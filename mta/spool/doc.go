// Package spool keeps accepted mail on stable storage: one pebble store per
// configured path (spec mta 4.5).
//
//	Put(message, units)      one synced batch; nil means it will survive a crash
//	Content(transaction)     the original bytes, random access
//	Update, Remove(unit)     retry state; the last unit takes the content along
//	Recover(f)               every unit that is left, at start
//
// Content is kept once per transaction, in chunks; each unit (one recipient) has
// a record with its envelope, the patch of its copy and its retry state.
// Records carry a version and a checksum, so that a broken one is reported
// without harm to its neighbours. Concurrent Puts share fsyncs through pebble's
// commit pipeline. A store that fails or fills is left out while others go on.
//
// It imports mta/address, mta/message, mta/smtp and pebble.
package spool
