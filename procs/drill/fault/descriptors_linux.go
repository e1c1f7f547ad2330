package fault

import (
	"fmt"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// denyDescriptors lets a process open no further file or socket until restore is called.
func denyDescriptors(pid int) (restore func() error, err error) {
	open, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid))
	if err != nil {
		return nil, err
	}
	// The limit bounds the numbers, and the lowest free number is given first.
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
