package smtp

// State names what a reply answered (hooks.md 13): values of result.state and
// reply.state and keys of timeout options.
const (
	StateBanner        = "BANNER"
	StateHelo          = "HELO"
	StateEhlo          = "EHLO"
	StateLhlo          = "LHLO"
	StateStartTLS      = "STARTTLS"
	StateAuthCramMD5   = "AUTH-CRAM-MD5"
	StateAuthPlain     = "AUTH-PLAIN"
	StateAuthLogin     = "AUTH-LOGIN"
	StateAuthLoginUser = "AUTH-LOGIN-USER" // answer to the user name
	StateAuth          = "AUTH"            // answer to the last AUTH line
	StateXclient       = "XCLIENT"
	StateMail          = "MAIL"
	StateRcpt          = "RCPT"
	StateData          = "DATA" // answer to DATA
	StateBdat          = "BDAT"
	StateEOD           = "EOD" // answer to the final dot or BDAT LAST
	StateRset          = "RSET"
	StateNoop          = "NOOP"
	StateQuit          = "QUIT"
)
