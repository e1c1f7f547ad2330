package child

import (
	"strconv"
	"strings"
	"time"
)

// parsePS reads the answer of a BSD ps, which has what /proc has on Linux. Its
// columns are pid, pgid, stat, rss, time and lstart, which is five words: Tue Nov 24
// 14:45:00 2026.
func parsePS(out string) []Process {
	var list []Process
	for line := range strings.Lines(out) {
		f := strings.Fields(line)
		if len(f) < 10 {
			continue
		}
		pid, err1 := strconv.Atoi(f[0])
		group, err2 := strconv.Atoi(f[1])
		kib, err3 := strconv.ParseInt(f[3], 10, 64)
		if err1 != nil || err2 != nil || err3 != nil {
			continue
		}
		list = append(list, Process{
			PID: pid, Group: group, Zombie: strings.HasPrefix(f[2], "Z"),
			Started: strings.Join(f[5:], " "), CPU: parseTime(f[4]), RSS: kib << 10,
		})
	}
	return list
}

// parseTime reads ps' [[hh:]mm:]ss.cc.
func parseTime(s string) time.Duration {
	var total float64
	for part := range strings.SplitSeq(s, ":") {
		n, err := strconv.ParseFloat(part, 64)
		if err != nil {
			return 0
		}
		total = total*60 + n
	}
	return time.Duration(total * float64(time.Second))
}
