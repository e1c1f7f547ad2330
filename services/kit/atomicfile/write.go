package atomicfile

import (
	"cmp"
	"crypto/rand"
	"io/fs"
	"os"
	"path/filepath"
)

// Options say how a file is written. The zero value is ready to use.
type Options struct {
	// Mode holds the permissions of the file, before the umask; zero means 0o644.
	Mode fs.FileMode
	// Temp is the name of the temporary file, in the folder of the written one. A fixed
	// name is for a single writer: when it is killed, it leaves at most one file behind.
	// Empty means .new- and random characters, for any number of writers.
	Temp string
	// Create opens the temporary file for writing; nil means that a file is created, or
	// truncated where Temp exists.
	Create func(path string) (*os.File, error)
	// Sync is set when the content has to be on the disk when Write returns.
	Sync bool
}

// Write replaces the file at path with b. After an error the file is as it was, and the
// temporary one is removed.
func Write(path string, b []byte, o Options) error {
	temp := filepath.Join(filepath.Dir(path), cmp.Or(o.Temp, ".new-"+rand.Text()))
	create := o.Create
	if create == nil {
		create = func(path string) (*os.File, error) {
			return os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, cmp.Or(o.Mode, 0o644))
		}
	}
	f, err := create(temp)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	if err == nil && o.Sync {
		err = f.Sync()
	}
	if closing := f.Close(); err == nil {
		err = closing
	}
	if err == nil {
		err = os.Rename(temp, path)
	}
	if err != nil {
		_ = os.Remove(temp) // the first error is the one to return
		return err
	}
	if o.Sync {
		return syncFolder(filepath.Dir(path))
	}
	return nil
}

// syncFolder has the names in a folder on the disk.
func syncFolder(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	err = d.Sync()
	if closing := d.Close(); err == nil {
		err = closing
	}
	return err
}
