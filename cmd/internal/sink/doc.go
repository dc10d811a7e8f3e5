// Package sink is a receiver of mail that behaves as receivers on the internet do:
// it refuses a share of connections, senders, recipients and messages, answers
// late, limits connections and messages, greylists, and counts all of it. It is
// `hawserbench sink`, and the next hop of tests, in process:
//
//	s, err := sink.New(sink.Options{Seed: 1, Limits: sink.Limits{Client: 2}})
//	err = s.Start(ctx)          // until ctx ends or s.Close
//	… mail to s.Addr() …
//	err = s.Wait(ctx, 100)      // 100 messages are accepted
//	s.Counts().PeakByClient     // totals and peaks
//	list, lost := s.Events()    // what happened when: Peak and Busiest judge it
//
// The server is go-smtp's, so that another implementation than ours judges what
// our client says (design decision 7). What it cannot do stands in front of it: a
// front is the net.Conn that go-smtp is given, and since go-smtp writes each reply
// line in one call, the front can
//   - put a 421 or 554 in the place of the banner;
//   - take keywords out of the answer to EHLO, and add STARTTLS and REQUIRETLS:
//     it does STARTTLS itself, so that it sees the clear text. It looks at lines
//     of the client only until the first MAIL;
//   - refuse DATA: it replaces the 354, hands go-smtp an empty message and drops
//     the reply to it. A client that sends more behind DATA in the same write,
//     against RFC 2920 section 3.1, loses that;
//   - close the connection behind a 421;
//   - count a connection as closed before its 221 or 421 goes out, and a
//     transaction before its last reply, so that a client that waits for replies
//     is never counted twice. One that drops its connection may be, for as long
//     as the kernel takes to tell.
//
// Chance is a function of the seed, the stage and how many draws that stage has
// had: for one seed, the same number of refusals in each run, whatever the order
// of connections.
//
// It may import go-smtp and the standard library, nothing of this module.
package sink
