//go:build linux && cgo

package native

/*
#include "host.h"
*/
import "C"

import (
	"slices"
	"time"
	"unsafe"

	"github.com/hawser-mta/hawser/mta/config"
	"github.com/hawser-mta/hawser/mta/policy"
)

// maxTag bounds tags, in bytes (spec mta 8.1).
const maxTag = 32

// given are the values of a suspension or condition, in the order of fieldBits; NULL is
// one that is not given. Several functions have the first of them only.
func given(values ...C.ctext) config.Match {
	var out config.Match
	for i, v := range values {
		if v != nil {
			out = append(out, config.FieldMatch{Field: fieldBits[i].String(), Patterns: []string{textOf(v)}})
		}
	}
	return out
}

// lifetime is a ttl in seconds, 0 for ever; ok is false for what is no time.
func lifetime(seconds C.double) (d time.Duration, ok bool) {
	const longest = 1e9
	return time.Duration(min(float64(seconds), longest) * float64(time.Second)), seconds >= 0
}

// properties are texts by their names, which stand before them; ok is false for half a
// pair.
func properties(list *C.ctext, n C.size_t) (out map[string]any, ok bool) {
	if list == nil || n == 0 {
		return nil, n == 0
	}
	out = map[string]any{}
	for pair := range slices.Chunk(unsafe.Slice(list, int(n)), 2) {
		if len(pair) < 2 || pair[0] == nil || pair[1] == nil {
			return nil, false
		}
		out[textOf(pair[0])] = textOf(pair[1])
	}
	return out, true
}

// suspend adds a suspension and returns its id, which the caller frees; NULL when it
// cannot be.
func suspend(id C.ctext, match config.Match, tag C.ctext, propv *C.ctext, propl C.size_t, ttl C.double) *C.char {
	q, attached := server()
	x := policy.Suspension{ID: textOf(id), Tag: textOf(tag), If: match}
	var ok1, ok2 bool
	x.TTL, ok1 = lifetime(ttl)
	x.Properties, ok2 = properties(propv, propl)
	if !attached || !ok1 || !ok2 || len(x.Tag) > maxTag {
		return nil
	}
	return owned(q.Suspend(x))
}

// owned is an id for a caller who frees it.
func owned(id string, ok bool) *C.char {
	if !ok {
		return nil
	}
	return C.CString(id)
}

//export HalonMTA_queue_suspend_add
func HalonMTA_queue_suspend_add(transportid, localip, remoteip, remotemx, recipientdomain, jobid, tag C.ctext, ttl C.double) *C.char {
	return suspend(nil, given(transportid, localip, remoteip, remotemx, recipientdomain, jobid), tag, nil, 0, ttl)
}

//export HalonMTA_queue_suspend_add2
func HalonMTA_queue_suspend_add2(transportid, localip, remoteip, remotemx, recipientdomain, jobid, grouping, tag C.ctext, ttl C.double) *C.char {
	return suspend(nil, given(transportid, localip, remoteip, remotemx, recipientdomain, jobid, grouping), tag, nil, 0, ttl)
}

//export HalonMTA_queue_suspend_add5
func HalonMTA_queue_suspend_add5(id, transportid, localip, remoteip, remotemx, recipientdomain, jobid, grouping, tenantid, tag C.ctext, propv *C.ctext, propl C.size_t, ttl C.double) *C.char {
	return suspend(id, given(transportid, localip, remoteip, remotemx, recipientdomain, jobid, grouping, tenantid), tag, propv, propl, ttl)
}

//export HalonMTA_queue_suspend_delete
func HalonMTA_queue_suspend_delete(id C.ctext) C.bool {
	q, ok := server()
	return C.bool(ok && q.Resume(textOf(id)))
}

// limits are what a condition demands. Numbers of 0 are no such limit.
type limits struct {
	concurrency, count          C.size_t
	interval                    C.double
	algorithm                   C.int
	connectinterval             C.double
	tag                         C.ctext
	propv                       *C.ctext
	propl                       C.size_t
	stop, cluster               C.bool
	ttl                         C.double
	keepAlgorithm, keepInterval bool // of an update: as they are
	keepStop, keepCluster       bool
}

