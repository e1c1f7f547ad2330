package disk

import (
	"context"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"livestream-tui/procs/platform"
	"livestream-tui/procs/preflight"
)

// period is how often the disks are looked at.
const period = 5 * time.Second

// Watch calls found with the disks of folders at once and every few seconds, until ctx is
// cancelled. A disk with fewer than low bytes free is low; zero means that none ever is.
func Watch(ctx context.Context, folders []preflight.Folder, low int64, found func([]platform.Disk)) {
	for {
		looked := make(chan []platform.Disk, 1)
		go func() { looked <- look(folders, low) }() // not waited for: a network's disk may never answer
		select {
		case list := <-looked:
			found(list)
		case <-ctx.Done():
			return
		}
		select {
		case <-time.After(period):
		case <-ctx.Done():
			return
		}
	}
}

// look returns the disks of the folders that are there and are written to.
func look(folders []preflight.Folder, low int64) []platform.Disk {
	var list []platform.Disk
	for _, f := range folders {
		var s unix.Statfs_t
		info, err := os.Stat(f.Path)
		if f.ReadOnly || err != nil || unix.Statfs(f.Path, &s) != nil {
			continue
		}
		block := int64(s.Bsize)
		d := platform.Disk{Folder: f.Variable, Path: f.Path, FreeBytes: int64(s.Bavail) * block, SizeBytes: int64(s.Blocks) * block}
		if stat, is := info.Sys().(*syscall.Stat_t); is {
			d.Device = uint64(stat.Dev)
		}
		d.Low = d.FreeBytes < low
		list = append(list, d)
	}
	return list
}
