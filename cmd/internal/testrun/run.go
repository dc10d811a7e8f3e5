package testrun

import (
	"context"
	"errors"
	"io"
	"maps"
	"sync"
	"time"

	"github.com/hawser-mta/hawser/lang/diag"
	"github.com/hawser-mta/hawser/lang/token"
	"github.com/hawser-mta/hawser/mta/hooktest"
	"github.com/hawser-mta/hawser/runtime/inspect"
	"github.com/hawser-mta/hawser/runtime/vm"
	"github.com/hawser-mta/hawser/stdlib/checks"
)

// Status is how a case ended.
type Status string

// How a case can end.
const (
	Passed  Status = "passed"
	Failed  Status = "failed"
	Skipped Status = "skipped"
)

// Result is the outcome of a case.
type Result struct {
	File, Name string
	Status     Status
	Duration   time.Duration
	Pos        token.Position // of what failed or skipped
	Text, Diff string
	Stack      []vm.Frame
	Logs       []string // echo and syslog of the run
	Bench      *Bench   // of a benchmark
}

// Report is the outcome of a round.
type Report struct {
	Results                 []Result
	Passed, Failed, Skipped int
	Broken                  bool              // a file or a workspace did not compile
	Coverage                *inspect.Coverage // with Runner.Cover
}

// Run runs the cases of the files in their order. each is told of every result,
// in order; diagnostics go to stderr.
func (r *Runner) Run(ctx context.Context, paths []string, stderr io.Writer, each func(Result)) *Report {
	rep := &Report{}
	r.spaces = nil
	var files []*file
	for _, p := range paths {
		f, diags := r.load(ctx, p)
		diag.Text(stderr, diags)
		if f == nil {
			rep.Broken = true
			continue
		}
		files = append(files, f)
	}
	for _, f := range files {
		r.file(ctx, f, func(x Result) {
			switch {
			case x.Status == Failed:
				rep.Failed++
			case x.Status == Skipped:
				rep.Skipped++
			case x.Bench == nil:
				rep.Passed++
			}
			rep.Results = append(rep.Results, x)
			each(x)
		})
	}
	for _, w := range r.spaces {
		if l := w.Faults(); l.Errors() {
			diag.Text(stderr, l)
			rep.Broken = true
		}
	}
	if r.Cover {
		rep.Coverage = r.coverage(files)
	}
	return rep
}

// job is a case that waits for its turn.
type job struct {
	index int
	found checks.Found
}

// file runs the cases of one file.
func (r *Runner) file(ctx context.Context, f *file, done func(Result)) {
	c := &checks.Case{Pick: checks.Collect}
	first := r.run(ctx, f, c, nil)
	if len(c.Found) == 0 || first.Status != Passed {
		first.Name = f.path
		if r.selects(first.Name) {
			done(first)
		}
		return
	}
	var jobs []job
	for i, found := range c.Found {
		if found.Bench && r.Bench != nil && r.Bench.MatchString(found.Name) || !found.Bench && r.selects(found.Name) {
			jobs = append(jobs, job{i, found})
		}
	}
	results := make([]chan Result, len(jobs))
	slots := make(chan struct{}, max(r.Parallel, 1))
	var all sync.WaitGroup
	for i := range jobs {
		results[i] = make(chan Result, 1)
	}
	all.Go(func() {
		for i, j := range jobs {
			slots <- struct{}{}
			all.Go(func() {
				defer func() { <-slots }()
				results[i] <- r.one(ctx, f, j)
			})
		}
	})
	for _, x := range results {
		done(<-x)
	}
	all.Wait()
}

func (r *Runner) selects(name string) bool { return r.Select == nil || r.Select.MatchString(name) }

// one runs one case.
func (r *Runner) one(ctx context.Context, f *file, j job) Result {
	c := &checks.Case{Pick: j.index}
	var res Result
	if j.found.Bench {
		res = r.bench(ctx, f, c)
	} else {
		res = r.run(ctx, f, c, func(t *vm.Thread) error {
			_, err := t.Call(c.Function)
			return err
		})
	}
	res.Name = j.found.Name
	return res
}

// run executes the file and then what it has registered.
func (r *Runner) run(ctx context.Context, f *file, c *checks.Case, then func(*vm.Thread) error) Result {
	res := Result{File: f.path, Status: Passed}
	t := vm.New(f.img, r.host(f, c, &res.Logs), r.Limits)
	for name, v := range r.Globals {
		t.SetGlobal(name, v)
	}
	begin := time.Now()
	_, err := t.Run(ctx)
	c.Closed = true
	if err == nil && then != nil {
		err = then(t)
	}
	res.Duration = time.Since(begin)
	if c.Ended != nil {
		err = c.Ended // also when something on the way has eaten it
	}
	res.judge(err)
	return res
}

// host is that of one run: nothing in it is shared with another one.
func (r *Runner) host(f *file, c *checks.Case, logs *[]string) *vm.Host {
	h := vm.DefaultHost(io.Discard)
	h.Echo = func(_ *vm.Thread, text string) { *logs = append(*logs, text) }
	h.Log = func(_ *vm.Thread, _ int, text string) { *logs = append(*logs, text) }
	h.FFI = r.FFI
	h.Files = f.roots
	maps.Copy(h.Services, r.Services)
	h.Services[checks.Service] = c
	h.Services[hooktest.Service] = f.space
	return h
}

// judge turns the error of a run into the outcome.
func (res *Result) judge(err error) {
	if err == nil {
		return
	}
	res.Status = Failed
	var fail *checks.Failure
	var skip *checks.Skipped
	var thrown *vm.Thrown
	var limit *vm.LimitError
	switch {
	case errors.As(err, &skip):
		res.Status, res.Pos, res.Text = Skipped, skip.Pos, skip.Reason
		return
	case errors.As(err, &fail):
		res.Pos, res.Text, res.Diff, res.Stack = fail.Pos, fail.Text, fail.Diff, fail.Stack
		return
	case errors.As(err, &thrown):
		res.Text, res.Stack = "uncaught exception: "+thrown.Error(), thrown.Stack
	case errors.As(err, &limit):
		res.Text, res.Stack = limit.Text, limit.Stack
	default:
		res.Text = err.Error()
	}
	if own := checks.Own(res.Stack); len(own) > 0 {
		res.Stack = own
	}
	if len(res.Stack) > 0 {
		res.Pos = res.Stack[0].Pos
	}
}
