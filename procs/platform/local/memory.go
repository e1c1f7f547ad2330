package local

import (
	"os"
	"runtime/debug"
)

// garbageMost is how much may lie about before it is collected, in percent of what is in use.
// With a hundred signals a collection at Go's 100 % was a sixth of what the supervisor cost
// at rest.
const garbageMost = 200

// collectSeldom lets this process collect its garbage more seldom until restore is called. GOGC
// in the environment is the operator's, and stays.
func collectSeldom() (restore func()) {
	if os.Getenv("GOGC") != "" {
		return func() {}
	}
	before := debug.SetGCPercent(garbageMost)
	return func() { debug.SetGCPercent(before) }
}
