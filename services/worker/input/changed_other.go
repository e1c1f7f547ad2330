//go:build !linux

package input

import (
	"io/fs"
	"time"
)

// changed is a file's modification time where no change time is read.
func changed(info fs.FileInfo) time.Time { return info.ModTime() }
