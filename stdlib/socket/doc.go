// Package socket has the classes Socket and TLSSocket (spec stdlib 24).
//
//	Socket object ──► *Socket ──► descriptor without blocking, in Go's poller
//	TLSSocket object ──► *session ──► crypto/tls ──► *Socket
//
// A script that waits costs a goroutine and no thread, and no buffer: one is taken when
// data is there. Its wait ends with its timeout or its context.
//
// Decisions. A timeout is for a whole call: a send of everything, a handshake. What was
// sent or received before an error is returned (send, MSG_WAITALL) and the error is
// seen in errno(), as in recv(2); the next call fails. errno() keeps the last error,
// success does not clear it. A socket that cannot be made, for want of descriptors, is
// an object whose calls fail. Datagrams longer than asked for are cut. A name of AF_UNIX
// that begins with @ or NUL is an abstract one.
//
// errno() of TLSSocket has the form of OpenSSL 3's ERR_get_error(3): 0x0A000000 + reason
// for TLS (134 certificate verify failed, 1000 + N for alert N of the peer, 294 end
// without close notify), 0x80000000 + errno for the system. The end of a stream without
// close notify is an error, since somebody may have cut it. tls_verify_name alone checks
// the name of a certificate that anybody may have made. A client certificate that cannot
// be read fails the handshake (177) and is logged.
//
// Package exempt from taking time and network from vm.Host: deadlines are the kernel's.
package socket
