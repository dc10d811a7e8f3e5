// Package message reads and edits RFC 5322 messages without losing a byte.
//
//	Source ──► Parse ──► Message ─ Part ─ Field      reads: the original only
//	                        │
//	                     Editor ──► Patch             changes, in order
//	                                  │
//	             Source ──► Patch.Apply ──► Source    the changed message
//
// A message is an immutable original (memory, a file, the spool) plus a list of
// changes (spec stdlib 13.1). Only bytes that a change touches differ; a Patch
// holds them and is small. Parsing streams through the original and keeps
// offsets, so that large messages need little memory; cost grows linearly with
// bytes, fields and parts. Malformed mail survives: what cannot be understood
// is text.
//
// Builder makes new messages (spec stdlib 12). The package may import stdlib
// for encodings and mta/address, no other room of mta.
package message
