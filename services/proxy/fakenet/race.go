//go:build race

package fakenet

import "runtime"

// The race detector crashes where timers of one testing/synctest bubble run on two
// processors at the same time, which share a context of it (golang/go#78156, seen
// with Go 1.26.8). One processor finds races as well, only fewer of their orders. An init
// function is the way to set that for every test that uses this network.
func init() { runtime.GOMAXPROCS(1) }
