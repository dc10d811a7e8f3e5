package spool

// company is how many write at once. With much of it a group that has just begun to
// gather is held back until there is half of it: the others are about to come, and what
// a sync costs is shared by more. Its methods need the lock of the journal.
type company struct {
	waiting int // entries that are not on the disk
	most    int // of them at once, of late
	now     int // the same since this count began
	groups  int // since then
}

// counted is after how many groups a count begins anew.
const counted = 64

// come notes an entry.
func (c *company) come() {
	c.waiting++
	c.now = max(c.now, c.waiting)
	c.most = max(c.most, c.now)
}

// gone notes that a group of so many is on the disk.
func (c *company) gone(entries int) {
	c.waiting -= entries
	if c.groups++; c.groups == counted {
		c.most, c.now, c.groups = c.now, c.waiting, 0
	}
}

// alone notes that a group was held back for nothing.
func (c *company) alone() {
	c.most -= (c.most + 3) / 4
	c.now = min(c.now, c.most)
}

// least is how many entries a group waits for.
func (c *company) least() int { return max(1, c.most/2) }
