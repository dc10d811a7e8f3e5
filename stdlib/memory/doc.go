// Package memory has the memory_* functions (spec stdlib 17): one store of keys
// and values per process, shared by all scripts and by the barrier statement.
//
//	memory_store("seen:" . $ip, time());
//	memory_inc("count");
//
// The store itself is vm.Shared; this package imports runtime packages only.
package memory
