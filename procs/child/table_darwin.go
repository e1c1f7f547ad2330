package child

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	tableTimeout = 5 * time.Second
	// psColumns are what parsePS reads.
	psColumns = "pid=,pgid=,stat=,rss=,time=,lstart="
)

// Members returns the processes of groups that we can see, zombies too.
func Members(groups ...int) ([]Process, error) {
	out, err := ask("ps", "-axo", psColumns)
	if err != nil {
		return nil, fmt.Errorf("process table: %w", err)
	}
	return slices.DeleteFunc(parsePS(out), func(p Process) bool { return !slices.Contains(groups, p.Group) }), nil
}

// Again looks once more at processes that were found earlier; false when one of them
// has gone, and always here: to ask for one costs as much as to ask for all.
func Again([]Process) ([]Process, bool) { return nil, false }

// StartedAt identifies the process that has pid now; false if no process has it.
func StartedAt(pid int) (string, bool) {
	out, err := ask("ps", "-o", "lstart=", "-p", strconv.Itoa(pid))
	started := strings.Join(strings.Fields(out), " ")
	return started, err == nil && started != ""
}

// Lives reports whether the incarnation of pid that StartedAt identified still runs: a
// zombie does not.
func Lives(pid int, started string) bool {
	out, err := ask("ps", "-o", psColumns, "-p", strconv.Itoa(pid))
	list := parsePS(out)
	return err == nil && len(list) == 1 && list[0].Started == started && !list[0].Zombie
}

// HasVariable reports whether pid was started with variable, KEY=VALUE, in its
// environment; false where we may not see it.
func HasVariable(pid int, variable string) bool {
	out, err := ask("ps", "-E", "-ww", "-o", "command=", "-p", strconv.Itoa(pid))
	return err == nil && strings.Contains(" "+strings.TrimSpace(out)+" ", " "+variable+" ")
}

// Holder returns the process that listens on a TCP port at an address, or at every address;
// false if there is no such process that we may see. Where the address is nil or unspecified,
// whoever listens on the port at any address is meant.
func Holder(at net.IP, port int) (pid int, command string, ok bool) {
	out, err := ask("lsof", "-nP", "-Fpn", "-iTCP:"+strconv.Itoa(port), "-sTCP:LISTEN")
	if err != nil {
		return 0, "", false
	}
	if pid, ok = parseLsof(out, at, port); !ok {
		return 0, "", false
	}
	command, err = ask("ps", "-o", "command=", "-p", strconv.Itoa(pid))
	if err != nil {
		command = "?"
	}
	return pid, strings.TrimSpace(command), true
}

// ask runs a command whose answer must not depend on the operator's language or
// time zone: lstart is compared as text.
func ask(name string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), tableTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env = append(os.Environ(), "LC_ALL=C", "TZ=UTC")
	out, err := cmd.Output()
	return string(out), err
}
