package script

import (
	"github.com/hawser-mta/hawser/mta/script/mail"
	"github.com/hawser-mta/hawser/mta/script/queue"
	"github.com/hawser-mta/hawser/mta/script/smtp"
	"github.com/hawser-mta/hawser/runtime/registry"
)

// Register declares the functions and classes about mail and the queue.
func Register(b *registry.Builder) {
	b.Domain("mail", "Messages and addresses")
	mail.Register(b, smtp.Send)
	b.Domain("smtp", "SMTP clients")
	smtp.Register(b)
	b.Domain("queue", "Queue and policies")
	queue.Register(b)
}
