package sandbox

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// mountDisk mounts a disk of that size on a folder.
func mountDisk(folder string, bytes int) error {
	return unix.Mount("livestream-tui", folder, "tmpfs", unix.MS_NOSUID|unix.MS_NODEV, fmt.Sprintf("size=%d,mode=0755", bytes))
}

func unmountDisk(folder string) error { return unix.Unmount(folder, unix.MNT_DETACH) }
