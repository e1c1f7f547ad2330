package handover

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

// The variables of sd_listen_fds(3).
const (
	// CountVariable is how many descriptors are handed down, from First on.
	CountVariable = "LISTEN_FDS"
	// NamesVariable is their names, separated by colons.
	NamesVariable = "LISTEN_FDNAMES"
	// PIDVariable is the process that the descriptors are for; when empty, the process
	// that reads it.
	PIDVariable = "LISTEN_PID"
)

// SocketVariable is the path of the unix socket that a service serves its health on.
// Records of supervisors tell their children apart by it.
const SocketVariable = "SERVICE_SOCKET"

// The settings of a service that belong to a hand-over.
const (
	// TimeoutVariable is how long connections may go on after it.
	TimeoutVariable = "HANDOVER_TIMEOUT"
	// ReadyVariable is how long the successor waits to be ready before it answers on the
	// sockets that it shares.
	ReadyVariable = "READY_WAIT"
)

// First is the first descriptor that is handed down.
const First = 3

// mostDescriptors bounds what is believed of CountVariable.
const mostDescriptors = 1000

// Environment returns env, without any hand-over it had, with that of descriptors of
// these names, which the child gets from First on. Names hold no colon.
func Environment(env, names []string) []string {
	list := make([]string, 0, len(env)+2)
	for _, v := range env {
		switch name, _, _ := strings.Cut(v, "="); name {
		case CountVariable, NamesVariable, PIDVariable:
		default:
			list = append(list, v)
		}
	}
	return append(list, fmt.Sprintf("%s=%d", CountVariable, len(names)), NamesVariable+"="+strings.Join(names, ":"))
}

// Names returns the names of the descriptors that were handed to this process, from
// First on; a name is empty when NamesVariable has fewer than CountVariable counts.
// It is nil when the descriptors are another process's.
func Names(env map[string]string) ([]string, error) { return namesFor(env, os.Getpid()) }

func namesFor(env map[string]string, pid int) ([]string, error) {
	count := env[CountVariable]
	if count == "" || env[PIDVariable] != "" && env[PIDVariable] != strconv.Itoa(pid) {
		return nil, nil
	}
	n, err := strconv.Atoi(count)
	if err != nil || n < 0 || n > mostDescriptors {
		return nil, fmt.Errorf("%s=%q: allowed is the number of descriptors that are handed down", CountVariable, count)
	}
	names := make([]string, n)
	if list := env[NamesVariable]; list != "" {
		copy(names, strings.Split(list, ":"))
	}
	return names, nil
}

// Listeners returns the indexes of the sockets that the service called service listens
// on: those of its name, else those of the only name there is; nil when there is none.
func Listeners(names []string, service string) ([]int, error) {
	chosen, several := -1, false
	for i, n := range names {
		if n == service && n != Connections {
			return indexesOf(names, n), nil
		}
		switch {
		case n == Connections: // carries connections, cannot be listened on
		case chosen < 0:
			chosen = i
		case n != names[chosen]:
			several = true
		}
	}
	switch {
	case several:
		return nil, fmt.Errorf("%s=%q: of several sockets that are handed down, one must be named %s", NamesVariable, strings.Join(names, ":"), service)
	case chosen < 0:
		return nil, nil
	}
	return indexesOf(names, names[chosen]), nil
}

func indexesOf(names []string, name string) []int {
	var list []int
	for i, n := range names {
		if n == name {
			list = append(list, i)
		}
	}
	return list
}
