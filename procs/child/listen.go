package child

import (
	"net"
	"strconv"
	"strings"
)

// covers reports whether a socket that listens at an address takes what is sent to another one,
// or would be in the way of one that listens there. Nil means every address.
func covers(listens, at net.IP) bool {
	return listens.IsUnspecified() || at == nil || at.IsUnspecified() || listens.Equal(at)
}

// parseLsof reads the answer of lsof -Fpn: a line p with the pid of a process, then a line n for
// each of its sockets. It returns the first process that listens on a port where an address is
// among its own.
func parseLsof(out string, at net.IP, port int) (pid int, ok bool) {
	for line := range strings.Lines(out) {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		switch line[0] {
		case 'p':
			pid, _ = strconv.Atoi(line[1:]) // zero is no process
		case 'n':
			host, number, err := net.SplitHostPort(line[1:])
			ip := net.ParseIP(host)
			if host == "*" {
				ip = net.IPv6unspecified
			}
			if err == nil && pid > 0 && number == strconv.Itoa(port) && ip != nil && covers(ip, at) {
				return pid, true
			}
		}
	}
	return 0, false
}
