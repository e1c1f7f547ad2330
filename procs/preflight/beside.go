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
	// besideMost is how many platforms of one user beside each other are thought of.
	besideMost = 100
	// portStep is how far another platform's ports are looked for.
	portStep = 100
)

// Requirements are what a platform needs of its machine beside its ports.
type Requirements struct {
	Layout layouts.Layout
	// Env is the operator's environment, Settings the names of our own variables.
	Env      map[string]string
	Settings []string
	// RunPath holds sockets and locks. Folders are those of the settings.
	RunPath string
	Folders []Folder
}

// Beside adds to the news that another platform runs the settings with which this one
// runs beside it, as the beginning of a command line.
func SuggestSettings(err error, n Requirements, ends []Endpoint) error {
	if !errors.Is(err, procs.ErrAlreadyRunning) {
		return err
	}
	return fmt.Errorf("%w\nTo run this one beside it: %s livestream-tui", err, strings.Join(apart(n, ends), " "))
}

// apart are the settings that a second platform needs of its own, NAME=VALUE, each
// with a value that is free now.
func apart(n Requirements, ends []Endpoint) []string {
	var list []string
	add := func(name, value string) { list = append(list, name+"="+quoted(value)) }
	fixed := n.fixed()
	number := freeNumber(n)
	add("RUN_PATH", numbered(n.RunPath, number))
	for _, f := range n.Folders {
		// A mezzanine is the same for all, and so is a film.
		if f.ReadOnly || f.Variable == "CACHE_PATH" || fixed[f.Variable] || n.Env[f.Variable] == noFolder {
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
	if port, err := strconv.Atoi(n.Env["PROXY_ADMIN"]); err == nil {
		add("PROXY_ADMIN", strconv.Itoa(freePort(port, taken)))
	}
	// Addresses that were set by hand lead to the other one.
	for _, name := range n.Settings {
		value := n.Env[name]
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

// noFolder is the value of a folder's variable that says that there is none.
const noFolder = "none"

var portOfURL = regexp.MustCompile(`:\d+\b`)

// fixed are the variables that the layout sets: an operator's have no effect.
func (n Requirements) fixed() map[string]bool {
	fixed := map[string]bool{}
	for _, p := range n.Layout.Processes {
		for name := range p.Environment {
			fixed[name] = true
		}
	}
	for _, p := range n.Layout.Processes {
		delete(fixed, p.PortVariable) // the operator's is what it refers to
	}
	return fixed
}

// freeNumber is the first from 2 by which no folder of the platform is there yet.
func freeNumber(n Requirements) int {
	for number := 2; number < besideMost; number++ {
		isThere := func(path string) bool { _, err := os.Lstat(numbered(path, number)); return err == nil }
		if !isThere(n.RunPath) && !slices.ContainsFunc(n.Folders, func(f Folder) bool { return isThere(f.Path) }) {
			return number
		}
	}
	return besideMost
}

func numbered(path string, n int) string {
	return strings.TrimRight(path, "/") + "-" + strconv.Itoa(n)
}

// freePort is a port near one that is free now and not taken, and takes it.
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
	return 0 // any
}

var plain = regexp.MustCompile(`^[A-Za-z0-9_./:,@%+-]+$`)

// quoted is a value as a shell reads it.
func quoted(value string) string {
	if plain.MatchString(value) {
		return value
	}
	return "'" + strings.ReplaceAll(value, "'", `'\''`) + "'"
}
