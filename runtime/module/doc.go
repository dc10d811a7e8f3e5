// Package module finds, compiles and links script files: what import, include
// and data imports name, and the entry scripts themselves.
//
//	Loader.Build(entries) ─► Set: one linked image per entry, one consistent
//	                              snapshot of all files they came from
//
// A name in a script resolves as spec language 5.9 says: bare names and `file:`
// in the script files, `./` beside the importing file, `file://` below the
// script root on disk, `extras://` and `std://` in the bundled modules,
// `plugin-config://` in what the plugin of an extras module is configured with.
// Programs are kept between builds and compiled again only when the content of a
// file they were made from has changed.
//
//	root.go    trees of files and the names inside them
//	unit.go    compiling one program (implements resolve.Loader)
//	data.go    import $x from "file"
//	loader.go  Build, and the programs kept between builds
//	set.go     the result
//	files.go   files that scripts open while they run
//	disk.go    folders on disk, without the links that lead out
package module
