package folder

import (
	"io/fs"
	"syscall"
	"time"
)

// changed is a file's change time. Unlike the modification time, a program that copies a
// file cannot set it.
func changed(info fs.FileInfo) time.Time {
	if s, ok := info.Sys().(*syscall.Stat_t); ok {
		return time.Unix(s.Ctim.Unix())
	}
	return info.ModTime()
}
