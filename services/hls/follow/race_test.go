//go:build race

package follow

import "runtime"

// The race detector crashes where timers of one testing/synctest bubble run on two
// processors at the same time (golang/go#78156): see services/viewer/race_test.go.
func init() { runtime.GOMAXPROCS(1) }
