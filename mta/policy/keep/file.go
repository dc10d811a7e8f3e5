package keep

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/hawser-mta/hawser/mta/policy"
)

// Names of the file, of the one that is being written, and of one that was damaged.
const (
	fileName    = "suspensions.state"
	newName     = fileName + ".new"
	damagedName = fileName + ".damaged"
)

// maxFile bounds what is read: what the engine takes, with room for how JSON writes it.
const maxFile = 8 * policy.MaxAdded

// read returns the suspensions of the file in a directory and its number, 0 when there is
// no file. After errDamaged and its like the file is set aside.
func read(dir string) (list []suspension, serial uint64, err error) {
	path := filepath.Join(dir, fileName)
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, 0, nil
	}
	if err != nil {
		return nil, 0, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err == nil && len(b) > maxFile {
		err = fmt.Errorf("the file is longer than %d bytes", maxFile)
	}
	if err == nil {
		list, serial, err = decode(b)
	}
	if err != nil {
		return nil, 0, errors.Join(err, os.Rename(path, filepath.Join(dir, damagedName)))
	}
	return list, serial, nil
}

// write puts a file in place: whole or not at all, and on stable storage.
func write(dir string, b []byte) (err error) {
	temp := filepath.Join(dir, newName)
	f, err := os.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o640)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(temp, filepath.Join(dir, fileName))
	}
	if err != nil {
		return errors.Join(err, os.Remove(temp))
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}
