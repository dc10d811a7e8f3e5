package delivery

import (
	"github.com/hawser-mta/hawser/mta/dane"
	"github.com/hawser-mta/hawser/mta/hook"
)

// tlsa is what DNS says about the certificate of a host, for scripts. nil: DANE was not
// asked for.
type tlsa struct {
	records []hook.TLSA
	failed  bool
	report  string // RFC 8460 result type of the records, or of the failure; "" without
}

// findings keeps what was found about a host.
func findings(p *dane.Policy, report string) *tlsa {
	x := &tlsa{failed: p.Failed, report: report}
	for _, r := range p.Records {
		x.records = append(x.records, hook.TLSA{
			Usage: int(r.Usage), Selector: int(r.Selector), MatchingType: int(r.MatchingType), Data: r.Certificate,
		})
	}
	return x
}

// put adds the findings to the facts of a connection.
func (x *tlsa) put(c *hook.AttemptConn) {
	if x == nil {
		return
	}
	c.TLSA, c.TLSAFailed = x.records, x.failed
	if c.Report == "" {
		c.Report = x.report
	}
}
