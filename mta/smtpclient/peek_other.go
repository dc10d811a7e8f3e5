//go:build !unix

package smtpclient

import "syscall"

// peek cannot look at a socket here: the caller reads with a time limit.
func peek(syscall.Conn) int { return spoken }
