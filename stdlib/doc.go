// Package stdlib is the part of the standard library that makes sense without a
// mail server. Register declares all of it; each domain has its own package,
// with the binding in register.go and the logic beside it.
//
//	b := registry.New()
//	stdlib.Register(b)
//	u := b.Freeze()
//
// Domains do not import each other. What they reach of the world (clock,
// randomness, files, network) comes from vm.Host.
package stdlib
