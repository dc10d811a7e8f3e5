package main

import (
	"os"

	"github.com/alecthomas/kong"
	"github.com/hawser-mta/hawser/cmd/internal/cli"
)

// globals are the flags of every command.
type globals struct {
	Config      string           `short:"c" placeholder:"DIR" help:"Workspace of the server; default: that of the current directory."`
	Socket      string           `placeholder:"PATH" help:"Control socket, a path or HOST:PORT; default: what the workspace says, run/hawserd.sock."`
	URL         string           `name:"url" placeholder:"URL" help:"API service in place of a socket."`
	APIKey      string           `name:"api-key" placeholder:"KEY" help:"Key for --url."`
	JSON        bool             `name:"json" help:"Print answers in JSON."`
	JSONRequest bool             `name:"json-request" help:"Print the request in JSON and send nothing."`
	ShowVersion kong.VersionFlag `name:"version" help:"Print the version."`
}

type grammar struct {
	globals

	Status  statusCmd  `cmd:"" help:"State of the process."`
	Stats   statsCmd   `cmd:"" help:"Counters."`
	Version versionCmd `cmd:"" help:"Versions of this program and of the server."`

	Queue struct {
		List    queueListCmd    `cmd:"" help:"List units, the oldest first."`
		Show    queueShowCmd    `cmd:"" help:"Show everything about units."`
		Top     queueTopCmd     `cmd:"" help:"The greatest groups of units."`
		Summary queueSummaryCmd `cmd:"" help:"Count units in groups."`
		Hold    holdCmd         `cmd:"" help:"Freeze units."`
		Release releaseCmd      `cmd:"" help:"Let frozen units go, at once."`
		Retry   retryCmd        `cmd:"" help:"Make units due now, frozen ones too."`
		Bounce  bounceCmd       `cmd:"" help:"Return units to their senders."`
		Delete  deleteCmd       `cmd:"" help:"Drop units."`
		Update  updateCmd       `cmd:"" help:"Change values of units."`
		Export  exportCmd       `cmd:"" help:"Write a message and its envelope to ID.eml and ID.json."`
		Import  importCmd       `cmd:"" help:"Queue what export wrote."`
		Quota   quotaCmd        `cmd:"" help:"List what quotas hold."`
	} `cmd:"" help:"Look at the queue and change it."`

	Policy struct {
		List   policyListCmd   `cmd:"" help:"List conditions, those of the file and dynamic ones."`
		Add    policyAddCmd    `cmd:"" help:"Add a dynamic condition and print its id."`
		Delete policyDeleteCmd `cmd:"" help:"Delete a dynamic condition."`
		Show   policyShowCmd   `cmd:"" help:"Show what units wait for, or with --explain what limits a destination."`
		Refill policyRefillCmd `cmd:"" help:"Let every rate begin anew."`
	} `cmd:"" help:"How much mail may leave at a time."`

	Suspend struct {
		List   suspendListCmd   `cmd:"" help:"List suspensions."`
		Add    suspendAddCmd    `cmd:"" help:"Suspend what has all fields given and print the id."`
		Delete suspendDeleteCmd `cmd:"" help:"Let mail go again."`
	} `cmd:"" help:"Mail that stays in the queue."`

	Hsl struct {
		Status hslStatusCmd `cmd:"" help:"Loaded scripts, their version and the last error."`
		Reload hslReloadCmd `cmd:"" help:"Load scripts and smtpd-app.yaml anew."`
		Memory memoryCmd    `cmd:"" help:"Values that scripts share."`
		Cache  cacheCmd     `cmd:"" help:"Results that scripts keep."`
		Rate   rateCmd      `cmd:"" help:"What rate() of scripts has counted."`
	} `cmd:"" help:"Scripts."`

	Cfg struct {
		Reload configReloadCmd `cmd:"" help:"Load the files anew."`
		Check  configCheckCmd  `cmd:"" help:"Check the files as they are on disk."`
		Show   configShowCmd   `cmd:"" help:"Show the running files."`
	} `cmd:"" name:"config" help:"Configuration."`

	Resolver struct {
		Query  resolverQueryCmd  `cmd:"" help:"Ask as the server does."`
		Clear  resolverClearCmd  `cmd:"" help:"Forget cached DNS answers."`
		Reload resolverReloadCmd `cmd:"" help:"Read the name servers anew."`
	} `cmd:"" help:"DNS."`

	Log struct {
		Level logLevelCmd `cmd:"" help:"Set the least level that is logged."`
	} `cmd:"" help:"Logging."`

	Plugin struct {
		Command pluginCommandCmd `cmd:"" help:"Run a command of a plugin and print its output."`
	} `cmd:"" help:"Plugins."`

	Trace    traceCmd    `cmd:"" help:"Follow chosen sessions live."`
	Drain    drainCmd    `cmd:"" help:"Accept no more mail, but go on delivering."`
	Shutdown shutdownCmd `cmd:"" help:"Stop the server as SIGTERM does."`
}

func main() {
	g := &grammar{}
	a := &app{g: &g.globals, out: os.Stdout, err: os.Stderr}
	defer a.close()
	os.Exit(cli.Main("hawserctl", "Control of a running Hawser mail server.", g, os.Args[1:], os.Stderr, a))
}
