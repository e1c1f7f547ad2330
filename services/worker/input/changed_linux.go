package input

import (
	"io/fs"
	"syscall"
	"time"
)

// changed is a file's change time. It cannot be set by a program that copies a file
// with its times, as the modification time is.
func changed(info fs.FileInfo) time.Time {
	if s, ok := info.Sys().(*syscall.Stat_t); ok {
		return time.Unix(s.Ctim.Unix())
	}
	return info.ModTime()
}
