package control

// Conditions choose units of the queue (spec mta 15.1 and 15.3). Entries of one list
// are alternatives; lists that are given must all hold. The zero value chooses all.
type Conditions struct {
	TransportIDs     []Value   `json:"transportids,omitempty"`
	JobIDs           []Value   `json:"jobids,omitempty"`
	TenantIDs        []Value   `json:"tenantids,omitempty"`
	SenderDomains    []Value   `json:"senderdomains,omitempty"`    // example.org or *.example.org
	RecipientDomains []Value   `json:"recipientdomains,omitempty"` // likewise
	Senders          []Mailbox `json:"senders,omitempty"`
	Recipients       []Mailbox `json:"recipients,omitempty"`
	LocalIPs         []Value   `json:"localips,omitempty"`  // address or network; of active units
	RemoteIPs        []Value   `json:"remoteips,omitempty"` // likewise
	SenderIPs        []Value   `json:"senderips,omitempty"` // of the client that handed the message in
	RemoteMXs        []Value   `json:"remotemxs,omitempty"` // as domains; of active units
	Groupings        []Value   `json:"groupings,omitempty"` // of active units
	IDs              []ID      `json:"ids,omitempty"`
	Queues           []State   `json:"queues,omitempty"`
	RetryCounts      []Number  `json:"retrycounts,omitempty"`
	RetryDelays      []Number  `json:"retrydelays,omitempty"` // seconds until the unit is due
	Ages             []Number  `json:"ages,omitempty"`        // seconds
	Sizes            []Number  `json:"sizes,omitempty"`       // bytes
	Priorities       []Number  `json:"priorities,omitempty"`
	TSs              []Moment  `json:"tss,omitempty"`
	Metadata         []Pair    `json:"metadata,omitempty"`
}

// Value is one text.
type Value struct {
	Value string `json:"value"`
}

// Mailbox is an address or a part of it; what is missing fits all. A local part is
// exact, or ~TEXT that it contains in any case, or /REGEX/ with flags.
type Mailbox struct {
	LocalPart *Value `json:"localpart,omitempty"`
	Domain    *Value `json:"domain,omitempty"`
}

// ID names a unit, or with queue 0 all units of a transaction.
type ID struct {
	Transaction string `json:"transaction"`
	Queue       int    `json:"queue,omitempty"`
}

// State is one of ACTIVE, DEFER, SENDING, UNKNOWN, HOLD, UPDATE and INCOMING, which is
// UNKNOWN before the first predelivery.
type State struct {
	Queue string `json:"queue"`
}

// Number compares: with = < <= > >= to a value, with .. to a range that both ends
// belong to. No operator means =.
type Number struct {
	Operator string  `json:"operator,omitempty"`
	Value    float64 `json:"value"`
	To       float64 `json:"to,omitempty"` // with ..
}

// Moment is Number for points in time in the form of ISO 8601: a date, or date and
// time with or without a zone (UTC).
type Moment struct {
	Operator string `json:"operator,omitempty"`
	Value    string `json:"value"`
	To       string `json:"to,omitempty"` // with ..
}

// Pair is one value of the metadata.
type Pair struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}
