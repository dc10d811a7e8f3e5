package config

// ControlSocket is where control programs reach the server (spec mta 2.2): a Unix
// socket, or a TCP one when Port is given.
type ControlSocket struct {
	Path    string     `yaml:"path"` // relative to the workspace
	Port    int        `yaml:"port"`
	Address string     `yaml:"address"` // with Port; empty: all
	Group   string     `yaml:"group"`   // owner of Path; empty: that of the process
	Chmod   string     `yaml:"chmod"`   // of Path, octal
	TLS     ControlTLS `yaml:"tls"`     // with Port
}

// ControlTLS holds both sides of a control socket with TLS.
type ControlTLS struct {
	Server struct {
		Certificate *Material `yaml:"certificate"` // nil: no TLS
		PrivateKey  *Material `yaml:"privatekey"`
		ClientCA    *Material `yaml:"clientca"` // clients need a certificate of it
	} `yaml:"server"`
	Client struct {
		Certificate *Material `yaml:"certificate"`
		PrivateKey  *Material `yaml:"privatekey"`
		Verify      bool      `yaml:"verify"`
		VerifyName  string    `yaml:"verifyname"` // empty: the host that the tool connects to
	} `yaml:"client"`
}