// apply puts the limits into a condition; ok is false when something is wrong with them.
func (l *limits) apply(d *policy.Condition) (ok bool) {
	const most = 1e9 // as in the file
	x := config.PolicyAction{
		Tag: textOf(l.tag), Algorithm: d.Then.Algorithm, ConnectInterval: d.Then.ConnectInterval, Stop: d.Then.Stop, Cluster: d.Then.Cluster,
	}
	if l.concurrency > 0 {
		x.Concurrency = new(int(min(l.concurrency, most)))
	}
	if l.count > 0 {
		if !(l.interval > 0 && l.interval <= most) {
			return false
		}
		x.Rate = &config.Rate{Count: float64(min(l.count, most)), Interval: time.Duration(float64(l.interval) * float64(time.Second))}
	}
	if !l.keepAlgorithm {
		algorithm := map[C.int]string{C.HALONMTA_RATE_ALGORITHM_FIXEDWINDOW: "fixedwindow", C.HALONMTA_RATE_ALGORITHM_TOKENBUCKET: "tokenbucket"}
		if x.Algorithm = algorithm[l.algorithm]; x.Algorithm == "" && l.algorithm != C.HALONMTA_RATE_ALGORITHM_DEFAULT {
			return false
		}
	}
	var fine bool
	if !l.keepInterval {
		wait, sound := lifetime(l.connectinterval)
		if !sound {
			return false
		}
		if x.ConnectInterval = nil; wait > 0 {
			x.ConnectInterval = &wait
		}
	}
	if !l.keepStop {
		x.Stop = only(bool(l.stop))
	}
	if !l.keepCluster {
		x.Cluster = new(bool(l.cluster))
	}
	if x.Properties, fine = properties(l.propv, l.propl); !fine || len(x.Tag) > maxTag {
		return false
	}
	ttl, fine := lifetime(l.ttl)
	if !fine {
		return false
	}
	d.Then, d.TTL = x, ttl
	return true
}

// only is a pointer to true, nil for false.
func only(b bool) *bool {
	if !b {
		return nil
	}
	return &b
}

// add adds a condition and returns its id, which the caller frees; NULL when it cannot be.
func (l *limits) add(id C.ctext, bits, kind C.int, match config.Match) *C.char {
	q, attached := server()
	types := map[C.int]string{C.HALONMTA_POLICY_TYPE_DYNAMIC: "dynamic", C.HALONMTA_POLICY_TYPE_WARMUP: "warmup", C.HALONMTA_POLICY_TYPE_BACKOFF: "backoff"}
	d := policy.Condition{ID: textOf(id), Type: types[kind], If: match}
	var ok bool
	if d.Fields, ok = fieldsOf(bits); !ok || !attached || d.Type == "" || !l.apply(&d) {
		return nil
	}
	return owned(q.AddCondition(d))
}

// change changes a condition.
func (l *limits) change(id C.ctext) C.bool {
	q, attached := server()
	return C.bool(attached && q.ChangeCondition(textOf(id), l.apply))
}

//export HalonMTA_queue_policy_add
func HalonMTA_queue_policy_add(fields C.int, transportid, localip, remoteip, remotemx, recipientdomain, jobid C.ctext, concurrency, count C.size_t, interval C.double, tag C.ctext, ttl C.double) *C.char {
	l := limits{concurrency: concurrency, count: count, interval: interval, tag: tag, keepCluster: true, ttl: ttl}
	return l.add(nil, fields, C.HALONMTA_POLICY_TYPE_DYNAMIC, given(transportid, localip, remoteip, remotemx, recipientdomain, jobid))
}

//export HalonMTA_queue_policy_add3
func HalonMTA_queue_policy_add3(fields C.int, transportid, localip, remoteip, remotemx, recipientdomain, jobid, grouping C.ctext, concurrency, count C.size_t, interval C.double, tag C.ctext, ttl C.double) *C.char {
	l := limits{concurrency: concurrency, count: count, interval: interval, tag: tag, keepCluster: true, ttl: ttl}
	return l.add(nil, fields, C.HALONMTA_POLICY_TYPE_DYNAMIC, given(transportid, localip, remoteip, remotemx, recipientdomain, jobid, grouping))
}

