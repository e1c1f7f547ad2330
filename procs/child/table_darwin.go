package child

import (
	"context"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

const tableTimeout = 5 * time.Second

// Table returns every process that we can see.
func Table() ([]Process, error) {
	// lstart is five words: Tue Nov 24 14:45:00 2026.
	out, err := ask("ps", "-axo", "pid=,pgid=,stat=,rss=,time=,lstart=")
	if err != nil {
		return nil, fmt.Errorf("process table: %w", err)
	}
	var table []Process
	for _, line := range strings.Split(out, "\n") {
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
		table = append(table, Process{
			PID: pid, Group: group, Zombie: strings.HasPrefix(f[2], "Z"),
			Started: strings.Join(f[5:], " "), CPU: parseTime(f[4]), RSS: kib << 10,
		})
	}
	return table, nil
}

// StartedAt identifies the incarnation of pid; false when there is none.
func StartedAt(pid int) (string, bool) {
	out, err := ask("ps", "-o", "lstart=", "-p", strconv.Itoa(pid))
	started := strings.Join(strings.Fields(out), " ")
	return started, err == nil && started != ""
}

// Holder tells which process listens on a TCP port; false when none does that we
// may see.
func Holder(port int) (pid int, command string, ok bool) {
	out, err := ask("lsof", "-nP", "-t", "-iTCP:"+strconv.Itoa(port), "-sTCP:LISTEN")
	if err != nil {
		return 0, "", false
	}
	first, _, _ := strings.Cut(strings.TrimSpace(out), "\n")
	if pid, err = strconv.Atoi(first); err != nil {
		return 0, "", false
	}
	command, err = ask("ps", "-o", "command=", "-p", first)
	if err != nil {
		command = "?"
	}
	return pid, strings.TrimSpace(command), true
}

func ask(name string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), tableTimeout)
	defer cancel()
	out, err := exec.CommandContext(ctx, name, args...).Output()
	return string(out), err
}

// parseTime reads ps' [[hh:]mm:]ss.cc.
func parseTime(s string) time.Duration {
	var total float64
	for _, part := range strings.Split(s, ":") {
		n, err := strconv.ParseFloat(part, 64)
		if err != nil {
			return 0
		}
		total = total*60 + n
	}
	return time.Duration(total * float64(time.Second))
}
