package hook

// Phase names a hook, spelled as in the configuration and in stdlib.json.
type Phase string

// The ten hooks, in the order in which a message meets them.
const (
	Connect      Phase = "connect"
	Proxy        Phase = "proxy"
	Helo         Phase = "helo"
	Auth         Phase = "auth"
	MailFrom     Phase = "mailfrom"
	RcptTo       Phase = "rcptto"
	EOD          Phase = "eod"
	Disconnect   Phase = "disconnect"
	PreDelivery  Phase = "predelivery"
	PostDelivery Phase = "postdelivery"
)

// Phases lists every hook in running order.
var Phases = []Phase{Connect, Proxy, Helo, Auth, MailFrom, RcptTo, EOD, Disconnect, PreDelivery, PostDelivery}
