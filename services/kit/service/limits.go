package service

import (
	"golang.org/x/sys/unix"
)

// descriptorsForConnections is how many descriptors there may be before connections have to
// make room for each other: a quarter is kept for what is on air, connections to
// others and files. The runtime has raised the limit as far as it may be. Zero where
// it is not known: no bound.
func descriptorsForConnections() int {
	var limit unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_NOFILE, &limit) != nil {
		return 0
	}
	const most = 1 << 20 // of those who have no limit
	n := int(min(uint64(limit.Cur), most))
	return n - n/4
}
