package config

// Smtpd is smtpd.yaml: what counts at start (spec mta 2).
type Smtpd struct {
	Version     string         `yaml:"version" counts:"live"`
	Servers     []ServerStart  `yaml:"servers" counts:"restart"`
	Environment Environment    `yaml:"environment" counts:"restart"`
	Spool       Spool          `yaml:"spool" counts:"restart"`
	PKI         PKI            `yaml:"pki" counts:"restart"`
	Scripting   ScriptingStart `yaml:"scripting" counts:"restart"`
	HTTP        HTTPClient     `yaml:"http" counts:"restart"`
	Plugins     []PluginStart  `yaml:"plugins" counts:"restart"`
	Monitor     any            `yaml:"monitor" counts:"restart" since:"later"`
	Cluster     any            `yaml:"cluster" counts:"restart" since:"later"`
	Threads     Threads        `yaml:"threads" counts:"restart"`
	Queues      QueuesStart    `yaml:"queues" counts:"restart"`
}

// ServerStart is the part of a server that is bound at start.
type ServerStart struct {
	ID            string        `yaml:"id"`
	Type          string        `yaml:"type"`
	Listeners     []Listener    `yaml:"listeners"`
	ProxyProtocol []string      `yaml:"proxyprotocol" since:"later"` // networks
	Threads       ServerThreads `yaml:"threads"`
}

// Listener is one address.
type Listener struct {
	ID      string `yaml:"id"`
	Address string `yaml:"address"`
	Port    int    `yaml:"port"`
	Path    any    `yaml:"path" since:"later"`
	Backlog any    `yaml:"backlog" since:"later"`
}

// Environment is what the process takes over.
type Environment struct {
	AppConf       string        `yaml:"appconf"`
	PolicyConf    string        `yaml:"policyconf"`
	SuspendConf   string        `yaml:"suspendconf"`
	DeliveryConf  string        `yaml:"deliveryconf"`
	ControlSocket ControlSocket `yaml:"controlsocket"`
	PrivDrop      PrivDrop      `yaml:"privdrop"`
	Umask         string        `yaml:"umask"`
	Rlimit        struct {
		NoFile int `yaml:"nofile"`
	} `yaml:"rlimit"`
	UUID struct {
		Version int `yaml:"version"`
	} `yaml:"uuid"`
	Syslog struct {
		Mask int `yaml:"mask"`
	} `yaml:"syslog"`
	Hostname   string `yaml:"hostname"`
	LicenseKey string `yaml:"licensekey"` // of another product; ignored
}

// Spool says where mail is kept.
type Spool struct {
	Path    string      `yaml:"path"`
	Paths   []SpoolPath `yaml:"paths"`
	FSync   bool        `yaml:"fsync"`
	MinFree struct {
		Bytes  Size `yaml:"bytes"`
		Inodes int  `yaml:"inodes"`
	} `yaml:"minfree"`
	Loader struct {
		Threads int `yaml:"threads"`
	} `yaml:"loader"`
	Corrupt string `yaml:"corrupt"`
}

// SpoolPath is one directory of several.
type SpoolPath struct {
	Path   string `yaml:"path"`
	Weight int    `yaml:"weight"`
}

// PKI holds keys and certificates.
type PKI struct {
	Private []PrivateKey `yaml:"private"`
	CA      []Material   `yaml:"ca"`
}

// PrivateKey is an entry of the key store.
type PrivateKey struct {
	ID          string    `yaml:"id"`
	PrivateKey  *Material `yaml:"privatekey"`
	Certificate *Material `yaml:"certificate"`
}

// Material is a file or its text.
type Material struct {
	Path string `yaml:"path"`
	Data string `yaml:"data"`
}

// HTTPClient bounds http() of scripts (spec stdlib 10).
type HTTPClient struct {
	Concurrency int `yaml:"concurrency"` // calls at a time
}

// ScriptingStart is what scripts may do to the machine.
type ScriptingStart struct {
	RootPath string `yaml:"rootpath"`
	FFI      bool   `yaml:"ffi"`    // functions of C libraries
	Compat   bool   `yaml:"compat"` // legacy names of functions
	Limits   struct {
		Memory Size     `yaml:"memory"`
		Time   Duration `yaml:"time"`
		Steps  int      `yaml:"steps"`
		Stack  int      `yaml:"stack"`
	} `yaml:"limits"`
}
