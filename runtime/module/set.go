package module

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"

	"github.com/hawser-mta/hawser/runtime/vm"
)

// Set is everything compiled from one snapshot of files. It never changes.
type Set struct {
	Generation uint64 // 1 for the first set of a loader
	Version    string // hash of all files, hexadecimal

	images  map[string]*vm.Image
	entries map[string]Entry
	files   map[location]hash
	cover   bool
}

// Image returns the linked program of an entry, nil when the set has none.
func (s *Set) Image(id string) *vm.Image {
	if s == nil {
		return nil
	}
	return s.images[id]
}

// IDs returns the names of the entries, sorted.
func (s *Set) IDs() []string {
	var ids []string
	for id := range s.images {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

// Files returns the names of the files that the set was made from, sorted.
func (s *Set) Files() []string {
	var names []string
	for l, h := range s.files {
		if h != (hash{}) {
			names = append(names, l.String())
		}
	}
	slices.Sort(names)
	return names
}

// finish computes the version: entries and the content of every file.
func (s *Set) finish() {
	h := sha256.New()
	if s.cover {
		h.Write([]byte("cover\x00"))
	}
	for _, id := range s.IDs() {
		e := s.entries[id]
		h.Write([]byte(id + "\x00" + e.Context + "\x00" + location{e.Root, e.Path}.String() + "\x00"))
		x := sum(e.Source)
		h.Write(x[:])
	}
	var lines []string
	for l, x := range s.files {
		lines = append(lines, l.String()+"\x00"+string(x[:]))
	}
	slices.Sort(lines)
	for _, l := range lines {
		h.Write([]byte(l))
	}
	s.Version = hex.EncodeToString(h.Sum(nil)[:8])
}
