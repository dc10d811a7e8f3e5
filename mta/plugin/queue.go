package plugin

import "github.com/hawser-mta/hawser/mta/policy"

// Queue is what plugins can say to the queue of the server (spec plugin 6.3 and 6.4). It
// can be called from any goroutine, but not while a plugin is asked about a unit.
type Queue interface {
	// Suspend adds a suspension, or renews the one with its id or its fields. It returns
	// the id in force; ok is false when something is wrong with it.
	Suspend(policy.Suspension) (id string, ok bool)
	// Resume removes a suspension and reports whether it was there.
	Resume(id string) bool
	// AddCondition adds a dynamic condition as Suspend does a suspension.
	AddCondition(policy.Condition) (id string, ok bool)
	// ChangeCondition changes what a dynamic condition demands and how long it lasts, unless
	// change returns false. It reports whether it did.
	ChangeCondition(id string, change func(*policy.Condition) bool) bool
	// DeleteCondition removes a dynamic condition and reports whether it was there.
	DeleteCondition(id string) bool
	// Divide makes every policy give the server only its share of one that several hosts
	// have; 0 and 1 take that back.
	Divide(hosts int)

	// AddList makes a list that @NAME in patterns of a field stands for, AddItem and
	// DeleteItem change one of a plugin. They report whether that could be. Nothing counts
	// before ReloadLists of the list; an empty field or name means all.
	AddList(field, name string) bool
	AddItem(field, name, item string) bool
	DeleteItem(field, name, item string) bool
	ReloadLists(field, name string) bool
}
