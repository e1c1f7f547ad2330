package drill

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"golang.org/x/sys/unix"
)

// childrenOf are the children of a process that have not ended.
func childrenOf(pid int) ([]int, error) {
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return nil, err
	}
	var list []int
	for _, stat := range stats {
		b, err := os.ReadFile(stat)
		if err != nil {
			continue // it has ended
		}
		// pid (command) state ppid ...: the command may hold anything.
		fields := bytes.Fields(b[bytes.LastIndexByte(b, ')')+1:])
		if len(fields) < 2 || string(fields[0]) == "Z" || string(fields[1]) != strconv.Itoa(pid) {
			continue
		}
		if child, err := strconv.Atoi(filepath.Base(filepath.Dir(stat))); err == nil {
			list = append(list, child)
		}
	}
	return list, nil
}

// denyDescriptors lets a process open no further file or socket, until restore.
func denyDescriptors(pid int) (restore func() error, err error) {
	open, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid))
	if err != nil {
		return nil, err
	}
	// The limit is of the numbers, which are given from the lowest free one on.
	used := map[string]bool{}
	for _, fd := range open {
		used[fd.Name()] = true
	}
	lowest := 0
	for used[strconv.Itoa(lowest)] {
		lowest++
	}
	var before unix.Rlimit
	if err := unix.Prlimit(pid, unix.RLIMIT_NOFILE, nil, &before); err != nil {
		return nil, fmt.Errorf("limit of open files of %d: %w", pid, err)
	}
	now := unix.Rlimit{Cur: uint64(lowest), Max: before.Max}
	if err := unix.Prlimit(pid, unix.RLIMIT_NOFILE, &now, nil); err != nil {
		return nil, fmt.Errorf("limit of open files of %d: %w", pid, err)
	}
	return func() error { return unix.Prlimit(pid, unix.RLIMIT_NOFILE, &before, nil) }, nil
}

// mountDisk makes a folder a disk of so many bytes.
func mountDisk(folder string, bytes int) error {
	return unix.Mount("livestream-tui", folder, "tmpfs", unix.MS_NOSUID|unix.MS_NODEV, fmt.Sprintf("size=%d,mode=0755", bytes))
}

func unmountDisk(folder string) error { return unix.Unmount(folder, unix.MNT_DETACH) }
