package hook

import (
	"github.com/hawser-mta/hawser/lang/sig"
	"github.com/hawser-mta/hawser/runtime/registry"
	"github.com/hawser-mta/hawser/runtime/vm"
)

var (
	optCodes      = sig.Opt("reply_codes: array", `["code" => number, "enhanced" => [n, n, n]]`)
	optDisconnect = sig.Opt("disconnect: boolean = false", "close the connection after the reply")
	optReason     = sig.Opt("reason: string|array", "text of the reply")
	optNext       = sig.Opt("next: boolean = false", "run this hook for the next command too")
	optDSN        = sig.Opt("dsn: array", "shape of a notification: transportid, recipient, from, from_name, metadata, jobid, tenantid, dkim, headers, subject, text, delay, ret; of Queue send")
)

// Register declares the functions and variables of hooks.
func Register(b *registry.Builder) {
	b.Domain("hook", "Hooks")
	accepts(b)
	refusals(b)
	queueActions(b)
	legacy(b)
	variables(b)
}

func declare(b *registry.Builder, f sig.Func, impl vm.Impl, contexts ...Phase) {
	names := make([]string, len(contexts))
	for i, p := range contexts {
		names[i] = string(p)
	}
	f.Contexts = names
	f.Terminates = len(f.Returns) == 1 && f.Returns[0] == sig.Never
	b.Func(f, impl)
}

func accepts(b *registry.Builder) {
	declare(b, sig.New("Accept(options?: array) -> never", "Accepts the connection.", optReason, optCodes,
		sig.Opt("remoteip: string", "replaces the address of the client"), sig.Opt("remoteptr: string", "replaces its name"),
		sig.Opt("priority: number", "0 or 1")), accept, Connect)
	declare(b, sig.New("Accept(options?: array) -> never", "Accepts the greeting.", optReason, optCodes,
		sig.Opt("extensions: array", "lines to announce"), sig.Opt("host: string", "name to keep")), accept, Helo)
	declare(b, sig.New("Accept(options?: array) -> never", "Accepts the credentials.", optReason, optCodes,
		sig.Opt("username: string", "identity to keep")), accept, Auth)
	declare(b, sig.New("Accept(options?: array) -> never", "Accepts the sender.", optReason, optCodes,
		sig.Opt("sender: string|array", "replaces the sender"), sig.Opt("params: array", "replaces the parameters")), accept, MailFrom)
	declare(b, sig.New("Accept(options?: array) -> never", "Accepts the recipient.", optReason, optCodes,
		sig.Opt("recipient: string|array", "replaces the recipient"), sig.Opt("transportid: string", "transport to use"),
		sig.Opt("params: array", "replaces the parameters")), accept, RcptTo)
	declare(b, sig.New("Accept(reason?: string|array, options?: array) -> never",
		"Accepts the message. What was queued is delivered; a message without copies is dropped.", optReason, optCodes,
		sig.Opt("metadata: array", "for an HTTP submitter")), accept, EOD)
	declare(b, sig.New("Pass(options?: array) -> never", "Hands the command on.",
		sig.Opt("command: string", "replaces the command"), optNext), pass, Proxy)
	declare(b, sig.New("Pass() -> never", "Ends the script."), pass, Disconnect)
}

func refusals(b *registry.Builder) {
	for _, f := range []struct {
		name, text string
		impl       vm.Impl
	}{{"Reject", "Refuses for good.", reject}, {"Defer", "Refuses for now.", deferral}} {
		declare(b, sig.New(f.name+"(reason?: string|array, options?: array) -> never", f.text+" The connection is closed.", optCodes), f.impl, Connect)
		declare(b, sig.New(f.name+"(reason?: string|array, options?: array) -> never", f.text, optCodes, optDisconnect), f.impl,
			Helo, Auth, MailFrom, RcptTo, EOD)
	}
	declare(b, sig.New("Reply(reason?: string|array, options?: array) -> never", "Answers the command here.", optCodes, optDisconnect, optNext), replyTo, Proxy)
	declare(b, sig.New("Reply(reply?: string, options?: array) -> never", "Sends a challenge; the hook runs again with the answer.", optCodes, optDisconnect), replyTo, Auth)
}

var queueOptions = []sig.Option{
	sig.Opt("hold: boolean = false", "keep it until it is released"),
	sig.Opt("delay: number", "seconds until the next attempt"),
	sig.Opt("reason: string", "kept as the last status"),
	sig.Opt("increment_retry: boolean = true", "count this as a retry"),
	sig.Opt("reset_retry: boolean = false", "set the count to 0"),
	sig.Opt("transportid: string", "change the transport"),
	optDSN,
}

