package logbook

import (
	"maps"
	"strconv"
	"strings"
)

// Names are those of services, by the port on which each listens on this machine.
type Names map[int]string

func (n Names) equal(o Names) bool { return maps.Equal(n, o) }

// In returns a text with names in place of addresses: "http://localhost:8080/live01" becomes
// "server1/live01". The address of self stays, for a service that names its own means the
// port.
func (n Names) In(text, self string) string {
	if len(n) == 0 {
		return text
	}
	done := 0
	var b strings.Builder
	for i := strings.IndexByte(text, ':'); i >= 0; i = next(text, i) {
		start := hostStart(text[done:i])
		if start < 0 {
			continue
		}
		end := i + 1
		for end < len(text) && '0' <= text[end] && text[end] <= '9' {
			end++
		}
		port, err := strconv.Atoi(text[i+1 : end])
		name := n[port]
		if err != nil || name == "" || name == self {
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

// hostStart is where this machine's host, with which a text ends, begins, its scheme
// included; -1 when the text ends otherwise.
func hostStart(text string) int {
	for _, host := range [...]string{"localhost", "127.0.0.1", "[::1]"} {
		before, found := strings.CutSuffix(text, host)
		if !found {
			continue
		}
		if n := len(before); n > 0 && partOfHost(before[n-1]) {
			return -1
		}
		return len(strings.TrimSuffix(before, "http://"))
	}
	return -1
}

// partOfHost reports whether a character belongs to the host that goes on after it.
func partOfHost(c byte) bool {
	return c == '.' || c == '-' || c == '_' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}
