package crypt

import "github.com/hawser-mta/hawser/runtime/registry"

// Register declares the domain.
func Register(b *registry.Builder) {
	hashes(b)
	ciphers(b)
	randoms(b)
	passwords(b)
	keys(b)
	signatures(b)
	messages(b)
}
