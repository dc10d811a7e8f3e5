package policy

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/hawser-mta/hawser/mta/config"
)

// Field is one of the values that policies look at (spec mta 8.2).
type Field uint8

// The fields, in the order of config.Fields.
const (
	TenantID Field = iota
	JobID
	TransportID
	LocalIP
	Grouping
	RemoteIP
	RemoteMX
	RecipientDomain
	fields
)

// String returns the name that configuration and scripts use.
func (f Field) String() string { return config.Fields[f] }

// FieldOf returns the field of a name.
func FieldOf(name string) (Field, bool) {
	i := slices.Index(config.Fields, name)
	return Field(max(i, 0)), i >= 0
}

// domain reports whether values are domains: any case is alike.
func (f Field) domain() bool { return f == Grouping || f == RemoteMX || f == RecipientDomain }

// address reports whether values are addresses.
func (f Field) address() bool { return f == LocalIP || f == RemoteIP }

// Facts are the values of one unit. Domains and the grouping are in lower case.
type Facts struct {
	TenantID, JobID, TransportID string
	Grouping                     string // &id, or the default grouping
	RemoteMX, RecipientDomain    string
	RemoteIP                     netip.Addr
}

// Source is one address to send from. Without an IP the system chooses.
type Source struct {
	ID string // of addresses[]; "" for a literal address
	IP netip.Addr
}

// view is what matchers look at: facts, one source and the rollups of one policy.
type view struct {
	*Facts
	source *Source
	roll   [fields]string // "#name" or ""
}

// text returns the value of a field.
func (v *view) text(f Field) string {
	switch f {
	case TenantID:
		return v.TenantID
	case JobID:
		return v.JobID
	case TransportID:
		return v.TransportID
	case Grouping:
		return strings.ToLower(v.Grouping)
	case RemoteMX:
		return v.RemoteMX
	case RecipientDomain:
		return v.RecipientDomain
	}
	if ip := v.ip(f); ip.IsValid() {
		return ip.String()
	}
	return ""
}

func (v *view) ip(f Field) netip.Addr {
	if f == LocalIP {
		return v.source.IP
	}
	return v.RemoteIP
}

// counted returns the value that a counter is told by: the rollup when there is one.
func (v *view) counted(f Field) string {
	if v.roll[f] != "" {
		return v.roll[f]
	}
	return v.text(f)
}

// normal writes a value or an exact pattern as it is compared.
func (f Field) normal(s string) string {
	if f.domain() {
		return strings.ToLower(s)
	}
	return s
}
