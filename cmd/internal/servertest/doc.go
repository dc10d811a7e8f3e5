// Package servertest runs real programs of this module for the tests of others: a
// hawserd with a workspace of its own, and next hops that keep what they get.
//
//	func TestMain(m *testing.M) { servertest.Main(m, "hawserd") }
//
//	next := servertest.NewHop(t)
//	s := servertest.New(t)
//	s.Files(map[string]string{"config/smtpd.yaml": …})
//	s.Start()
//	s.MustSend("a@x.test", "b@y.test", "Subject: x\r\n\r\nbody\r\n")
//	mails := next.Wait(t, 1)
//	s.Stop()
//
// Everything ends with the test. Waits give up after a minute.
package servertest
