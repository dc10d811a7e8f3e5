package crypt

import "github.com/hawser-mta/hawser/runtime/registry"

// Register declares the domain.
func Register(b *registry.Builder) {
	hashes(b)
	randoms(b)
	keys(b)
	signatures(b)
}
