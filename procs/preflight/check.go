package preflight

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"livestream-tui/procs/child"
	"livestream-tui/services/kit/text"
)

const (
	// portPatience is how long a port may take to become free: what an earlier
	// run left was killed a moment ago.
	portPatience = time.Second
	portPoll     = 50 * time.Millisecond
	// commandMost is how many letters of a stranger's command line are told.
	commandMost = 60
)

// Folder is a folder that the platform needs.
type Folder struct {
	// Variable is the one that sets it, Path what it is set to.
	Variable, Path string
	// ReadOnly: it need not be writable, and not be there yet.
	ReadOnly bool
}

// CheckFolders tries the folders. The problems name the variables.
func CheckFolders(folders []Folder) []string {
	var problems []string
	for _, f := range folders {
		if err := f.Check(); err != nil {
			problems = append(problems, fmt.Sprintf("%s=%q: %v; set it to a folder of yours", f.Variable, f.Path, err))
		}
	}
	return problems
}

// Check tries a folder, or the one that it would be made in. It leaves nothing
// behind: whoever needs the folder makes it.
func (f Folder) Check() error {
	if f.ReadOnly {
		if _, err := os.ReadDir(f.Path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("cannot be read: %w", bare(err))
		}
		return nil
	}
	path, err := filepath.Abs(f.Path)
	if err != nil {
		return err
	}
	for {
		info, err := os.Stat(path)
		switch {
		case errors.Is(err, fs.ErrNotExist) && filepath.Dir(path) != path:
			path = filepath.Dir(path)
			continue
		case err != nil:
			return fmt.Errorf("cannot be used: %w", bare(err))
		case !info.IsDir():
			return fmt.Errorf("%s is not a folder", path)
		}
		break
	}
	probe, err := os.CreateTemp(path, ".writable-*")
	if err != nil {
		return fmt.Errorf("cannot write to %s: %w", path, bare(err))
	}
	return errors.Join(probe.Close(), os.Remove(probe.Name()))
}

// bare strips the path that the message has named already.
func bare(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}

// CheckPorts tries every port. It waits for those that are about to become free.
func CheckPorts(list []Endpoint) []string {
	var problems []string
	first := map[int]Endpoint{}
	deadline := time.Now().Add(portPatience)
	for _, e := range list {
		if other, twice := first[e.Port]; twice {
			problems = append(problems, fmt.Sprintf("port %d is wanted by %s and by %s: set %s or %s to another",
				e.Port, other.Process, e.Process, other.Variable, e.Variable))
			continue
		}
		first[e.Port] = e
		err := tryPort(e)
		for ; err != nil && time.Now().Before(deadline); err = tryPort(e) {
			time.Sleep(portPoll) // between two looks at the port
		}
		if err != nil {
			problems = append(problems, explainPort(e, err))
		}
	}
	return problems
}

func tryPort(e Endpoint) error {
	host := e.Host
	if host == "localhost" {
		host = "127.0.0.1" // what the services listen on unless they are told otherwise
	}
	l, err := net.Listen("tcp", net.JoinHostPort(host, strconv.Itoa(e.Port)))
	if err != nil {
		return err
	}
	return l.Close()
}

// held says who has the port, where that can be seen.
func explainPort(e Endpoint, err error) string {
	if pid, command, ok := child.Holder(e.Port); ok {
		return fmt.Sprintf("port %d (%s) is held by pid %d, %s: stop it or set %s",
			e.Port, e.Process, pid, shorten(command), e.Variable)
	}
	var sys *os.SyscallError
	if errors.As(err, &sys) {
		err = sys.Err
	}
	return fmt.Sprintf("port %d (%s) cannot be used: %v: free it or set %s", e.Port, e.Process, err, e.Variable)
}

func shorten(command string) string {
	command = text.Clean(command)
	if utf8.RuneCountInString(command) > commandMost {
		command = string([]rune(command)[:commandMost]) + "..."
	}
	return command
}

// joined is the problems as one error, or nil.
func Join(problems []string) error {
	if len(problems) == 0 {
		return nil
	}
	return errors.New(strings.Join(problems, "\n"))
}
