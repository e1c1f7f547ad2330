package cluster

import (
	"bytes"
	"os"
	"runtime"
	"strconv"
)

// load returns the load average of a minute, the number of CPUs, and the memory of this
// machine in bytes; zero where it is not known.
func load() (average float64, cpus int, used, total int64) {
	if b, err := os.ReadFile("/proc/loadavg"); err == nil {
		first, _, _ := bytes.Cut(b, []byte(" "))
		average, _ = strconv.ParseFloat(string(first), 64) // as documented
	}
	b, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return average, runtime.NumCPU(), 0, 0
	}
	fields := map[string]int64{}
	for line := range bytes.Lines(b) {
		if f := bytes.Fields(line); len(f) > 1 {
			kb, _ := strconv.ParseInt(string(f[1]), 10, 64) // as documented
			fields[string(f[0])] = kb << 10
		}
	}
	return average, runtime.NumCPU(), fields["MemTotal:"] - fields["MemAvailable:"], fields["MemTotal:"]
}
