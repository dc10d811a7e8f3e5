package crypt

import (
	"github.com/hawser-mta/hawser/lang/sig"
	"github.com/hawser-mta/hawser/runtime/registry"
	"github.com/hawser-mta/hawser/runtime/value"
	"github.com/hawser-mta/hawser/runtime/vm"
	"github.com/hawser-mta/hawser/stdlib/crypt/passwd"
)

func passwords(b *registry.Builder) {
	b.Func(sig.New("crypt(key: string, salt: string) -> string",
		"Hashes a password as crypt(3) does; the salt is a setting or a whole hash: $1$, $2a$, $2b$, $2y$, $5$, $6$, $y$ or "+
			"two characters (DES). A malformed salt, or one that would take seconds, gives *0 or *1, which no hash equals.").
		Show(`$stored = crypt("secret", "\$1\$abcdefgh"); echo crypt("secret", $stored) === $stored;`, "true"),
		func(t *vm.Thread, a []value.Value) (value.Value, error) {
			setting := a[1].Str()
			if err := t.Reserve(passwd.YescryptMemory(setting)); err != nil {
				return value.None, err
			}
			out, err := passwd.Hash(a[0].Str(), setting, func() error { return t.Stopped(nil) })
			if err != nil {
				return value.None, err
			}
			return value.Str(out), nil
		})
}
