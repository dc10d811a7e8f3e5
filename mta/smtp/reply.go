package smtp

// Reply is one SMTP reply, sent or received (RFC 5321 section 4.2).
type Reply struct {
	Code     int      // 200–599
	Enhanced [3]int   // RFC 3463; the zero array means none
	Lines    []string // texts without codes; at least one
}

// Positive reports a 2xx reply.
func (r Reply) Positive() bool { return r.Code/100 == 2 }

// Temporary reports a 4xx reply.
func (r Reply) Temporary() bool { return r.Code/100 == 4 }

// Permanent reports a 5xx reply.
func (r Reply) Permanent() bool { return r.Code/100 == 5 }

// HasEnhanced reports whether the reply carries an enhanced status code.
func (r Reply) HasEnhanced() bool { return r.Enhanced[0] != 0 }
