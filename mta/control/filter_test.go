package control

import (
	"encoding/json"
	"math"
	"testing"
	"time"

	"github.com/hawser-mta/hawser/mta/address"
	"github.com/hawser-mta/hawser/mta/queue"
	"github.com/hawser-mta/hawser/mta/spool"
)

// TestFilter asks about one unit, in the JSON of spec mta 15.3.
func TestFilter(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)
	it := &queue.Item{State: queue.Deferred, Due: now.Add(90 * time.Second), Unit: &spool.Unit{
		Transaction: "tx", Queue: 2, Sender: address.Address{Local: "Ann", Domain: "bücher.example"}, Recipient: address.Address{Local: "bob", Domain: "Mail.Example"},
		Size: 1000, Retry: 4, Priority: 1, Received: time.Date(2026, 3, 4, 11, 0, 30, 500, time.UTC), RemoteIP: "2001:db8::1", Metadata: map[string]string{"e": ""},
	}}
	for in, want := range map[string]bool{
		`{}`: true,
		`{"senders":[{"localpart":{"value":"Ann"},"domain":{"value":"xn--bcher-kva.EXAMPLE"}}]}`: true,
		`{"senders":[{"localpart":{"value":"ann"}}]}`:                                            false,
		`{"senders":[{"localpart":{"value":"~ANN"}}]}`:                                           true,
		`{"senders":[{}]}`: true,
		`{"recipientdomains":[{"value":"*.example"}]}`:                                 true,
		`{"recipientdomains":[{"value":"*.exam"}]}`:                                    false,
		`{"recipientdomains":[{"value":"example"}]}`:                                   false,
		`{"queues":[{"queue":"defer"}]}`:                                               true,
		`{"queues":[{"queue":"HOLD"},{"queue":"DEFER"}]}`:                              true,
		`{"ids":[{"transaction":"tx","queue":2}]}`:                                     true,
		`{"ids":[{"transaction":"tx"}]}`:                                               true,
		`{"ids":[{"transaction":"tx","queue":1}]}`:                                     false,
		`{"ages":[{"operator":"=","value":3570}]}`:                                     false,
		`{"ages":[{"operator":"..","value":3569,"to":3570}]}`:                          true,
		`{"sizes":[{"value":1000}]}`:                                                   true,
		`{"sizes":[{"operator":">","value":1000}]}`:                                    false,
		`{"sizes":[{"operator":">=","value":1000}]}`:                                   true,
		`{"sizes":[{"operator":"<","value":1000}]}`:                                    false,
		`{"sizes":[{"operator":"<=","value":1000}]}`:                                   true,
		`{"sizes":[{"value":1},{"value":1000}]}`:                                       true,
		`{"sizes":[{"value":1000}],"retrycounts":[{"value":5}]}`:                       false,
		`{"retrycounts":[{"operator":">","value":3}]}`:                                 true,
		`{"retrydelays":[{"value":90}]}`:                                               true,
		`{"priorities":[{"value":1}]}`:                                                 true,
		`{"senderips":[{"value":"2001:db8::/32"}]}`:                                    true,
		`{"senderips":[{"value":"192.0.2.0/24"}]}`:                                     false,
		`{"remoteips":[{"value":"0.0.0.0/0"}]}`:                                        false,
		`{"metadata":[{"key":"e","value":""}]}`:                                        true,
		`{"metadata":[{"key":"f","value":""}]}`:                                        false,
		`{"tss":[{"value":"2026-03-04"}]}`:                                             true,
		`{"tss":[{"value":"2026-03-04T11:00:30Z"}]}`:                                   true,
		`{"tss":[{"value":"2026-03-04T12:00:30+01:00"}]}`:                              true,
		`{"tss":[{"value":"2026-03-04T11:00"}]}`:                                       true,
		`{"tss":[{"operator":">","value":"2026-03-04"}]}`:                              false,
		`{"tss":[{"operator":">=","value":"2026-03-04"}]}`:                             true,
		`{"tss":[{"operator":"<","value":"2026-03-04"}]}`:                              false,
		`{"tss":[{"operator":"<=","value":"2026-03-04"}]}`:                             true,
		`{"tss":[{"operator":"<=","value":"2026-03-03"}]}`:                             false,
		`{"tss":[{"operator":"..","value":"2026-03-01","to":"2026-03-04"}]}`:           true,
		`{"tss":[{"operator":"..","value":"2026-03-04T11:00:31Z","to":"2026-03-05"}]}`: false,
	} {
		var c Conditions
		if err := json.Unmarshal([]byte(in), &c); err != nil {
			t.Fatal(err)
		}
		f, err := c.Filter(now)
		if err != nil {
			t.Errorf("%s: %v", in, err)
			continue
		}
		if got := f.Match(it); got != want {
			t.Errorf("%s: got %v", in, got)
		}
		s := f.Selection()
		if got := (s.Early == nil || s.Early(it)) && (s.Match == nil || s.Match(it)); got != want {
			t.Errorf("%s as a selection: got %v", in, got)
		}
	}
}

func TestFilterFaults(t *testing.T) {
	t.Parallel()
	for want, c := range map[string]Conditions{
		"queues: got 'x', want one of ACTIVE, DEFER, SENDING, UNKNOWN, HOLD, UPDATE, INCOMING": {Queues: []State{{"x"}}},
		"sizes: got operator '!', want one of = < <= > >= ..":                                  {Sizes: []Number{{Operator: "!"}}},
		"sizes: got a range from 2 to 1, want the lower end first":                             {Sizes: []Number{{"..", 2, 1}}},
		"localips: got 'x', want an address or a network such as 192.0.2.0/24":                 {LocalIPs: []Value{{"x"}}},
		"tss: got 'x', want a time such as 2006-01-02T15:04:05Z or a day such as 2006-01-02":   {TSs: []Moment{{Value: "x"}}},
		"senders: bad pattern '/(/': missing ')' at offset 1":                                  {Senders: []Mailbox{{LocalPart: &Value{"/(/"}}}},
	} {
		if _, err := c.Filter(time.Now()); err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	if u := (&Update{Action: "defer", Delay: new(math.NaN())}); true {
		if _, err := u.change(); err == nil {
			t.Error("a delay that is no number is taken")
		}
	}
}
