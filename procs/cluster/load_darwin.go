package cluster

import (
	"encoding/binary"
	"runtime"

	"golang.org/x/sys/unix"
)

// load returns the load average of a minute, the number of CPUs, and the memory of this
// machine in bytes; zero where it is not known, as how much of it is used.
func load() (average float64, cpus int, used, total int64) {
	// struct loadavg: three fixed-point numbers of 32 bits, and after padding their scale.
	if b, err := unix.SysctlRaw("vm.loadavg"); err == nil && len(b) >= 24 {
		if scale := binary.LittleEndian.Uint64(b[16:]); scale > 0 {
			average = float64(binary.LittleEndian.Uint32(b)) / float64(scale)
		}
	}
	if n, err := unix.SysctlUint64("hw.memsize"); err == nil {
		total = int64(n)
	}
	return average, runtime.NumCPU(), 0, total
}