//export HalonMTA_queue_policy_add4
func HalonMTA_queue_policy_add4(fields C.int, transportid, localip, remoteip, remotemx, recipientdomain, jobid, grouping, tenantid C.ctext, concurrency, count C.size_t, interval C.double, tag C.ctext, propv *C.ctext, propl C.size_t, stop C.bool, ttl C.double) *C.char {
	l := limits{concurrency: concurrency, count: count, interval: interval, tag: tag, propv: propv, propl: propl, stop: stop, keepCluster: true, ttl: ttl}
	return l.add(nil, fields, C.HALONMTA_POLICY_TYPE_DYNAMIC, given(transportid, localip, remoteip, remotemx, recipientdomain, jobid, grouping, tenantid))
}

//export HalonMTA_queue_policy_add6
func HalonMTA_queue_policy_add6(id C.ctext, fields, kind C.int, transportid, localip, remoteip, remotemx, recipientdomain, jobid, grouping, tenantid C.ctext, concurrency, count C.size_t, interval C.double, algorithm C.int, connectinterval C.double, tag C.ctext, propv *C.ctext, propl C.size_t, stop, cluster C.bool, ttl C.double) *C.char {
	l := limits{concurrency: concurrency, count: count, interval: interval, algorithm: algorithm, connectinterval: connectinterval,
		tag: tag, propv: propv, propl: propl, stop: stop, cluster: cluster, ttl: ttl}
	return l.add(id, fields, kind, given(transportid, localip, remoteip, remotemx, recipientdomain, jobid, grouping, tenantid))
}

//export HalonMTA_queue_policy_update
func HalonMTA_queue_policy_update(id C.ctext, concurrency, count C.size_t, interval C.double, tag C.ctext, ttl C.double) C.bool {
	return HalonMTA_queue_policy_update2(id, concurrency, count, interval, tag, nil, 0, ttl)
}

//export HalonMTA_queue_policy_update2
func HalonMTA_queue_policy_update2(id C.ctext, concurrency, count C.size_t, interval C.double, tag C.ctext, propv *C.ctext, propl C.size_t, ttl C.double) C.bool {
	l := limits{concurrency: concurrency, count: count, interval: interval, tag: tag, propv: propv, propl: propl, ttl: ttl,
		keepAlgorithm: true, keepInterval: true, keepStop: true, keepCluster: true}
	return l.change(id)
}

//export HalonMTA_queue_policy_update3
func HalonMTA_queue_policy_update3(id C.ctext, concurrency, count C.size_t, interval, connectinterval C.double, tag C.ctext, propv *C.ctext, propl C.size_t, cluster C.bool, ttl C.double) C.bool {
	l := limits{concurrency: concurrency, count: count, interval: interval, connectinterval: connectinterval, tag: tag, propv: propv, propl: propl,
		cluster: cluster, ttl: ttl, keepAlgorithm: true, keepStop: true}
	return l.change(id)
}

//export HalonMTA_queue_policy_update4
func HalonMTA_queue_policy_update4(id C.ctext, concurrency, count C.size_t, interval C.double, algorithm C.int, connectinterval C.double, tag C.ctext, propv *C.ctext, propl C.size_t, stop, cluster C.bool, ttl C.double) C.bool {
	l := limits{concurrency: concurrency, count: count, interval: interval, algorithm: algorithm, connectinterval: connectinterval,
		tag: tag, propv: propv, propl: propl, stop: stop, cluster: cluster, ttl: ttl}
	return l.change(id)
}

//export HalonMTA_queue_policy_delete
func HalonMTA_queue_policy_delete(id C.ctext) C.bool {
	q, ok := server()
	return C.bool(ok && q.DeleteCondition(textOf(id)))
}

//export HalonMTA_queue_policy_divide
func HalonMTA_queue_policy_divide(hosts C.size_t) {
	const most = 1e6
	if q, ok := server(); ok {
		q.Divide(int(min(hosts, most)))
	}
}
