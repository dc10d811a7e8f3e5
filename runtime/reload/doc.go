// Package reload notices that files changed and lets its owner build anew.
//
//	events of folders ─► debounce 100 ms ─┐
//	every 10 s ───────────────────────────┴─► Build
//
// Folders are watched, not files, so that save-by-rename, moved links and bursts
// of events are one change. Events are hints only: Build compares content and
// does nothing when it is the same, and the rescan finds what a file system
// does not announce. It imports fsnotify.
package reload
