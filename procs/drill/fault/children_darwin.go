package fault

import (
	"context"
	"os/exec"
	"strconv"
	"strings"
)

// childrenOf are the children of a process that have not ended.
func childrenOf(pid int) ([]int, error) {
	out, err := exec.CommandContext(context.Background(), "/bin/ps", "-A", "-o", "pid=,ppid=,state=").Output()
	if err != nil {
		return nil, err
	}
	var list []int
	for line := range strings.Lines(string(out)) {
		fields := strings.Fields(line)
		if len(fields) < 3 || fields[1] != strconv.Itoa(pid) || strings.HasPrefix(fields[2], "Z") {
			continue
		}
		if child, err := strconv.Atoi(fields[0]); err == nil {
			list = append(list, child)
		}
	}
	return list, nil
}
