package reload

import (
	"context"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/fsnotify/fsnotify"
)

// Defaults of a Watcher.
const (
	Debounce = 100 * time.Millisecond
	Rescan   = 10 * time.Second
)

// maxDirs bounds the folders that are watched.
const maxDirs = 10_000

// Watcher calls Build after changes below folders.
type Watcher struct {
	Dirs     []string // with everything below them; missing ones are looked for again
	Build    func(ctx context.Context)
	Now      <-chan struct{} // builds at once; nil: never
	Debounce time.Duration   // 0: Debounce
	Rescan   time.Duration   // 0: Rescan
	Logger   *slog.Logger
}

// Run watches until ctx ends.
func (w *Watcher) Run(ctx context.Context) error {
	debounce, rescan := w.Debounce, w.Rescan
	if debounce == 0 {
		debounce = Debounce
	}
	if rescan == 0 {
		rescan = Rescan
	}
	var events <-chan fsnotify.Event
	var errs <-chan error
	n, err := fsnotify.NewWatcher()
	if err != nil {
		// Without events the rescan still finds changes.
		w.Logger.Warn("watch files", "err", err)
	} else {
		defer n.Close()
		events, errs = n.Events, n.Errors
		w.add(n)
	}
	quiet := time.NewTimer(time.Hour)
	quiet.Stop()
	tick := time.NewTicker(rescan)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case _, ok := <-events:
			if !ok {
				events = nil
				continue
			}
			quiet.Reset(debounce)
			continue
		case err := <-errs:
			// An overflow loses events: look at everything.
			w.Logger.Warn("watch files", "err", err)
			quiet.Reset(debounce)
			continue
		case <-quiet.C:
		case <-w.Now:
		case <-tick.C:
		}
		if n != nil {
			w.add(n)
		}
		w.Build(ctx)
	}
}

// add watches every folder that is there now; those watched already are kept.
func (w *Watcher) add(n *fsnotify.Watcher) {
	count := 0
	for _, dir := range w.Dirs {
		real, err := filepath.EvalSymlinks(dir)
		if err != nil {
			continue
		}
		for _, d := range []string{filepath.Dir(dir), real} {
			_ = filepath.WalkDir(d, func(path string, e fs.DirEntry, err error) error {
				switch {
				case err != nil || count > maxDirs:
					return fs.SkipAll
				case !e.IsDir():
					return nil
				}
				count++
				if err := n.Add(path); err != nil && !os.IsNotExist(err) {
					w.Logger.Warn("watch folder", "path", path, "err", err)
				}
				if path == d && d != real {
					return fs.SkipAll // of the parent only its own entries count
				}
				return nil
			})
		}
	}
}
