// Package mail has the functions and classes of scripts about messages: address
// helpers, the builder MIME, and MIMEPart, MailMessage and EODMailMessage, which
// read and change messages (spec stdlib 11 to 14).
//
//	$m = MailMessage::String($text);
//	$m->setHeader("Subject", "new")->signDKIM("s1", "example.org", $key);
//
// The logic is that of mta/message, mta/address and mta/dkim; this package
// adapts it. What a copy for a recipient means is the hook's business: queue()
// asks the run for a Queuer.
package mail
