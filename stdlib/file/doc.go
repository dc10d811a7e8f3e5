// Package file has the class File: streams of bytes that scripts read (spec stdlib
// 9).
//
//	name, string, FileResource, io.ReadSeekCloser ──► *Handle ──► File object
//
// Object and resource share one Handle, and so its position; it is what other
// domains read, through an interface of their own (io.Reader, io.Seeker, Size() int64).
// Package mta makes objects with New. Names lead to vm.Host.Files, then below
// vm.Host.Disk, which is nil where scripts may not read the disk.
//
// Decisions. Regular files only: opening a pipe or device could wait for ever. Bytes of
// a file are never kept as a whole; an open one counts as 64 KiB of the run's memory,
// which bounds the number of descriptors. The size is that of the moment of opening,
// so that a file that grows has an end. Seeking beyond the end gives none and leaves
// the position. A CR is taken off a line only in front of its LF.
// toFFIValue() throws until foreign functions are built in.
package file
