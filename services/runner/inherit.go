package runner

import (
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// firstInherited is the first descriptor that is handed down (sd_listen_fds(3)).
const firstInherited = 3

// inherited are the names of the descriptors that were handed to this process,
// from firstInherited on: those of LISTEN_FDNAMES, empty where that names fewer
// than LISTEN_FDS counts. None when they are another process's, which LISTEN_PID
// says; without it they are ours.
func inherited(e Environment, pid int) ([]string, error) {
	count := e["LISTEN_FDS"]
	if count == "" || e["LISTEN_PID"] != "" && e["LISTEN_PID"] != strconv.Itoa(pid) {
		return nil, nil
	}
	n, err := strconv.Atoi(count)
	if err != nil || n < 0 || n > 1000 {
		return nil, fmt.Errorf("LISTEN_FDS=%q: allowed is the number of descriptors that are handed down", count)
	}
	names := make([]string, n)
	if list := e["LISTEN_FDNAMES"]; list != "" {
		copy(names, strings.Split(list, ":"))
	}
	return names, nil
}

// pick is which of the names is the one to listen on: the only one, or the one of
// that name.
func pick(names []string, name string) (int, error) {
	for i, n := range names {
		if n == name || len(names) == 1 {
			return i, nil
		}
	}
	return 0, fmt.Errorf("LISTEN_FDNAMES=%q: of several sockets that are handed down, one must be named %s", strings.Join(names, ":"), name)
}

// inherit returns the listening socket that was handed down to the service called
// name; nil when there is none.
func inherit(e Environment, name string) (net.Listener, error) {
	names, err := inherited(e, os.Getpid())
	if err != nil || len(names) == 0 {
		return nil, err
	}
	for i := range names {
		syscall.CloseOnExec(firstInherited + i) // our children are to have none of them
	}
	i, err := pick(names, name)
	if err != nil {
		return nil, err
	}
	f := os.NewFile(uintptr(firstInherited+i), names[i])
	defer func() { _ = f.Close() }() // the listener has its own
	l, err := net.FileListener(f)
	if err != nil {
		return nil, fmt.Errorf("LISTEN_FDS=%s: descriptor %d is no socket to listen on: %w", e["LISTEN_FDS"], firstInherited+i, reason(err))
	}
	if _, ok := l.(*net.TCPListener); !ok {
		_ = l.Close() // never accepted from
		return nil, fmt.Errorf("LISTEN_FDS=%s: descriptor %d is no TCP socket", e["LISTEN_FDS"], firstInherited+i)
	}
	return l, nil
}
