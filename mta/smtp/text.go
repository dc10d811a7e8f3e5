package smtp

import "strings"

// Default is the code and text of a reply for which a script gives none
// (hooks.md 1.4). In Text, %h stands for the host name and %t for the
// transaction id.
type Default struct {
	Code     int
	Enhanced [3]int
	Text     string
}

// DefaultAction names a column of the table of defaults.
type DefaultAction string

// The columns.
const (
	OnAccept DefaultAction = "Accept"
	OnReject DefaultAction = "Reject"
	OnDefer  DefaultAction = "Defer"
)

// Defaults holds the replies of the inbound hooks by phase name and action.
// Banner and greeting replies carry no enhanced code; connect's Defer has it
// inside its text.
var Defaults = map[string]map[DefaultAction]Default{
	"connect": {
		OnAccept: {220, [3]int{}, "%h ESMTP"},
		OnReject: {521, [3]int{}, "%h does not accept mail from you"},
		OnDefer:  {421, [3]int{}, "4.3.2 Service temporarily unavailable"},
	},
	"helo": {
		OnAccept: {250, [3]int{}, "%h"},
		OnReject: {554, [3]int{}, "HELO rejected"},
		OnDefer:  {450, [3]int{}, "HELO temporarily rejected"},
	},
	"auth": {
		OnAccept: {235, [3]int{2, 7, 0}, "Authentication successful"},
		OnReject: {535, [3]int{5, 7, 8}, "Authentication credentials invalid"},
		OnDefer:  {454, [3]int{4, 7, 0}, "Temporary authentication failure"},
	},
	"mailfrom": {
		OnAccept: {250, [3]int{2, 1, 0}, "Ok"},
		OnReject: {554, [3]int{5, 7, 1}, "Sender rejected"},
		OnDefer:  {450, [3]int{4, 7, 1}, "Sender temporarily rejected"},
	},
	"rcptto": {
		OnAccept: {250, [3]int{2, 1, 5}, "Ok"},
		OnReject: {554, [3]int{5, 7, 1}, "Recipient rejected"},
		OnDefer:  {450, [3]int{4, 7, 1}, "Recipient temporarily rejected"},
	},
	"eod": {
		OnAccept: {250, [3]int{2, 0, 0}, "Ok: queued as %t"},
		OnReject: {550, [3]int{5, 7, 1}, "Message rejected"},
		OnDefer:  {421, [3]int{4, 3, 0}, "Message temporarily rejected"},
	},
}

// DefaultReply returns the default reply of phase and action with host and
// transaction put in, and false when the table has none.
func DefaultReply(phase string, action DefaultAction, host, transaction string) (Reply, bool) {
	d, ok := Defaults[phase][action]
	if !ok {
		return Reply{}, false
	}
	return Reply{Code: d.Code, Enhanced: d.Enhanced, Lines: []string{d.Expand(host, transaction)}}, true
}

// Expand returns the text with %h and %t replaced.
func (d Default) Expand(host, transaction string) string {
	if !strings.Contains(d.Text, "%") {
		return d.Text
	}
	out := make([]byte, 0, len(d.Text)+len(host)+len(transaction))
	for i := 0; i < len(d.Text); i++ {
		if d.Text[i] == '%' && i+1 < len(d.Text) {
			switch d.Text[i+1] {
			case 'h':
				out = append(out, host...)
				i++
				continue
			case 't':
				out = append(out, transaction...)
				i++
				continue
			}
		}
		out = append(out, d.Text[i])
	}
	return string(out)
}
