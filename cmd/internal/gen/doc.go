// Package main writes what is generated from declarations: the pages of docs/reference.
//
//	go generate ./...
//
// A test compares the files with what would be written, so that a declaration and its
// page cannot part.
package main

//go:generate go run .
