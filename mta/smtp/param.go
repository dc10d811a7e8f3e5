package smtp

// Param is one ESMTP parameter of MAIL FROM or RCPT TO (RFC 5321 section
// 4.1.2): the keyword in upper case and the undecoded value, "" when the
// parameter has none.
type Param struct{ Key, Value string }

// Params keeps parameters in the order given.
type Params []Param

// Get returns the value of key (upper case) and whether it is present.
func (p Params) Get(key string) (string, bool) {
	for _, q := range p {
		if q.Key == key {
			return q.Value, true
		}
	}
	return "", false
}
