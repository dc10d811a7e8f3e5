// Package spool keeps accepted mail on stable storage: one pebble store per
// configured path (spec mta 4.5).
//
//	Put(message, units)      one synced batch; nil means it will survive a crash
//	Content(transaction)     the original bytes, random access
//	Update, Remove(unit)     retry state; the last unit takes the content along
//	Recover(f)               every unit that is left, in batches, at start
//
// Content is kept once per transaction, in chunks; each unit (one recipient) has
// a record with its envelope, the patch of its copy and its retry state.
// Records carry a version and a checksum, so that a broken one is reported
// without harm to its neighbours. Concurrent Puts, Updates and Removes share
// fsyncs through pebble's commit pipeline.
//
// Every one of them is on stable storage when it returns. A removal is synced too,
// though a mail server could do without: a removal that a power cut takes back is
// a message delivered twice, and because removals share fsyncs with acceptance and
// nobody waits for them, they cost little.
//
// Two things were tried and did not help. Goroutines that commit, kept for the next
// commit instead of one for each: 1 to 2 % of the processor time of 20 writers. A
// scheduler of pebble's compactions that waits until the units are loaded: where there is
// much to merge, as many tables lie upon each other as writers may add to, and waiting
// would stop them; where there is little, it gains nothing.
//
// # Paths that fail
//
//	         free < minfree
//	   ok ◄────────────────► low       takes no new mail, the rest goes on
//	   │ ▲
//	a write fails
//	   ▼ │ opened again, when there is room: after 5 s, 10 s, … 10 min
//	  failed                           out of reach, the other paths go on
//
// The units of a failed path stay known to the queue and are counted. They are not
// tried: Load returns ErrFailed, and the queue asks again every 15 seconds. Nothing of
// them is lost, nothing is done twice: what Put, Update or Remove returned nil for
// is on the disk; a message whose Put failed with the path is removed before the
// path is used again, because it may have been stored elsewhere meanwhile; a removal
// that failed is repeated by the queue. Only when the process ends before the path
// is opened again can a message come twice that was accepted at that very moment.
//
// It imports mta/address, mta/message, mta/smtp and pebble.
package spool
