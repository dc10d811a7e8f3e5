// Package spool keeps accepted mail on stable storage, in one or more paths.
//
//	Put(message, units)      nil means it will survive a crash
//	Content(transaction)     the original bytes, random access
//	Update, Remove(unit)     retry state; the last unit takes the content along
//	Recover(f)               every unit that is left, in batches, at start
//
// Content is kept once per transaction; each unit (one recipient) has a record with its
// envelope, the patch of its copy and its retry state. Records carry a version and a
// checksum, so that a broken one is reported without harm to its neighbours.
//
// # A path: journal and index
//
//	Put, Update, Remove ──► journal: entries, content among them    one sync per group
//	                           │  when it is on the disk
//	                           ▼
//	                        index (pebble): units, places of content
//
// The journal (journal.go) gathers what all callers bring while the disk is busy with the
// group before, and makes it durable with one write and one sync. The index is pebble
// without a log of its own: after a crash the entries that it had not written to its
// tables are brought into it again (replay.go). Content stays where the journal has it:
// it is written once, copied by no merging of tables, and read by its place.
//
// The journal is a row of segments, files of 32 MiB. One whose entries the index has on
// the disk and whose content no message has any more serves again, or is removed; content
// that stays behind in many segments is moved together (tend.go).
//
// Specification mta 4.5 puts all into pebble, as this package did at first: content then
// goes through pebble's log, its table in memory, the first table on disk and those that
// are merged of it. Against that, on the same machine in the same hour, messages of 4 KiB:
// 16,300 instead of 12,500 a second with 20 writers, 29,400 instead of 19,400 with 100; the
// whole server takes 25 % more mail with less processor time, because content is copied
// less and needs no table in memory; a start right behind filling the store with a million
// messages took 8.5 to 10 s instead of 10 to 16, because no tables with content are left to
// merge; content is written once. docs/spool.md has the figures.
//
// Letting other goroutines go first (journal.gathered) saves a sixth of the syncs, and
// waiting for half of those who write at once (company.go) four tenths of the rest, with 20
// clients. Tried without gain: syncs in the background (AIO, woken by Go's poller), holding
// back each sync for the same time, and segments of 256 MiB.
//
// Every change is on stable storage when its call returns. A removal is synced too,
// though a mail server could do without: a removal that a power cut takes back is
// a message delivered twice, and because removals share fsyncs with acceptance and
// nobody waits for them, they cost little.
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
// It imports mta/address, mta/message, mta/smtp and pebble, whose file system layer is
// the journal's, too: tests cut the power and inject errors below both.
package spool
