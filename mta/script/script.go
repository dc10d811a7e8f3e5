package script

import (
	"github.com/hawser-mta/hawser/mta/script/mail"
	"github.com/hawser-mta/hawser/mta/script/queue"
	"github.com/hawser-mta/hawser/mta/script/smtp"
	"github.com/hawser-mta/hawser/runtime/registry"
)

// Register declares the functions and classes about mail and the queue.
func Register(b *registry.Builder) {
	mail.Register(b, smtp.Send)
	smtp.Register(b)
	queue.Register(b)
}
