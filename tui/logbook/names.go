package logbook

import (
	"maps"
	"strconv"
	"strings"

	"livestream-tui/procs/platform"
)

// Address is where a service listens.
type Address struct {
	// Host is the host as addresses have it. For the loopback address of a machine it is the
	// machine's name, which is empty for this one.
	Host string
	Port int
}

// Names are those of services, by their addresses.
type Names map[Address]string

func (n Names) equal(o Names) bool { return maps.Equal(n, o) }

// In returns a text with names in place of addresses: "http://localhost:8080/live01" becomes
// "server1/live01". The text is of the service self, on whose machine a loopback address is.
// The address of self stays, for a service that names its own means the port.
func (n Names) In(text, self string) string {
	if len(n) == 0 {
		return text
	}
	machine, _ := platform.SplitMachine(self)
	done := 0
	var b strings.Builder
	for i := strings.IndexByte(text, ':'); i >= 0; i = next(text, i) {
		end := i + 1
		for end < len(text) && '0' <= text[end] && text[end] <= '9' {
			end++
		}
		port, err := strconv.Atoi(text[i+1 : end])
		if err != nil {
			continue
		}
		start, host := hostBefore(text[done:i])
		if isLoopback(host) {
			host = machine
		}
		name := n[Address{host, port}]
		if start < 0 || name == "" || name == self {
			continue
		}
		b.WriteString(text[done : done+start])
		b.WriteString(name)
		done = end
	}
	if done == 0 {
		return text
	}
	return b.String() + text[done:]
}

// next is the index of the colon after the one at i; -1 without one.
func next(text string, i int) int {
	j := strings.IndexByte(text[i+1:], ':')
	if j < 0 {
		return -1
	}
	return i + 1 + j
}

func isLoopback(host string) bool {
	return host == "localhost" || host == "127.0.0.1" || host == "[::1]"
}

// hostBefore is the host with which a text ends, and where it begins, its scheme included; -1
// when the text ends otherwise.
func hostBefore(text string) (start int, host string) {
	start = len(text)
	if strings.HasSuffix(text, "]") {
		start = strings.LastIndexByte(text, '[')
	} else {
		for start > 0 && partOfHost(text[start-1]) {
			start--
		}
	}
	if start < 0 || start == len(text) {
		return -1, ""
	}
	return len(strings.TrimSuffix(text[:start], "http://")), text[start:]
}

// partOfHost reports whether a character belongs to the host that goes on after it.
func partOfHost(c byte) bool {
	return c == '.' || c == '-' || c == '_' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}
