//go:build race

package player

import "runtime"

// The race detector crashes where timers of one testing/synctest bubble run on two
// processors at the same time, which share a context of it (golang/go#78156, seen
// with Go 1.26.8): one processor finds races as well, only fewer of their orders.
func init() { runtime.GOMAXPROCS(1) }
