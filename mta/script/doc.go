// Package script is the library for scripts that needs a mail server: its
// functions and classes come on top of stdlib. Register declares all of it.
//
//	b := registry.New()
//	stdlib.Register(b)
//	script.Register(b)
//	u := b.Freeze()
//
// Each room below it is one domain: mail has messages, addresses and DKIM. What
// only a hook can do is declared in package hook.
package script