func queueActions(b *registry.Builder) {
	declare(b, sig.New("Try(options?: array) -> never", "Tries to deliver. Options override the transport for this attempt.", tryOptions()...), try, PreDelivery)
	declare(b, sig.New("Queue(options?: array) -> never", "Puts the message back to try again later.", queueOptions...), requeue, PreDelivery, PostDelivery)
	declare(b, sig.New("Bounce(options?: array) -> never", "Returns the message to the sender.", sig.Opt("reason: string", "diagnostic text"), optDSN), bounce, PreDelivery, PostDelivery)
	declare(b, sig.New("Delete(options?: array) -> never", "Drops the message.", sig.Opt("reason: string", "diagnostic text")), drop, PreDelivery)
	declare(b, sig.New("Delete() -> never", "Drops the message."), drop, PostDelivery)
	declare(b, sig.New("Default() -> never", "Does what $arguments[\"action\"] says."), byDefault, PostDelivery)
	declare(b, sig.New("SetMetaData(metadata: array) -> none", "Replaces the metadata of the message: text => text."), setMetaData, PreDelivery, PostDelivery)
	declare(b, sig.New("GetMetaData() -> array", "The metadata of the message."), getMetaData, PreDelivery, PostDelivery)
}

func tryOptions() []sig.Option {
	return []sig.Option{
		sig.Opt("host: string|array", "address or name to connect to, or lookup-mx"), sig.Opt("port: number", "TCP port"),
		sig.Opt("domain: string", "domain of the MX look-up"), sig.Opt("sender: string|array", "replaces the sender"),
		sig.Opt("recipient: string|array", "replaces the recipient"), sig.Opt("helo: string", "HELO name"),
		sig.Opt("sourceip: array", "source addresses: ids, or [\"id\" or \"address\", \"helo\", \"proxy\"]"), sig.Opt("sourceip_random: boolean = true", "spread over them"),
		sig.Opt("saslusername: string", "user name"), sig.Opt("saslpassword: string", "password"),
		sig.Opt("tls: string", "disabled, optional, optional_verify, require, require_verify, dane, dane_require or dane_fallback_require_verify"),
		sig.Opt("tls_sni: string|boolean = false", "SNI name; true: the host"), sig.Opt("tls_protocols: string", "such as !SSLv3,!TLSv1"),
		sig.Opt("tls_ciphers: string", "OpenSSL list"), sig.Opt("tls_verify_host: boolean = false", "the certificate must be for the host"),
		sig.Opt("tls_verify_name: array", "or for one of these names"), sig.Opt("tls_default_ca: boolean = false", "trust the authorities of the system"),
		sig.Opt("tls_client_cert: string", "pki.private id"), sig.Opt("tls_capture_peer_cert: boolean = false", "give the certificate to postdelivery"),
		sig.Opt("protocol: string", "smtp or lmtp"), sig.Opt("mx_include: array", "hosts to keep"), sig.Opt("mx_exclude: array", "hosts to leave out"),
		sig.Opt("jobid: string", "for policies"), sig.Opt("tenantid: string", "for policies"), sig.Opt("timeout: array", "state => seconds"),
		sig.Opt("connect_timeout: number = 30", "seconds"),
		sig.Opt("dsn: array", "replaces envid, ret, notify and orcpt; success: relayed or delivered, what a success is reported as where the server does not report itself"),
		sig.Opt("xclient: array", "attributes sent when the server offers XCLIENT"), sig.Opt("chunking: boolean = true", "use BDAT when it is offered"),
		sig.Opt("pooling: array", "keeps the connection for more messages: enabled, timeout, transactions, evictable"),
		sig.Opt("proxyprotocol: number", "1 or 2: send a PROXY header first"),
		sig.Opt("nonlocal_source: boolean = false", "the source address need not be the host's"), sig.Opt("priority: number", "0 or 1"),
		sig.Opt("plugin: array", "a delivery plugin instead of SMTP: id, arguments"),
	}
}

func variables(b *registry.Builder) {
	inbound := []string{"connect", "proxy", "helo", "auth", "mailfrom", "rcptto", "eod", "disconnect"}
	queue := []string{"predelivery", "postdelivery"}
	b.Var(sig.Var{Name: "arguments", Contexts: inbound, Text: "What this run is about."})
	b.Var(sig.Var{Name: "arguments", Contexts: []string{"predelivery"}, Text: "retry: attempts so far, 0 on the first."})
	b.Var(sig.Var{Name: "arguments", Contexts: []string{"postdelivery"}, Text: "retry (as in predelivery, 0 on the first attempt), expired, action (what Default does), grouping, policy (tags, policies), " +
		"attempt (result or error, connection, duration), dsn (action, id, status, diagnostictype, diagnosticcode); what does not apply is not there."})
	b.Var(sig.Var{Name: "connection", Contexts: inbound, Text: "Facts of the connection."})
	b.Var(sig.Var{Name: "transaction", Contexts: inbound, Text: "Facts of the mail transaction."})
	b.Var(sig.Var{Name: "message", Contexts: queue, Text: "The queued message: id, ts, serverid, sender, senderaddress, recipient, recipientaddress, transportid, tenantid, jobid, priority, size, file (original and modified, for File), dsn."})
	b.Var(sig.Var{Name: "context", Contexts: append(append([]string{}, inbound...), "predelivery"), Writable: true, Text: "Anything that later hooks should see."})
	b.Var(sig.Var{Name: "context", Contexts: []string{"postdelivery"}, Text: "What predelivery left."})
}
