package module

import (
	"errors"
	"io/fs"
	"os"
)

// Dir returns the files below a folder on disk. They are opened through os.Root: a
// link that leads out of the folder is an error, one inside it is followed. The folder
// is looked up at each call, so it need not exist yet and may be replaced meanwhile,
// and nothing stays open that would have to be closed.
func Dir(path string) fs.FS { return dir(path) }

type dir string

var _ fs.StatFS = dir("")

// Open implements fs.FS.
func (d dir) Open(name string) (fs.File, error) {
	f, err := within(d, "open", name, (*os.Root).Open)
	if err != nil {
		return nil, err // not a nil *os.File in an interface
	}
	return f, nil
}

// Stat implements fs.StatFS: what is no file must not be opened.
func (d dir) Stat(name string) (fs.FileInfo, error) { return within(d, "stat", name, (*os.Root).Stat) }

func within[T any](d dir, op, name string, get func(*os.Root, string) (T, error)) (T, error) {
	var none T
	if !fs.ValidPath(name) {
		return none, &fs.PathError{Op: op, Path: name, Err: fs.ErrInvalid}
	}
	r, err := os.OpenRoot(string(d))
	if err != nil {
		return none, err
	}
	defer r.Close()
	x, err := get(r, name)
	var pe *fs.PathError
	if errors.As(err, &pe) && pe.Err.Error() == escapes {
		err = &fs.PathError{Op: op, Path: name, Err: errLink}
	}
	return x, err
}

// escapes is the text of an error that package os does not export.
const escapes = "path escapes from parent"

var errLink = errors.New("a link leads out of the script folder")
