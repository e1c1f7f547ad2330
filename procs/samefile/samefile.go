package samefile

import "os"

// At reports whether file is the one at path, itself and not through a link. It is false
// for a nil file.
func At(file *os.File, path string) bool { return is(file, path, os.Lstat) }

// Through reports whether file is the one that path leads to. It is false for a nil file.
func Through(file *os.File, path string) bool { return is(file, path, os.Stat) }

func is(file *os.File, path string, stat func(string) (os.FileInfo, error)) bool {
	if file == nil {
		return false
	}
	own, err := file.Stat()
	if err != nil {
		return false
	}
	there, err := stat(path)
	return err == nil && os.SameFile(own, there)
}
