// Package policy says which units may go now (spec mta 8 and 9). An Engine holds the
// counters of all policies, the dynamic conditions and the suspensions.
//
//	Acquire(waiter) ─┬─► lease: a source address and a place in every counter
//	                 └─► parked on what is in the way: counters, suspensions
//	Release, a clock, a change of conditions ─► pass ─► woken waiters (Woken)
//
// A waiter stands for all units that are alike to policies. It is looked at only
// when it asks or when something it waits for has room, so that parked ones cost
// nothing: waking and picking are O(log n) in counters. Room that a woken waiter was
// told of is promised to it and refused to others, but for those who were woken
// themselves and precede it: with the order of arrival inside a counter this keeps
// anybody from starving, and from waking each other without end.
//
// What applies to a waiter (its resolution: for each source address the policies,
// their effective actions and the counters) is kept until a condition, a suspension
// or the configuration changes.
//
// What is added while the process runs is bounded; package keep brings the suspensions
// (Added) over a restart.
//
// Time is the clock of package time, so that tests run in synctest bubbles. The
// package imports mta/config and runtime/pcre only.
package policy
