package preflight

import (
	"errors"
	"fmt"
	"net"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"livestream-tui/layouts"
	"livestream-tui/procs"
)

const (
	// lastNumber is the highest number that a second platform's folders are given.
	lastNumber = 100
	// portStep is how far above a port the search for another platform's port begins.
	portStep = 100
)

// Requirements are what a platform needs of its machine, apart from its ports.
type Requirements struct {
	Layout layouts.Layout
	// Env is the operator's environment.
	Env map[string]string
	// Settings are the names of the variables that the platform reads.
	Settings []string
	// RunPath is the folder of sockets and locks.
	RunPath string
	// Folders are those that the settings name.
	Folders []Folder
}

// SuggestSettings returns err. Where err wraps procs.ErrAlreadyRunning, it adds a command
// line that starts a second platform beside the one that runs: ports are those of the
// first, and each setting has a value that is free now.
func SuggestSettings(err error, r Requirements, ports []Endpoint) error {
	if !errors.Is(err, procs.ErrAlreadyRunning) {
		return err
	}
	return fmt.Errorf("%w\nTo run this one beside it: %s livestream-tui", err, strings.Join(secondSettings(r, ports), " "))
}

// secondSettings returns the settings that a second platform must not share, as
// NAME=VALUE quoted for a shell.
func secondSettings(r Requirements, ends []Endpoint) []string {
	var list []string
	add := func(name, value string) { list = append(list, name+"="+quoted(value)) }
	fixed := r.fixed()
	number := freeNumber(r)
	add("RUN_PATH", numbered(r.RunPath, number))
	for _, f := range r.Folders {
		// Films and mezzanines can be shared.
		if f.ReadOnly || f.Variable == "CACHE_PATH" || fixed[f.Variable] || r.Env[f.Variable] == noFolder {
			continue
		}
		add(f.Variable, numbered(f.Path, number))
	}
	taken := map[int]bool{}
	for _, e := range ends {
		taken[e.Port] = true
	}
	moved := map[string]string{}
	for _, e := range ends {
		port := strconv.Itoa(freePort(e.Port, taken))
		moved[strconv.Itoa(e.Port)] = port
		add(e.Variable, port)
	}
	for _, name := range []string{"PROXY_ADMIN", "METRICS_PORT"} { // none is set by default
		if port, err := strconv.Atoi(r.Env[name]); err == nil {
			add(name, strconv.Itoa(freePort(port, taken)))
		}
	}
	// Addresses that were set by hand point to the first platform.
	for _, name := range r.Settings {
		value := r.Env[name]
		if fixed[name] || !strings.Contains(value, "://") || slices.ContainsFunc(list, func(s string) bool { return strings.HasPrefix(s, name+"=") }) {
			continue
		}
		if ours := portOfURL.ReplaceAllStringFunc(value, func(port string) string {
			if to := moved[port[1:]]; to != "" {
				return ":" + to
			}
			return port
		}); ours != value {
			add(name, ours)
		}
	}
	return list
}

// noFolder is the value of a variable whose folder is switched off.
const noFolder = "none"

var portOfURL = regexp.MustCompile(`:\d+\b`)

// fixed returns the variables that the layout sets: an operator's value has no effect.
func (r Requirements) fixed() map[string]bool {
	fixed := map[string]bool{}
	for _, p := range r.Layout.Processes {
		for name := range p.Environment {
			fixed[name] = true
		}
	}
	for _, p := range r.Layout.Processes {
		delete(fixed, p.PortVariable) // the layout refers to the operator's value
	}
	return fixed
}

// freeNumber returns the first number from 2 with which none of the folders exists yet.
func freeNumber(r Requirements) int {
	for number := 2; number < lastNumber; number++ {
		exists := func(path string) bool { _, err := os.Lstat(numbered(path, number)); return err == nil }
		if !exists(r.RunPath) && !slices.ContainsFunc(r.Folders, func(f Folder) bool { return exists(f.Path) }) {
			return number
		}
	}
	return lastNumber
}

// numbered returns a sibling of the folder at path.
func numbered(path string, n int) string {
	return strings.TrimRight(path, "/") + "-" + strconv.Itoa(n)
}

// freePort returns a free port above near that is not in taken, and adds it there; 0 when
// no port is free.
func freePort(near int, taken map[int]bool) int {
	for port := near + portStep; port <= 65535; port++ {
		if taken[port] {
			continue
		}
		l, err := net.Listen("tcp", net.JoinHostPort(Loopback, strconv.Itoa(port)))
		if err != nil {
			continue
		}
		_ = l.Close() // it was free
		taken[port] = true
		return port
	}
	return 0
}

// plain matches values that a shell reads as they are.
var plain = regexp.MustCompile(`^[A-Za-z0-9_./:,@%+-]+$`)

// quoted returns a value as a shell reads it.
func quoted(value string) string {
	if plain.MatchString(value) {
		return value
	}
	return "'" + strings.ReplaceAll(value, "'", `'\''`) + "'"
}
