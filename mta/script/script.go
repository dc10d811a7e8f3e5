package script

import (
	"github.com/hawser-mta/hawser/mta/script/mail"
	"github.com/hawser-mta/hawser/runtime/registry"
)

// Register declares the functions and classes about mail.
func Register(b *registry.Builder) {
	mail.Register(b)
}
