package queue

import (
	"net/netip"
	"time"
)

// Service is the key of the Server in Host.Services, ConnectionService that of a
// Connections.
const (
	Service           = "queue"
	ConnectionService = "connections"
)

// Connections counts the open inbound connections of a server from a network, from
// everywhere when it is not valid; ok is false for an unknown server.
type Connections func(server string, from netip.Prefix) (n int, ok bool)

// Fields are the names that conditions and suspensions match on.
var Fields = []string{"tenantid", "jobid", "transportid", "localip", "grouping", "remoteip", "remotemx", "recipientdomain"}

// Server is what a queue does for the functions.
type Server interface {
	// Suspend and Policy report false when the server refuses: an unknown field set
	// or list, or a bad pattern.
	Suspend(s Suspension) (id string, added, ok bool)
	Policy(p Policy) (id string, added, ok bool)
	// DeletePolicy reports whether there was a dynamic condition of the id.
	DeletePolicy(id string) bool
	Quota(name string) (count, bytes int64)
}

// Match is one field and the pattern that its value must fit.
type Match struct{ Field, Pattern string }

// Suspension stops the pickup of messages.
type Suspension struct {
	Match      []Match
	TTL        time.Duration // 0: until it is removed
	ID, Tag    string
	Update     bool // one with equal fields gets the new ttl
	Properties map[string]any
}

// Policy is a dynamic condition of the policy with these fields.
type Policy struct {
	Fields          []string
	If              []Match
	Concurrency     *int // nil: not given, as the others
	Rate            *Rate
	ConnectInterval *time.Duration
	Tag             string
	Properties      map[string]any
	Stop, Cluster   bool
	TTL             time.Duration // 0: until it is removed
	ID, Type        string
	Update          bool
}

// Rate is a number of deliveries in a time.
type Rate struct {
	Count     float64 // 1 or more
	Interval  time.Duration
	Algorithm string // "", fixedwindow or tokenbucket
}
