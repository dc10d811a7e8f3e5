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
// Decisions where the spec is silent:
//
//   - Changes of bytes (Editor.Modify) apply where the other changes left the
//     original; one that reaches into replaced bytes is dropped whole.
//   - New delimiters and fields end the line before them when it is open, so that
//     a change never joins what stood apart.
//   - A Date of Editor.SetDate is part of the patch as a splice that Patch.At
//     writes anew, in the same length, at each delivery. A signature fixes it.
//   - A wrapped message keeps its fields but Content-*; a wrapped part goes into
//     the new multipart as it is.
//   - A line without a name does not end a header. Levels beyond 100, parts beyond
//     100,000 and fields beyond 500,000 are text.
//   - Content of other types than text is sent in base64 when its line ends could
//     change on the way; multiparts and messages are never encoded unasked.
//
// Builder makes new messages (spec stdlib 12). The package may import stdlib
// for encodings and mta/address, no other room of mta.
package message
