package service

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

// pick is which of the names is the first one to listen on: the only one, even where
// several sockets have it, or the one of that name; -1 for none.
func pick(names []string, name string) (int, error) {
	first, several := -1, false
	for i, n := range names {
		switch {
		case n == connectionsName: // not to listen on
		case n == name:
			return i, nil
		case first < 0:
			first = i
		case n != names[first]:
			several = true
		}
	}
	if several {
		return 0, fmt.Errorf("LISTEN_FDNAMES=%q: of several sockets that are handed down, one must be named %s", strings.Join(names, ":"), name)
	}
	return first, nil
}

// inherit returns the listening sockets that were handed down to the service called
// name, several where several have its name; empty when there is none.
func inherit(e Environment, name string) ([]net.Listener, error) {
	names, err := inherited(e, os.Getpid())
	if err != nil || len(names) == 0 {
		return nil, err
	}
	for i := range names {
		syscall.CloseOnExec(firstInherited + i) // our children are to have none of them
	}
	first, err := pick(names, name)
	if err != nil || first < 0 {
		return nil, err
	}
	var list []net.Listener
	for i := first; i < len(names); i++ {
		if names[i] != names[first] {
			continue
		}
		l, err := inheritAt(e, i, names[i])
		if err != nil {
			for _, l := range list {
				_ = l.Close() // never accepted from
			}
			return nil, err
		}
		list = append(list, l)
	}
	return list, nil
}

// inheritAt returns the i-th socket that was handed down.
func inheritAt(e Environment, i int, name string) (net.Listener, error) {
	f := os.NewFile(uintptr(firstInherited+i), name)
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
