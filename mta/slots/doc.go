// Package slots bounds how many of something run at once: scripts of a pool, reads of the
// spool, look-ups of names (spec mta 2.4). Who finds no free place waits; those who wait
// get places in the order of their coming.
//
//	if err := s.Take(ctx); err != nil { … }
//	defer s.Give()
//
// A nil *Slots bounds nothing and counts nothing. The package imports nothing of ours.
package slots
