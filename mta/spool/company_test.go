package spool_test

import (
	"testing"

	"github.com/hawser-mta/hawser/mta/spool"
)

// TestCompany: a group waits for half of those that wrote at once of late, and who
// writes alone waits for nobody, soon after others have left.
func TestCompany(t *testing.T) {
	t.Parallel()
	var c spool.Company
	if n := c.Least(); n != 1 {
		t.Errorf("without anybody a group waits for %d", n)
	}
	for range 20 {
		c.Come()
	}
	if n := c.Least(); n != 10 {
		t.Errorf("among 20 a group waits for %d, want 10", n)
	}
	c.Gone(20)
	held := 0
	for c.Come(); c.Least() > 1; held++ {
		c.Alone()
	}
	if c.Gone(1); held == 0 || held > 8 {
		t.Errorf("%d groups were held back for nothing", held)
	}
	for range 20 {
		c.Come()
	}
	c.Gone(20)
	for range 2 * 64 { // nothing is held back, but the count begins anew
		c.Come()
		c.Gone(1)
	}
	if n := c.Least(); n != 1 {
		t.Errorf("long after the others a group waits for %d", n)
	}
}
