package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/hawser-mta/hawser/mta/control"
)

type hslStatusCmd struct{}

// Run shows the scripts.
func (hslStatusCmd) Run(a *app) error {
	return ask(a, 'N', nil, func(s control.ScriptStatus) error {
		var p pairs
		p.add("version", s.Version)
		p.add("generation", strconv.FormatUint(s.Generation, 10))
		p.add("loaded", s.Loaded.Format(time.RFC3339))
		p.add("scripts", strings.Join(s.Scripts, " "))
		p.add("files", strings.Join(s.Files, " "))
		if err := p.print(a.out); err != nil || s.Error == "" {
			return err
		}
		_, err := fmt.Fprintf(a.out, "\nthe last change was refused, the version above stays:\n%s\n", s.Error)
		return err
	})
}

type hslReloadCmd struct{}

// Run reloads scripts.
func (hslReloadCmd) Run(a *app) error { return a.act('r', nil) }

type memoryCmd struct {
	List   memoryListCmd   `cmd:"" help:"List keys."`
	Get    memoryGetCmd    `cmd:"" help:"Print a value in JSON."`
	Set    memorySetCmd    `cmd:"" help:"Store a value."`
	Delete memoryDeleteCmd `cmd:"" help:"Remove a key."`
}

type memoryListCmd struct{}

// Run lists keys.
func (memoryListCmd) Run(a *app) error {
	return ask(a, 'y', control.ReadMemory{}, func(list []control.Stored) error {
		for _, x := range list {
			if _, err := fmt.Fprintln(a.out, clean(x.Key)); err != nil {
				return err
			}
		}
		return nil
	})
}

type memoryGetCmd struct {
	Key string `arg:""`
}

// Run prints a value.
func (c *memoryGetCmd) Run(a *app) error {
	return ask(a, 'y', control.ReadMemory{Key: &c.Key}, func(x control.Stored) error {
		_, err := fmt.Fprintf(a.out, "%s\n", x.Value)
		return err
	})
}

type memorySetCmd struct {
	Key   string `arg:""`
	Value string `arg:"" help:"In JSON."`
}

// Run stores a value.
func (c *memorySetCmd) Run(a *app) error {
	in := control.Stored{Key: c.Key}
	if err := object("value", c.Value, &in.Value); err != nil {
		return err
	}
	return a.act('z', in)
}

type memoryDeleteCmd struct {
	Key string `arg:""`
}

// Run removes a key.
func (c *memoryDeleteCmd) Run(a *app) error { return a.act('A', control.DeleteMemory{Key: c.Key}) }

type cacheCmd struct {
	List  cacheListCmd  `cmd:"" help:"List what is kept, by function."`
	Clear cacheClearCmd `cmd:"" help:"Forget everything."`
}

type cacheListCmd struct{}

// Run lists caches.
func (cacheListCmd) Run(a *app) error {
	return ask(a, 'g', nil, func(list []control.Cache) error {
		t := newTable("NAMESPACE", "FUNCTION", "SIZE>", "MAX>", "HITS>", "MISSES>", "EVICTIONS>")
		for _, c := range list {
			t.add(c.Namespace, c.Function, strconv.Itoa(c.Size), strconv.Itoa(c.Max), strconv.Itoa(c.Hits), strconv.Itoa(c.Misses), strconv.Itoa(c.Evictions))
		}
		return t.print(a.out)
	})
}

type cacheClearCmd struct{}

// Run clears caches.
func (cacheClearCmd) Run(a *app) error { return a.act('h', nil) }

type rateCmd struct {
	List  rateListCmd  `cmd:"" help:"List entries with hits."`
	Clear rateClearCmd `cmd:"" help:"Forget hits."`
}

type rateListCmd struct{}

// Run lists rates.
func (rateListCmd) Run(a *app) error {
	return ask(a, 'i', nil, func(list []control.Rate) error {
		t := newTable("NAMESPACE", "ENTRY", "HITS>", "WINDOW>", "LAST>")
		for _, r := range list {
			last := ""
			if r.Last != nil {
				last = span(time.Since(*r.Last))
			}
			t.add(r.Namespace, r.Entry, strconv.Itoa(r.Hits), left(r.Window), last)
		}
		return t.print(a.out)
	})
}

type rateClearCmd struct {
	Namespace string `arg:"" optional:"" help:"All entries of it; default: of all."`
	Entry     string `arg:"" optional:"" help:"One entry of it."`
}

// Run clears rates.
func (c *rateClearCmd) Run(a *app) error {
	return a.act('j', control.ClearRates{Namespace: c.Namespace, Entry: c.Entry})
}
